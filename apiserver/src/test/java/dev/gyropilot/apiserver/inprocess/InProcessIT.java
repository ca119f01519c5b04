package dev.gyropilot.apiserver.inprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.impl.BaseClient;
import io.fabric8.kubernetes.client.utils.TokenRefreshInterceptor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Kubernetes client without a network between it and the server. */
class InProcessIT {
    @TempDir
    static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.start(ApiServerConfig.of(folder, 0));
        client = server.client();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void writesReadsAndRefusalsAreThoseOfTheNetwork() {
        client.resource(map("one", "a")).create();
        ConfigMap changed = client.configMaps()
                .inNamespace("default")
                .withName("one")
                .edit(m -> new ConfigMapBuilder(m).addToData("k", "b").build());
        assertThat(changed.getData()).containsEntry("k", "b");
        assertThatThrownBy(() -> client.resource(map("one", "a")).create())
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getStatus().getReason()).isEqualTo("AlreadyExists"));
        assertThat(client.configMaps().inNamespace("default").withName("none").get())
                .isNull();
        assertThat(client.configMaps().inNamespace("default").withName("one").delete())
                .hasSize(1);
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() {
        assertThatThrownBy(() ->
                        client.resource(map("large", "x".repeat(4 << 20))).create())
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(413));
    }

    @Test
    void aListOfManyMegabytesArrivesWhole() {
        for (int i = 0; i < 12; i++) {
            client.resource(map("big-" + i, "y".repeat(900_000))).create();
        }
        var list = client.configMaps()
                .inNamespace("default")
                .withLabel("test", "inprocess")
                .list();
        assertThat(list.getItems().stream()
                        .filter(m -> m.getMetadata().getName().startsWith("big-")))
                .hasSize(12)
                .allSatisfy(m -> assertThat(m.getData().get("k")).hasSize(900_000));
        client.configMaps()
                .inNamespace("default")
                .withLabel("test", "inprocess")
                .delete();
    }

    @Test
    void withoutATokenTheCallerIsAnonymousHereToo() throws Exception {
        HttpClient stranger = client.adapt(BaseClient.class)
                .getHttpClient()
                .newBuilder()
                .addOrReplaceInterceptor(TokenRefreshInterceptor.NAME, null)
                .build();
        var request = stranger.newHttpRequestBuilder()
                .uri(server.url() + "/api/v1/namespaces")
                .build();
        assertThat(stranger.sendAsync(request, String.class).get().code()).isEqualTo(403);
    }

    @Test
    void aWatchTellsEachChangeAndEndsWithItsCaller() throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        double before = watches();
        Watch watch = client.configMaps().inNamespace("default").watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, ConfigMap map) {
                seen.add(action + " " + map.getMetadata().getName());
            }

            @Override
            public void onClose(WatcherException cause) {}
        });
        client.resource(map("watched", "a")).create();
        client.resource(map("watched", "a")).delete();
        await().untilAsserted(() -> assertThat(seen).contains("ADDED watched", "DELETED watched"));
        assertThat(watches()).isEqualTo(before + 1);
        watch.close();
        await().untilAsserted(() -> assertThat(watches()).isEqualTo(before));
    }

    @Test
    void aStoppedServerSaysSoAtOnce(@TempDir Path other) throws Exception {
        ApiServer stopping = ApiServer.start(ApiServerConfig.of(other, 0));
        try (KubernetesClient its = stopping.client()) {
            assertThat(its.pods().inAnyNamespace().list().getItems()).isEmpty();
            stopping.close();
            assertThatThrownBy(() -> its.pods().inAnyNamespace().list())
                    .isInstanceOf(KubernetesClientException.class)
                    .hasRootCauseMessage("the API server has stopped");
        }
    }

    private static double watches() {
        return client.raw("/metrics")
                .lines()
                .filter(line -> line.startsWith("apiserver_longrunning_requests{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static ConfigMap map(String name, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .withLabels(Map.of("test", "inprocess"))
                .endMetadata()
                .withData(Map.of("k", value))
                .build();
    }
}
