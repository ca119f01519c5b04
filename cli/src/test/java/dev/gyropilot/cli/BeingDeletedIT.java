package dev.gyropilot.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.apiserver.controllers.WorkloadControllers;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Installing into a namespace of the embedded API that is on its way out. */
class BeingDeletedIT {
    private static final String HOLD = "test.example/hold";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final ByteArrayOutputStream told = new ByteArrayOutputStream();
    private final Terminal terminal = new Terminal(System.out, new PrintStream(told, true, UTF_8), false, true);
    private final Namespace namespace = new NamespaceBuilder()
            .withNewMetadata()
            .withName("leaving")
            .endMetadata()
            .build();
    private ApiServer api;
    private KubernetesClient client;
    private Cluster cluster;
    private WorkloadControllers workloads;

    /** A namespace that is being deleted, and in it an object that a finalizer holds. */
    @BeforeEach
    void start() throws Exception {
        api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0));
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(api.adminKubeconfig()))
                .build();
        cluster = new Cluster(client, InstantSource.system(), "test");
        workloads = WorkloadControllers.start(cluster, "none");
        client.resource(namespace).create();
        client.resource(held("old", HOLD)).create();
        client.resource(namespace).delete();
        await().atMost(LIMIT).until(this::saysWhatRemains);
    }

    @AfterEach
    void stop() {
        workloads.close();
        cluster.close();
        api.close();
    }

    private boolean saysWhatRemains() {
        Namespace present = Objects.requireNonNull(client.resource(namespace).get());
        return present.getStatus().getConditions().stream()
                .anyMatch(c -> c.getType().equals("NamespaceFinalizersRemaining")
                        && c.getStatus().equals("True"));
    }

    private static ConfigMap held(String name, String... finalizers) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("leaving")
                .withFinalizers(finalizers)
                .endMetadata()
                .build();
    }

    @Test
    void waitsUntilItIsGone() throws Exception {
        Thread waiting =
                Thread.ofVirtual().start(() -> new BeingDeleted(client, terminal).await(List.of(namespace), LIMIT));
        await().atMost(LIMIT).until(() -> told.toString(UTF_8).contains("waiting for namespace leaving"));
        assertThat(told.toString(UTF_8)).contains("which is being deleted", HOLD);
        assertThat(waiting.isAlive()).isTrue();
        client.configMaps()
                .inNamespace("leaving")
                .withName("old")
                .edit(map -> new ConfigMapBuilder(map)
                        .editMetadata()
                        .withFinalizers()
                        .endMetadata()
                        .build());
        waiting.join(LIMIT);
        assertThat(told.toString(UTF_8)).contains("namespace leaving is gone");
        client.resource(namespace).create();
        client.resource(held("new")).create();
    }

    @Test
    void givesUpWithWhatHoldsIt() {
        var removal = new BeingDeleted(client, terminal);
        assertThatThrownBy(() -> removal.await(List.of(namespace), Duration.ofMillis(1_500)))
                .isInstanceOf(CliError.class)
                .hasMessageContaining("namespace leaving is still being deleted after 1 s")
                .hasMessageContaining(HOLD);
        assertThatThrownBy(() -> removal.await(List.of(namespace), Duration.ZERO))
                .isInstanceOf(CliError.class);
    }

    /** Without the wait it would fail like this. */
    @Test
    void takesNothingNewMeanwhile() {
        assertThatThrownBy(() -> client.resource(held("new")).create())
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("being terminated");
    }
}
