package dev.gyropilot.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/**
 * A cluster of real nodes on which Gyropilot runs as pods: the one that {@code GYROPILOT_CLUSTER} names by its kubeconfig.
 * {@code acceptance/kubernetes/clusters.sh} makes one; any other will do whose nodes have Gyropilot's images.
 */
final class RealCluster implements AutoCloseable {
    static final String NAMESPACE = "gyropilot-system";
    private static final String VARIABLE = "GYROPILOT_CLUSTER";

    private final Path kubeconfig;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final FileLock lock;

    private RealCluster(Path kubeconfig) {
        this.kubeconfig = kubeconfig;
        this.lock = lock(kubeconfig.resolveSibling(kubeconfig.getFileName() + ".lock"));
    }

    /** One installation at a time, also where two test processes run at once. */
    private static FileLock lock(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .lock();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            lock.channel().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cluster when it is one of {@code clusters.sh}, whose machines, programs and certificates may be broken. */
    static RealCluster breakable() {
        RealCluster cluster = required();
        if (!Files.exists(cluster.folder().resolve("gy2/init.pid"))) {
            cluster.close();
            Assumptions.abort("left out: only the nodes that clusters.sh makes may be broken");
        }
        return cluster;
    }

    /** Where the nodes of {@code clusters.sh} have their files. */
    Path folder() {
        return Objects.requireNonNull(kubeconfig.getParent());
    }

    /** What {@code nodes.sh} does to them. */
    Command.Result node(String... arguments) {
        List<String> command = all(
                "bash",
                Gyropilot.ROOT.resolve("acceptance/kubernetes/clusters.sh").toString(),
                "node");
        command.addAll(Arrays.asList(arguments));
        return Command.run(Map.of("TOP", folder().toString()), command).succeeded();
    }

    /** The address of this machine that pods reach. */
    String hostAddress() {
        String server = Gyropilot.json(kubectl("config", "view", "--raw", "-o", "json")
                        .succeeded()
                        .out())
                .at("/clusters/0/cluster/server")
                .asText();
        try (DatagramSocket probe = new DatagramSocket()) {
            probe.connect(InetAddress.getByName(URI.create(server).getHost()), 1);
            return probe.getLocalAddress().getHostAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Command.Result helm(String... arguments) {
        return Command.run(environment(), all("helm", arguments));
    }

    static RealCluster required() {
        String path = System.getenv(VARIABLE);
        Assumptions.assumeTrue(
                path != null,
                "left out: " + VARIABLE + " names no cluster (./gyro verify --clusters starts one and sets it)");
        Needs.program("kubectl");
        return new RealCluster(Path.of(Objects.requireNonNull(path)).toAbsolutePath());
    }

    Command.Result gyro(String... arguments) {
        return Command.run(environment(), all(Gyropilot.ROOT.resolve("gyro").toString(), arguments));
    }

    Command.Result kubectl(String... arguments) {
        return Command.run(environment(), all("kubectl", arguments));
    }

    Command.Result kubectlWithInput(String input, String... arguments) {
        return Command.run(environment(), all("kubectl", arguments), input, Duration.ofSeconds(60));
    }

    /** An object, or a missing node when there is none. */
    JsonNode object(String namespace, String kind, String name) {
        Command.Result result = kubectl("-n", namespace, "get", kind, name, "-o", "json");
        return result.code() == 0 ? Gyropilot.json(result.out()) : MissingNode.getInstance();
    }

    /** Of the pods that a selector finds. */
    List<JsonNode> pods(String namespace, String selector) {
        List<JsonNode> pods = new ArrayList<>();
        Gyropilot.json(kubectl("-n", namespace, "get", "pods", "-l", selector, "-o", "json")
                        .succeeded()
                        .out())
                .path("items")
                .forEach(pods::add);
        return pods;
    }

    /** The name of the pod that leads by a role's Lease; empty when none does. */
    String leader(String role) {
        return object(NAMESPACE, "lease", "gyropilot-" + role)
                .at("/spec/holderIdentity")
                .asText()
                .replaceFirst("_.*", "");
    }

    /** The gateway's base URL: pods and Services of the cluster that the scripts make are reached from the machine. */
    String gatewayUrl() {
        return "http://"
                + object(NAMESPACE, "service", "gyropilot-gateway")
                        .at("/spec/clusterIP")
                        .asText()
                + ":8080";
    }

    HttpResponse<String> embed(String url, String key, String model) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + "/v1/embeddings"))
                        .header("Authorization", "Bearer " + key)
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofSeconds(20))
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"" + model + "\",\"input\":\"hello world\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** A metric of one pod, without labels. */
    double metric(JsonNode pod, String name) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://" + pod.at("/status/podIP").asText() + ":8081/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The Java programs of a pod as this machine sees them: the nodes that the scripts make are namespaces of it. */
    static List<ProcessHandle> processes(String podName) {
        return ProcessHandle.allProcesses()
                .filter(process -> environmentOf(process).contains("HOSTNAME=" + podName + "\0"))
                .filter(process -> process.info().command().orElse("").endsWith("/java"))
                .toList();
    }

    private static String environmentOf(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc", Long.toString(process.pid()), "environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("KUBECONFIG", kubeconfig.toString());
        environment.put("NO_COLOR", "1");
        return environment;
    }

    private static List<String> all(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(Arrays.asList(arguments));
        return command;
    }
}
