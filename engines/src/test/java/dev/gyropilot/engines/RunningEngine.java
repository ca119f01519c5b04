package dev.gyropilot.engines;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** An engine as a process of its own, as a pod has it. */
public final class RunningEngine implements AutoCloseable {
    private final Process process;
    private final Path log;
    private final int port;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private RunningEngine(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** Starts {@code engines ARGS --port FREE} without waiting. */
    public static RunningEngine start(Path folder, String... arguments) throws IOException {
        int port = freePort();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--port=" + port);
        return launch(folder, port, all);
    }

    /** The same with a folder before all others on its PATH. */
    public static RunningEngine startWithPath(Path folder, Path bin, String... arguments) throws IOException {
        int port = freePort();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--port=" + port);
        return launch(folder, port, all, bin + ":" + System.getenv("PATH"));
    }

    /** Starts {@code engines ARGS} as they are. */
    public static RunningEngine launch(Path folder, int port, List<String> arguments) throws IOException {
        return launch(folder, port, arguments, System.getenv("PATH"));
    }

    private static RunningEngine launch(Path folder, int port, List<String> arguments, String path) throws IOException {
        Path log = Files.createTempFile(folder, "engine", ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.gyropilot.engines.Main"));
        command.addAll(arguments);
        // Longer than what makes ONNX Runtime's telemetry fault, should it ever run.
        command.add(1, "-Dpadding=" + "x".repeat(6000));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("GYROPILOT_HOME", folder.toString());
        builder.environment().put("PATH", path);
        builder.environment().remove("ORT_DISABLE_TELEMETRY");
        return new RunningEngine(builder.start(), log, port);
    }

    /** A port that was free a moment ago. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Waits until it says that it is ready. */
    public RunningEngine awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("engine ended: " + output());
                    }
                    try {
                        return get("/health").statusCode() == 200;
                    } catch (IOException e) {
                        return false;
                    }
                });
        return this;
    }

    /** Waits for its end. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("engine does not end: " + output());
        }
        return process.exitValue();
    }

    /** What it has written so far. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The process. */
    public Process process() {
        return process;
    }

    /** The port that it was told. */
    public int port() {
        return port;
    }

    /** GET. */
    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** POST of JSON. */
    public HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    @Override
    public void close() {
        client.close();
        process.destroyForcibly().onExit().join();
    }
}
