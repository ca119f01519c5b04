package dev.gyropilot.apiserver.controllers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * An API server without controllers of its own, named by the environment: {@code GYROPILOT_BARE_KUBECONFIG} is the path of
 * its kubeconfig. Tests that need one are left out, and say so, where the variable is not set.
 */
final class RealApi {
    private static final String VARIABLE = "GYROPILOT_BARE_KUBECONFIG";

    private RealApi() {}

    static Cluster connect() throws IOException {
        String path = System.getenv(VARIABLE);
        assumeTrue(path != null, "left out: " + VARIABLE + " names no kubeconfig of an API server without controllers");
        Config config = Config.fromKubeconfig(Files.readString(Path.of(path)));
        return new Cluster(
                new KubernetesClientBuilder().withConfig(config).build(), InstantSource.system(), "gyropilot-test");
    }

    /** A namespace of its own for a test. */
    static String namespace(KubernetesClient client) {
        return client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName("it-")
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
    }
}
