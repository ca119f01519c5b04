package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kinds of other systems are understood from when they are installed, and waiting for them asks the API nothing. */
@Tag("process")
class LateKindsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration SETTLED = Duration.ofSeconds(3);
    private static final String DEFINITION = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: podgroups.scheduling.volcano.sh}
            spec:
              group: scheduling.volcano.sh
              names: {kind: PodGroup, plural: podgroups}
              scope: Namespaced
              versions:
                - name: v1beta1
                  served: true
                  storage: true
                  schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """;
    private static final String GROUP = """
            apiVersion: scheduling.volcano.sh/v1beta1
            kind: PodGroup
            metadata: {name: two, namespace: default}
            spec: {minMember: 2}
            """;

    @TempDir
    Path folder;

    @Test
    void aGangOfAKindInstalledLaterIsKeptTogether() throws Exception {
        Path kubeconfig = folder.resolve("kubeconfig");
        try (ApiServer api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0))) {
            api.writeKubeconfig(kubeconfig, ApiServer.ADMIN);
            ApiTraffic traffic = new ApiTraffic();
            try (KubernetesClient client = Clients.of(kubeconfig);
                    Cluster cluster =
                            new Cluster(Clients.ofRole(kubeconfig, traffic), InstantSource.system(), "scheduler");
                    Scheduler _ = Scheduler.start(SchedulerConfig.embedded(), cluster, Optional.empty())) {
                SchedulableObjects.node(client);
                SchedulableObjects.pod(client, "before", null, Map.of());
                await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "before"));
                awaitSilence(traffic);

                client.resource(DEFINITION).create();
                await().atMost(LIMIT)
                        .ignoreExceptions()
                        .until(() -> client.resource(GROUP).create() != null);
                var member = Map.of("scheduling.k8s.io/group-name", "two");
                SchedulableObjects.pod(client, "first", null, member);
                await().during(SETTLED).atMost(LIMIT).until(() -> !SchedulableObjects.isBound(client, "first"));
                SchedulableObjects.pod(client, "second", null, member);
                await().atMost(LIMIT)
                        .until(() -> SchedulableObjects.isBound(client, "first")
                                && SchedulableObjects.isBound(client, "second"));

                client.apiextensions()
                        .v1()
                        .customResourceDefinitions()
                        .withName("podgroups.scheduling.volcano.sh")
                        .delete();
                awaitSilence(traffic);
                assertThat(SchedulableObjects.isBound(client, "first")).isTrue();
            }
        }
    }

    private static void awaitSilence(ApiTraffic traffic) {
        AtomicLong last = new AtomicLong(-1);
        await().atMost(LIMIT).pollInterval(SETTLED).until(() -> {
            long now = sum(traffic);
            return last.getAndSet(now) == now;
        });
    }

    private static long sum(ApiTraffic traffic) {
        return traffic.requests().values().stream().mapToLong(LongAdder::sum).sum();
    }
}
