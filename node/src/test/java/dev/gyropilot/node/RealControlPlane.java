package dev.gyropilot.node;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.volume.PodFolders;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' own control plane as the counterpart of tests, where its binaries are on the machine: in {@code
 * KUBE_HOME/bin} or {@code ~/.cache/real-kubernetes/bin}.
 */
final class RealControlPlane implements AutoCloseable {
    private static final String TOKEN = "test-token";

    private static @Nullable RealControlPlane shared;

    final TestPki pki = new TestPki();
    final Path directory;
    final int port = freePort();
    private final Path binaries;
    private final Deque<Process> processes = new ArrayDeque<>();

    private RealControlPlane(Path binaries, Path directory) {
        this.binaries = binaries;
        this.directory = directory;
    }

    /** The one that all tests of this run share; a test is left out, and says so, where there are no binaries. */
    static synchronized RealControlPlane shared() throws Exception {
        Optional<Path> binaries = binaries();
        assumeTrue(
                binaries.isPresent(),
                "left out: no Kubernetes control plane in KUBE_HOME/bin or ~/.cache/real-kubernetes/bin");
        if (shared == null) {
            var plane = new RealControlPlane(binaries.get(), Files.createTempDirectory("node-plane"));
            Runtime.getRuntime().addShutdownHook(new Thread(plane::close));
            plane.up();
            shared = plane;
        }
        return shared;
    }

    private static Optional<Path> binaries() {
        String home = System.getenv("KUBE_HOME");
        Path folder = home == null
                ? Path.of(System.getProperty("user.home"), ".cache", "real-kubernetes", "bin")
                : Path.of(home, "bin");
        return Files.isExecutable(folder.resolve("kube-apiserver")) ? Optional.of(folder) : Optional.empty();
    }

    private void up() throws Exception {
        int etcd = freePort();
        int peer = freePort();
        Path keys = Files.createDirectories(directory.resolve("pki"));
        write(keys.resolve("ca.crt"), TestPki.pem(pki.authority));
        write(keys.resolve("caller.crt"), TestPki.pem(pki.caller));
        write(keys.resolve("caller.key"), TestPki.pem(pki.callerKey));
        write(keys.resolve("tokens.csv"), TOKEN + ",admin,admin,\"system:masters\"\n");
        serviceAccountKey(keys.resolve("sa.key"));
        start(
                "etcd",
                "--data-dir=" + directory.resolve("etcd"),
                "--name=n1",
                "--listen-client-urls=http://127.0.0.1:" + etcd,
                "--advertise-client-urls=http://127.0.0.1:" + etcd,
                "--listen-peer-urls=http://127.0.0.1:" + peer,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peer,
                "--initial-cluster=n1=http://127.0.0.1:" + peer,
                "--unsafe-no-fsync",
                "--log-level=error");
        start(
                "kube-apiserver",
                "--etcd-servers=http://127.0.0.1:" + etcd,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--secure-port=" + port,
                "--cert-dir=" + keys,
                "--token-auth-file=" + keys.resolve("tokens.csv"),
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + keys.resolve("sa.key"),
                "--service-account-signing-key-file=" + keys.resolve("sa.key"),
                "--service-cluster-ip-range=10.96.0.0/16",
                "--kubelet-client-certificate=" + keys.resolve("caller.crt"),
                "--kubelet-client-key=" + keys.resolve("caller.key"),
                "--kubelet-certificate-authority=" + keys.resolve("ca.crt"),
                "--kubelet-preferred-address-types=InternalIP");
        Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(this::ready);
        write(kubeconfig(), kubeconfigText());
        start(
                "kube-controller-manager",
                "--kubeconfig=" + kubeconfig(),
                "--bind-address=127.0.0.1",
                "--secure-port=" + freePort(),
                "--leader-elect=false",
                "--use-service-account-credentials",
                "--service-account-private-key-file=" + keys.resolve("sa.key"),
                "--root-ca-file=" + keys.resolve("apiserver.crt"),
                "--cert-dir=" + directory.resolve("kcm"));
        try (KubernetesClient client = client()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> client.serviceAccounts()
                                            .inNamespace("default")
                                            .withName("default")
                                            .get()
                                    != null
                            && client.configMaps()
                                            .inNamespace("default")
                                            .withName("kube-root-ca.crt")
                                            .get()
                                    != null);
        }
    }

    private boolean ready() {
        try (KubernetesClient client = client()) {
            return "ok".equals(client.raw("/readyz"));
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    KubernetesClient client() {
        return client(port, authority());
    }

    static KubernetesClient client(int port, String authority) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + port)
                .withOauthToken(TOKEN)
                .withCaCertData(authority)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    Cluster cluster() {
        return new Cluster(client(), InstantSource.system(), "gyropilot");
    }

    Path kubeconfig() {
        return directory.resolve("kubeconfig");
    }

    /** Runs the kubectl of the same release; its output, both streams together. */
    String kubectl(String... arguments) throws Exception {
        Process process = kubectlProcess(arguments);
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(60, TimeUnit.SECONDS);
        return output + (process.exitValue() == 0 ? "" : "\n[exit " + process.exitValue() + "]");
    }

    Process kubectlProcess(String... arguments) throws IOException {
        return new ProcessBuilder(kubectlCommand(arguments))
                .redirectErrorStream(true)
                .start();
    }

    List<String> kubectlCommand(String... arguments) {
        var words = new ArrayList<>(List.of(
                binaries.resolve("kubectl").toString(),
                "--kubeconfig",
                kubeconfig().toString()));
        words.addAll(List.of(arguments));
        return words;
    }

    @Override
    public void close() {
        while (!processes.isEmpty()) {
            Process process = processes.pop();
            process.destroy();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        try {
            PodFolders.delete(directory);
        } catch (IOException e) {
            System.err.println("left behind: " + directory + ": " + e);
        }
    }

    private void start(String name, String... arguments) throws IOException {
        var words = new ArrayList<>(List.of(binaries.resolve(name).toString()));
        words.addAll(List.of(arguments));
        processes.push(new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start());
    }

    String authority() {
        try {
            return Files.readString(directory.resolve("pki").resolve("apiserver.crt"));
        } catch (IOException e) {
            throw new KubernetesClientException("no certificate yet", e);
        }
    }

    private String kubeconfigText() {
        String ca = Base64.getEncoder().encodeToString(authority().getBytes(StandardCharsets.US_ASCII));
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}}]
                users: [{name: admin, user: {token: "%s"}}]
                contexts: [{name: c, context: {cluster: c, user: admin}}]
                current-context: c
                """.formatted(port, ca, TOKEN);
    }

    private static void serviceAccountKey(Path file) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        write(file, TestPki.pem(generator.generateKeyPair()));
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
