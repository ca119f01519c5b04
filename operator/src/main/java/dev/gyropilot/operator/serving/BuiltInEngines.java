package dev.gyropilot.operator.serving;

import dev.gyropilot.api.serving.Engine;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Engines that come with Gyropilot. */
public final class BuiltInEngines {
    private static final Logger log = LoggerFactory.getLogger(BuiltInEngines.class);
    private static final List<String> NAMES = List.of(
            "onnx",
            "llama-cpp",
            "simulated",
            "vllm",
            "sglang",
            "tgi",
            "nim",
            "triton",
            "llama-server",
            "llama-server-cuda");

    private BuiltInEngines() {}

    /** All of them, as the program ships them. */
    public static List<Engine> all() {
        return NAMES.stream().map(BuiltInEngines::read).toList();
    }

    /** Applies them; an Engine whose fields somebody else has changed stays as that one wants it. */
    public static void applyTo(KubernetesClient client) {
        for (Engine engine : all()) {
            try {
                client.resource(engine).fieldManager(Apply.MANAGER).serverSideApply();
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                    throw e;
                }
                log.info(
                        "Engine {} was changed by others and stays so: {}",
                        engine.getMetadata().getName(),
                        e.getMessage());
            }
        }
    }

    private static Engine read(String name) {
        String file = "/engines/" + name + ".yaml";
        try (InputStream in = Objects.requireNonNull(BuiltInEngines.class.getResourceAsStream(file), file)) {
            return Serialization.unmarshal(in, Engine.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
