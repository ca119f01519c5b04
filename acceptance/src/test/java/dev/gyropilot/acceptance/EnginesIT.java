package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines of other projects: the API server takes what runs them, and where their images are not known the user is told. */
@Tag("process")
class EnginesIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @TempDir
    static Path folder;

    @BeforeAll
    static void start() {
        gyropilot.up().succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    @ParameterizedTest
    @CsvSource({
        "vllm, hf://acme/tiny@main",
        "sglang, hf://acme/tiny",
        "tgi, hf://acme/tiny",
        "nim, hf://acme/tiny",
        "triton, oci://registry.example/models/repository:1",
        "llama-server, hf://acme/tiny/tiny.gguf",
        "llama-server-cuda, oci://registry.example/models/tiny:1#tiny.gguf"
    })
    void apiServerTakesTheDeploymentOf(String engine, String model) {
        assumeTrue(RealControlPlane.isWorld(), "on the embedded API the operator's own tests show this");
        Needs.program("kubectl");
        for (String wish : new String[] {"", "\n  devices: [{deviceClassName: gpu.nvidia.com, count: 2}]"}) {
            gyropilot
                    .kubectlWithInput("""
                            apiVersion: gyropilot.dev/v1alpha1
                            kind: ModelService
                            metadata: {name: %1$s}
                            spec:
                              engine: %1$s
                              replicas: 0
                              model: {uri: "%2$s"}%3$s
                            """.formatted(engine, model, wish), "apply", "-f", "-")
                    .succeeded();
            JsonNode service = await().atMost(LIMIT).until(() -> object("modelservice", engine), EnginesIT::isObserved);
            assertThat(service.at("/status/engine").asText()).isEqualTo(engine);
            String revision = service.at("/status/latestRevision").asText();
            // Without its version: a controller may write the status meanwhile.
            ObjectNode deployment = (ObjectNode) object("deployment", engine + "-" + revision);
            ((ObjectNode) deployment.path("metadata")).remove("resourceVersion");
            gyropilot
                    .kubectlWithInput(
                            deployment.toString(), "replace", "--dry-run=server", "--validate=strict", "-f", "-")
                    .succeeded();
        }
        gyropilot.gyro("delete", engine).succeeded();
    }

    @Test
    void anImageThatThisMachineDoesNotKnow() throws IOException {
        Path model = Files.writeString(folder.resolve("tiny.gguf"), "GGUF");
        assertThat(refused("unknown", "llama-server", model))
                .contains("ghcr.io/ggml-org/llama.cpp", "stands for no local program on this node", "node.yaml");
        assertThat(gyropilot.gyro("describe", "unknown").succeeded().out())
                .containsAnyOf("ErrImagePull", "ImagePullBackOff");
        gyropilot.gyro("delete", "unknown").succeeded();
    }

    @Test
    void aGpuThatThisMachineDoesNotHave() throws IOException {
        Path model = Files.createDirectories(folder.resolve("tiny"));
        assertThat(refused("gpu", "vllm", model)).contains("nvidia.com/gpu");
        gyropilot.gyro("delete", "gpu").succeeded();
    }

    private static String refused(String name, String engine, Path model) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".yaml"), """
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: %s}
                spec:
                  engine: %s
                  model: {uri: "file://%s"}
                """.formatted(name, engine, model));
        return gyropilot.gyro("deploy", file.toString(), "--wait").failed().err();
    }

    private static JsonNode object(String kind, String name) {
        return Gyropilot.json(gyropilot.kubectl("get", kind, name, "-o", "json").out());
    }

    private static boolean isObserved(JsonNode service) {
        return service.at("/status/observedGeneration").asLong()
                        == service.at("/metadata/generation").asLong()
                && service.at("/status/latestRevision").isTextual();
    }
}
