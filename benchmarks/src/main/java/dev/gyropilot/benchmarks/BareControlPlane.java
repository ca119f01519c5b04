package dev.gyropilot.benchmarks;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd and API server on loopback with nothing that acts on their objects, so that nodes need no heartbeat and pods wait
 * for the scheduler that is measured.
 */
final class BareControlPlane implements AutoCloseable {
    private static final Path SCRIPTS = Path.of(System.getProperty("gyropilot.root"), "acceptance", "kubernetes");

    private final Path folder;
    private final KubernetesClient client;

    private BareControlPlane(Path folder) throws IOException {
        this.folder = folder;
        Config config = Config.fromKubeconfig(Files.readString(kubeconfig()));
        this.client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(config)
                        .withMaxConcurrentRequests(256)
                        .withMaxConcurrentRequestsPerHost(256)
                        .build())
                .build();
    }

    /** The folder of a real Kubernetes' programs, when they have been built there. */
    static Optional<Path> programs() {
        @Nullable String home = System.getenv("KUBE_HOME");
        Path bin = home == null
                ? Path.of(System.getProperty("user.home"), ".cache", "real-kubernetes", "bin")
                : Path.of(home, "bin");
        return Files.isExecutable(bin.resolve("kube-apiserver")) ? Optional.of(bin) : Optional.empty();
    }

    static BareControlPlane start() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("gyropilot-bench");
        script("up", folder);
        return new BareControlPlane(folder);
    }

    KubernetesClient client() {
        return client;
    }

    Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    /** User and system time of the API server since its start. */
    double apiServerCpuSeconds() throws IOException {
        return BenchProcess.cpuSeconds(Long.parseLong(
                Files.readString(folder.resolve("kube-apiserver.pid")).strip()));
    }

    private static void script(String what, Path folder) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", SCRIPTS.resolve("control-plane.sh").toString(), what, folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("control-plane.log").toFile());
        builder.environment()
                .putAll(Map.of(
                        "CONTROLLERS", "no",
                        "API_ARGS", "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition"));
        if (what.equals("up")) {
            for (String port : List.of("ETCD_PORT", "PEER_PORT", "API_PORT")) {
                builder.environment().put(port, Integer.toString(BenchProcess.freePort()));
            }
        }
        if (builder.start().waitFor() != 0) {
            throw new IOException("control-plane.sh " + what + " failed: "
                    + Files.readString(folder.resolve("control-plane.log")).strip());
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        try {
            script("down", folder);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
