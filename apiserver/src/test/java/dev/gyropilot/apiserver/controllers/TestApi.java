package dev.gyropilot.apiserver.controllers;

import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The API for a test of controllers: our own, or, to compare with the original, the one that {@code
 * GYROPILOT_BARE_KUBECONFIG} names, a real API server without controllers of its own.
 */
final class TestApi implements AutoCloseable {
    private static final String VARIABLE = "GYROPILOT_BARE_KUBECONFIG";

    private final @Nullable ApiServer embedded;
    private final Cluster cluster;

    private TestApi(@Nullable ApiServer embedded, String kubeconfig) {
        this.embedded = embedded;
        Config config = Config.fromKubeconfig(kubeconfig);
        this.cluster = new Cluster(
                new KubernetesClientBuilder().withConfig(config).build(), InstantSource.system(), "gyropilot-test");
    }

    static TestApi start() throws IOException {
        String path = System.getenv(VARIABLE);
        if (path != null) {
            return new TestApi(null, Files.readString(Path.of(path)));
        }
        ApiServer server = ApiServer.start(ApiServerConfig.of(Files.createTempDirectory("test-api"), 0));
        return new TestApi(server, server.adminKubeconfig());
    }

    Cluster cluster() {
        return cluster;
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

    /** Repeats a read-modify-write until no controller's write comes between. */
    static void retryOnConflict(Runnable write) {
        await().atMost(Duration.ofSeconds(10))
                .ignoreExceptionsMatching(e -> e instanceof KubernetesClientException k && k.getCode() == 409)
                .until(() -> {
                    write.run();
                    return true;
                });
    }

    @Override
    public void close() {
        cluster.close();
        if (embedded != null) {
            embedded.close();
        }
    }
}
