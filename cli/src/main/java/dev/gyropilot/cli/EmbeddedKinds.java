package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/** Kinds of Kubernetes that the embedded API serves by a definition, because they are no part of what it was recorded from. */
final class EmbeddedKinds {
    private static final List<String> DEFINITIONS = List.of("device-taint-rules.yaml");

    private EmbeddedKinds() {}

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
