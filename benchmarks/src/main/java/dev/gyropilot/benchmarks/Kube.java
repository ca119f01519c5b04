package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A Kubernetes cluster, by kubectl and by the program as users have them. */
final class Kube {
    static final Path ROOT = Path.of(System.getProperty("gyropilot.root"));
    static final String SYSTEM = "gyropilot-system";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration HTTP_LIMIT = Duration.ofSeconds(20);

    private final Path kubeconfig;
    private final String kubectl;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Kube(Path kubeconfig) {
        this.kubeconfig = kubeconfig;
        Path built = home().resolve("bin/kubectl");
        this.kubectl = BenchProcess.find("kubectl").orElse(built.toString());
    }

    /** Where {@code acceptance/kubernetes/build.sh} puts what it builds. */
    static Path home() {
        String named = System.getenv("KUBE_HOME");
        return named == null ? Path.of(System.getProperty("user.home"), ".cache", "real-kubernetes") : Path.of(named);
    }

    String kubectl(String... arguments) throws IOException, InterruptedException {
        return run(kubectl, "", arguments);
    }

    JsonNode object(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("get", "-o", "json"));
        all.addAll(List.of(arguments));
        return JSON.readTree(kubectl(all.toArray(String[]::new)));
    }

    void apply(String manifests) throws IOException, InterruptedException {
        run(kubectl, manifests, "apply", "--server-side", "-f", "-");
    }

    String gyro(String... arguments) throws IOException, InterruptedException {
        return run(ROOT.resolve("gyro").toString(), "", arguments);
    }

    private String run(String program, String input, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile("gyropilot-bench", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().put("KUBECONFIG", kubeconfig.toString());
            builder.environment().put("NO_COLOR", "1");
            Process process = builder.start();
            Thread writer = Thread.ofVirtual().start(() -> write(process, input));
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            writer.join();
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException(
                        String.join(" ", command) + " ended with " + code + ": " + output + Files.readString(errors));
            }
            return output;
        } finally {
            Files.deleteIfExists(errors);
        }
    }

    private static void write(Process process, String input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading all; its exit code tells why.
        }
    }

    /** The status of an answer to a JSON request; 0 when there was none. */
    int post(String url, String key, String body) throws InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .timeout(HTTP_LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /** A metric of a role's health port, summed over its labels; not a number when it does not answer. */
    double metric(String host, int port, String name) throws InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/metrics"))
                .timeout(HTTP_LIMIT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** A condition that asks something of a cluster. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Returns how many seconds it took from {@code beginNanos} on until that held. */
    static double await(String what, long beginNanos, Duration limit, Condition condition)
            throws IOException, InterruptedException {
        while (!condition.holds()) {
            if (System.nanoTime() - beginNanos > limit.toNanos()) {
                throw new IOException(what + " did not come about within " + limit.toSeconds() + " s");
            }
            Thread.sleep(POLL);
        }
        return secondsSince(beginNanos);
    }

    static double secondsSince(long beginNanos) {
        return (System.nanoTime() - beginNanos) / 1e9;
    }
}
