package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kinds of Kubernetes that the embedded API serves by a definition, because they are no part of what it was recorded from. */
final class EmbeddedKinds {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedKinds.class);
    private static final List<String> DEFINITIONS = List.of("device-taint-rules.yaml");

    private EmbeddedKinds() {}

    /** Defines them without holding up the start; who uses them watches the definitions. */
    static void defineSoon(KubernetesClient client) {
        Thread.ofVirtual().name("embedded-kinds").start(() -> {
            try {
                define(client);
            } catch (IOException | RuntimeException e) {
                log.warn("{} are not defined: {}", DEFINITIONS, e.toString());
            }
        });
    }

    /** Defines those that are not there yet. */
    static void define(KubernetesClient client) throws IOException {
        for (String file : DEFINITIONS) {
            try (InputStream definition =
                    Objects.requireNonNull(EmbeddedKinds.class.getResourceAsStream("/embedded/" + file), file)) {
                var _ = client.load(definition).forceConflicts().serverSideApply();
            }
        }
    }
}
