package dev.gyropilot.operator.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import dev.gyropilot.api.serving.ModelServiceSpec.DeviceRequest;
import dev.gyropilot.api.serving.ModelServices;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is rendered for each built-in engine is taken by the API server with strict field validation, in a dry run: ours, whose
 * schemas are those of a real one, or the real one that {@code GYROPILOT_BARE_KUBECONFIG} names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineDeploymentsIT {
    private static final String VARIABLE = "GYROPILOT_BARE_KUBECONFIG";
    private static final String NAMESPACE = "engine-deployments";
    private static final String GPU = "nvidia.com/gpu";
    private static final PatchContext STRICT_DRY_RUN = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(Apply.MANAGER)
            .withForce(true)
            .withFieldValidation("Strict")
            .withDryRun(List.of("All"))
            .build();

    private @Nullable ApiServer embedded;
    private KubernetesClient client;

    @BeforeAll
    void start() throws Exception {
        String path = System.getenv(VARIABLE);
        if (path == null) {
            embedded = ApiServer.start(ApiServerConfig.of(Files.createTempDirectory("engines-it"), 0));
        }
        Config config =
                Config.fromKubeconfig(embedded == null ? Files.readString(Path.of(path)) : embedded.adminKubeconfig());
        // A field that is not in the schemas is an internal error to server-side apply, and no reason to try again.
        config.setRequestRetryBackoffLimit(0);
        client = new KubernetesClientBuilder().withConfig(config).build();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    @AfterAll
    void stop() {
        client.close();
        if (embedded != null) {
            embedded.close();
        }
    }

    static Stream<Engine> engines() {
        return BuiltInEngines.all().stream();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void serverTakesWhatIsRendered(Engine engine) {
        for (OperatorConfig config : List.of(containers(""), containers("models"), processes())) {
            for (ModelService service : List.of(
                    service("hf://acme/tiny@main", List.of(), null),
                    service("hf://acme/tiny/tiny.gguf", List.of(new DeviceRequest("gpu.nvidia.com", 4, null)), null),
                    service("oci://registry.example/models/tiny:1#tiny.gguf", List.of(), gpus("2")))) {
                Revision revision = revision(service, engine, config);
                accepted(revision.deployment(service, 1, engine));
                revision.claims(service).ifPresent(this::accepted);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void everyVariableIsFilledIn(Engine engine) {
        assertThat(engine.getSpec().image()).as("an image has its version").doesNotEndWith(":latest");
        assertThat(engine.getSpec().description()).isNotBlank();
        assertThat(Objects.requireNonNull(engine.getSpec().health()).readyPath())
                .startsWith("/");
        assertThat(rendered(engine, service("hf://acme/tiny", List.of(), null)).toString())
                .as("all variables are filled in, but for those of the node")
                .doesNotContain("$(MODEL_", "$(PORT)", "$(DEVICE_COUNT)", "$(ENGINES_IMAGE)");
    }

    @Test
    void serverRefusesFieldsThatItDoesNotKnow() {
        var service = service("hf://acme/tiny", List.of(), null);
        Deployment deployment =
                revision(service, engine("vllm"), containers("")).deployment(service, 1, engine("vllm"));
        deployment
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .setAdditionalProperty("sharedMemory", "1");
        assertThatThrownBy(() -> client.resource(deployment).patch(STRICT_DRY_RUN))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("sharedMemory");
    }

    @Test
    void huggingFaceModelRunsOnVllmWithAGpu() {
        PodSpec pod = rendered(engine("vllm"), service("hf://acme/tiny@main", List.of(), null));
        Container server = pod.getContainers().getFirst();
        assertThat(server.getCommand()).containsExactly("vllm", "serve");
        assertThat(server.getArgs().getFirst())
                .startsWith("/var/gyropilot/models/by-uri/")
                .endsWith("/tiny");
        assertThat(server.getArgs()).contains("--tensor-parallel-size=1", "--served-model-name=chat");
        assertThat(server.getResources().getLimits()).containsEntry(GPU, new Quantity("1"));
        assertThat(volume(pod, server, "/dev/shm").orElseThrow().getEmptyDir().getMedium())
                .isEqualTo("Memory");
        assertThat(pod.getInitContainers().getFirst().getArgs()).contains("--uri=hf://acme/tiny@main");
    }

    @Test
    void claimedDevicesTakeThePlaceOfGpusByName() {
        PodSpec pod = rendered(
                engine("sglang"),
                service("hf://acme/tiny", List.of(new DeviceRequest("gpu.nvidia.com", 4, null)), null));
        Container server = pod.getContainers().getFirst();
        assertThat(server.getArgs()).contains("--tp-size=4");
        assertThat(server.getResources().getLimits()).doesNotContainKey(GPU);
        assertThat(server.getResources().getRequests()).containsKey("cpu");
        assertThat(server.getResources().getClaims()).hasSize(1);
    }

    @Test
    void gpusOfTheServiceTakeThePlaceOfTheEngines() {
        PodSpec pod = rendered(engine("tgi"), service("hf://acme/tiny", List.of(), gpus("2")));
        assertThat(pod.getContainers().getFirst().getArgs()).contains("--num-shard=2");
        assertThat(pod.getContainers().getFirst().getResources().getLimits()).isEqualTo(Map.of(GPU, new Quantity("2")));
        PodSpec memoryOnly = rendered(
                engine("tgi"),
                service(
                        "hf://acme/tiny",
                        List.of(),
                        new ResourceRequirementsBuilder()
                                .addToRequests("memory", new Quantity("64Gi"))
                                .build()));
        assertThat(memoryOnly.getContainers().getFirst().getResources().getLimits())
                .containsEntry(GPU, new Quantity("1"));
    }

    @Test
    void nimPullsWithItsSecretAndWritesToItsCache() {
        PodSpec pod = rendered(engine("nim"), service("hf://acme/tiny", List.of(), null));
        Container server = pod.getContainers().getFirst();
        assertThat(pod.getImagePullSecrets()).extracting("name").containsExactly("ngc-secret");
        assertThat(volume(pod, server, "/opt/nim/.cache")).isPresent();
        assertThat(server.getEnv())
                .extracting(EnvVar::getName)
                .contains("NIM_MODEL_PATH", "NIM_SERVED_MODEL_NAME", "NGC_API_KEY");
    }

    @Test
    void modelInAnImageIsMountedAndNotFetched() {
        var service = service("oci://registry.example/models/tiny:1#weights/tiny.gguf", List.of(), null);
        PodSpec pod = rendered(engine("llama-server"), service);
        Container server = pod.getContainers().getFirst();
        assertThat(pod.getInitContainers()).isEmpty();
        assertThat(volume(pod, server, "/var/gyropilot/models")
                        .orElseThrow()
                        .getImage()
                        .getReference())
                .isEqualTo("registry.example/models/tiny:1");
        assertThat(server.getArgs())
                .containsSubsequence("--model", "/var/gyropilot/models/weights/tiny.gguf", "--alias", "chat");
    }

    @Test
    void downloadGetsTheTokenThatTheServiceHas() {
        EnvVar token = new EnvVarBuilder()
                .withName("HF_TOKEN")
                .withNewValueFrom()
                .withNewSecretKeyRef("token", "hub", false)
                .endValueFrom()
                .build();
        var service = service("hf://acme/tiny", List.of(), null, token);
        assertThat(rendered(engine("vllm"), service)
                        .getInitContainers()
                        .getFirst()
                        .getEnv())
                .contains(token);
    }

    private void accepted(HasMetadata object) {
        assertThat(client.resource(object).patch(STRICT_DRY_RUN).getMetadata().getName())
                .isEqualTo(object.getMetadata().getName());
    }

    private static PodSpec rendered(Engine engine, ModelService service) {
        return revision(service, engine, containers(""))
                .deployment(service, 1, engine)
                .getSpec()
                .getTemplate()
                .getSpec();
    }

    private static Revision revision(ModelService service, Engine engine, OperatorConfig config) {
        var model = (ModelSource.Found) ModelSource.resolve(service.getSpec().model(), _ -> Optional.empty());
        return Revision.of(service, model, engine, config);
    }

    private static Engine engine(String name) {
        return engines()
                .filter(e -> e.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Optional<Volume> volume(PodSpec pod, Container container, String path) {
        return container.getVolumeMounts().stream()
                .filter(mount -> mount.getMountPath().equals(path))
                .map(VolumeMount::getName)
                .flatMap(name ->
                        pod.getVolumes().stream().filter(v -> v.getName().equals(name)))
                .findFirst();
    }

    private static ResourceRequirements gpus(String count) {
        return new ResourceRequirementsBuilder()
                .addToLimits(GPU, new Quantity(count))
                .build();
    }

    private static ModelService service(
            String uri, List<DeviceRequest> devices, @Nullable ResourceRequirements resources, EnvVar... env) {
        ModelService service = ModelServices.forArgument(uri, "chat");
        service.getMetadata().setNamespace(NAMESPACE);
        service.getMetadata().setUid("8a35f9c0-0000-4000-8000-000000000000");
        var wish = service.getSpec();
        service.setSpec(new ModelServiceSpec(
                wish.model(),
                null,
                List.of(),
                List.of(env),
                1,
                null,
                resources,
                devices,
                List.of(),
                Map.of(),
                List.of(),
                null));
        return service;
    }

    private static OperatorConfig containers(String modelsClaim) {
        return new OperatorConfig(
                URI.create("http://gateway.example:8080"),
                Names.ENGINES_IMAGE + ":test",
                "",
                modelsClaim,
                "gyropilot",
                OperatorConfig.DEFAULT_HUB,
                OperatorConfig.DEFAULT_NODE_LOSS_SECONDS,
                OperatorConfig.DEFAULT_IDLE_SECONDS);
    }

    private static OperatorConfig processes() {
        return new OperatorConfig(
                URI.create("http://127.0.0.1:8080"),
                Names.ENGINES_IMAGE + ":test",
                "/tmp/models",
                OperatorConfig.DEFAULT_HUB,
                OperatorConfig.DEFAULT_IDLE_SECONDS);
    }
}
