package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.Names;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.scheduler.SchedulerConfig;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two schedulers on one API agree which of them decides, and the other takes over. */
@Tag("process")
class LeadershipTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void oneDecidesAndTheOtherTakesOver() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path kubeconfig = folder.resolve("kubeconfig");
        try (ApiServer api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), port))) {
            api.writeKubeconfig(kubeconfig, ApiServer.ADMIN);
            try (KubernetesClient client = Clients.of(kubeconfig)) {
                client.resource(new NamespaceBuilder()
                                .withNewMetadata()
                                .withName(Names.SYSTEM_NAMESPACE)
                                .endMetadata()
                                .build())
                        .create();
                SchedulableObjects.node(client);
                RoleProcess one = scheduler(kubeconfig, "one");
                SchedulableObjects.pod(client, "a", SchedulerConfig.NAME, Map.of());
                await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "a"));
                String holder = holder(client);

                RoleProcess other = scheduler(kubeconfig, "other");
                SchedulableObjects.pod(client, "b", SchedulerConfig.NAME, Map.of());
                await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "b"));
                assertThat(holder(client)).isEqualTo(holder);
                assertThat(one.acts()).isTrue();
                assertThat(other.acts()).isFalse();
                assertThat(other.ready()).isTrue();

                one.close();
                SchedulableObjects.pod(client, "c", SchedulerConfig.NAME, Map.of());
                await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "c"));
                assertThat(holder(client)).isNotEqualTo(holder);
                assertThat(other.acts()).isTrue();
                other.close();
            }
        }
    }

    @Test
    void whoLosesTheLeaseStandsAnewInTheSameProcess() throws Exception {
        Path kubeconfig = folder.resolve("kubeconfig");
        try (ApiServer api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0))) {
            api.writeKubeconfig(kubeconfig, ApiServer.ADMIN);
            try (KubernetesClient client = Clients.of(kubeconfig)) {
                client.resource(new NamespaceBuilder()
                                .withNewMetadata()
                                .withName(Names.SYSTEM_NAMESPACE)
                                .endMetadata()
                                .build())
                        .create();
                SchedulableObjects.node(client);
                try (RoleProcess only = scheduler(kubeconfig, "only")) {
                    SchedulableObjects.pod(client, "a", SchedulerConfig.NAME, Map.of());
                    await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "a"));
                    String holder = holder(client);
                    lease(client, "thief");
                    await().atMost(LIMIT).until(() -> !only.acts());
                    lease(client, "");
                    await().atMost(LIMIT).until(only::acts);
                    assertThat(holder(client)).isEqualTo(holder);
                    SchedulableObjects.pod(client, "b", SchedulerConfig.NAME, Map.of());
                    await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "b"));

                    Path config = folder.resolve("config.yaml");
                    Files.writeString(config, "gateway: {retries: 3}\n");
                    only.reconfigure(Configuration.read(config));
                    assertThat(only.acts())
                            .as("settings of another role disturb nothing")
                            .isTrue();
                    Files.writeString(config, "scheduler: {bindParallelism: 3}\n");
                    only.reconfigure(Configuration.read(config));
                    await().atMost(LIMIT).until(() -> !only.acts());
                    SchedulableObjects.pod(client, "c", SchedulerConfig.NAME, Map.of());
                    await().atMost(LIMIT).until(() -> SchedulableObjects.isBound(client, "c"));
                    assertThat(only.live()).isTrue();
                }
            }
        }
    }

    @Test
    void aProcessThatIsToldToEndGivesItsLeaseBackAndEnds() throws Exception {
        Path kubeconfig = folder.resolve("kubeconfig");
        try (ApiServer api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0))) {
            api.writeKubeconfig(kubeconfig, ApiServer.ADMIN);
            try (KubernetesClient client = Clients.of(kubeconfig)) {
                client.resource(new NamespaceBuilder()
                                .withNewMetadata()
                                .withName(Names.SYSTEM_NAMESPACE)
                                .endMetadata()
                                .build())
                        .create();
                Process process = new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.gyropilot.cli.Main",
                                "run",
                                "scheduler",
                                "--kubeconfig",
                                kubeconfig.toString(),
                                "--health-port",
                                "0",
                                "--health-address",
                                "127.0.0.1")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
                try {
                    await().atMost(LIMIT)
                            .until(() -> Files.readString(folder.resolve("log")).contains("the scheduler works"));
                    process.destroy();
                    assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
                    assertThat(holder(client)).isEmpty();
                } finally {
                    process.destroyForcibly();
                }
            }
        }
    }

    private static void lease(KubernetesClient client, String holder) {
        client.leases()
                .inNamespace(Names.SYSTEM_NAMESPACE)
                .withName("gyropilot-scheduler")
                .edit(lease -> {
                    lease.getSpec().setHolderIdentity(holder);
                    return lease;
                });
    }

    /** As {@code gyro run scheduler} has it; it may have to wait for its turn. */
    private RoleProcess scheduler(Path kubeconfig, String name) throws Exception {
        var access = new ClusterAccess(kubeconfig, name, Names.SYSTEM_NAMESPACE);
        var process = new RoleProcess(Role.scheduler, folder.resolve(name), access, new ApiTraffic());
        process.start(Configuration.read(folder.resolve("none")));
        return process;
    }

    private static String holder(KubernetesClient client) {
        return client.leases()
                .inNamespace(Names.SYSTEM_NAMESPACE)
                .withName("gyropilot-scheduler")
                .get()
                .getSpec()
                .getHolderIdentity();
    }
}
