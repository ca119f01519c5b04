package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Leadership;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leadership by a Lease of the embedded API. */
class LeadershipIT {
    private static final Leadership.Timing QUICK = new Leadership.Timing(
            Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofMillis(100));

    @TempDir
    Path folder;

    private ApiServer api;
    private KubernetesClient client;
    private final ApiTraffic traffic = new ApiTraffic();

    @BeforeEach
    void start() throws Exception {
        api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0));
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(api.adminKubeconfig()))
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor(ApiTraffic.NAME, traffic))
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    private Leadership campaign(String identity, Runnable lost) {
        return Leadership.campaign(client, "default", "test", identity, QUICK, InstantSource.system(), lost);
    }

    @Test
    void oneLeadsAndTheNextFollowsAtOnceAfterAnOrderlyEnd() throws Exception {
        Leadership first = campaign("a", () -> {});
        first.awaitElected();
        try (Leadership second = campaign("b", () -> {})) {
            assertThat(second.leads()).isFalse();
            first.close();
            second.awaitElected();
            assertThat(first.leads()).isFalse();
            assertThat(second.leads()).isTrue();
            var lease = client.leases().inNamespace("default").withName("test").get();
            assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("b");
            assertThat(lease.getSpec().getLeaseTransitions()).isEqualTo(1);
        }
    }

    @Test
    void whoLosesTheLeaseStopsAndIsTold() throws Exception {
        AtomicInteger lost = new AtomicInteger();
        try (Leadership leader = campaign("a", lost::incrementAndGet)) {
            leader.awaitElected();
            client.leases().inNamespace("default").withName("test").edit(lease -> {
                lease.getSpec().setHolderIdentity("thief");
                return lease;
            });
            await().until(() -> lost.get() == 1);
            assertThat(leader.leads()).isFalse();
        }
    }

    @Test
    void aLeaderWithoutAnApiStopsInTime() throws Exception {
        AtomicInteger lost = new AtomicInteger();
        ApiServer passing = ApiServer.start(ApiServerConfig.of(folder.resolve("passing"), 0));
        try (KubernetesClient theirs = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(passing.adminKubeconfig()))
                        .build();
                Leadership leader = Leadership.campaign(
                        theirs, "default", "test", "a", QUICK, InstantSource.system(), lost::incrementAndGet)) {
            leader.awaitElected();
            passing.close();
            await().until(() -> lost.get() == 1);
            assertThat(leader.leads()).isFalse();
        }
    }

    @Test
    void writesOfWhoDoesNotLeadAreHeldBackAndReadsAreNot() {
        AtomicBoolean leads = new AtomicBoolean(true);
        traffic.onlyWhile(leads::get);
        var map = new ConfigMapBuilder()
                .withNewMetadata()
                .withName("written")
                .withNamespace("default")
                .endMetadata()
                .build();
        client.resource(map).create();
        leads.set(false);
        assertThatThrownBy(() -> client.resource(map).delete()).hasStackTraceContaining("does not lead");
        assertThat(client.resource(map).get()).isNotNull();
    }
}
