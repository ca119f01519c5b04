package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How long {@code gyro up} takes until it says that it is ready, on an empty and on a known data directory, how long
 * {@code gyro up --detach} takes until it returns, and how much memory the process holds when idle. The limit beside the times
 * is the start of a JVM that prints one line.
 */
final class StartBench {
    private static final int RUNS = 5;
    private static final long IDLE_SECONDS = 10;

    private final Path root = Path.of(System.getProperty("gyropilot.root"));

    List<Row> run() throws IOException, InterruptedException {
        double[] jvm = new double[RUNS];
        double[] first = new double[RUNS];
        double[] again = new double[RUNS];
        double[] detached = new double[RUNS];
        double[] resident = new double[RUNS];
        for (int i = 0; i < RUNS; i++) {
            System.err.println("start: run " + (i + 1) + " of " + RUNS);
            jvm[i] = emptyJvmSeconds();
            Path home = Files.createTempDirectory("gyropilot-bench");
            try {
                first[i] = readySeconds(home);
                again[i] = readySeconds(home);
                detached[i] = detachSeconds(home);
                TimeUnit.SECONDS.sleep(IDLE_SECONDS);
                resident[i] = residentMegabytes(pid(home));
                gyro(home, "down");
            } finally {
                delete(home);
            }
        }
        String limit = "JVM that prints one line";
        return List.of(
                new Row("start/first-up", median(first), "s", limit, median(jvm)),
                new Row("start/up", median(again), "s", limit, median(jvm)),
                new Row("start/up-detach", median(detached), "s", limit, median(jvm)),
                Row.alone("start/idle-resident", median(resident), "MB"));
    }

    /** In the foreground, until the line that says so; then it is ended as Ctrl-C ends it. */
    private double readySeconds(Path home) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        root.resolve("gyro").toString(), "up", "--api-port", "0", "--gateway-port", "0")
                .redirectErrorStream(true);
        builder.environment().put("GYROPILOT_HOME", home.toString());
        long begin = System.nanoTime();
        Process process = builder.start();
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (line.contains(" is ready after ")) {
                    double seconds = (System.nanoTime() - begin) / 1e9;
                    process.destroy();
                    process.waitFor();
                    return seconds;
                }
            }
        }
        throw new IOException("gyro up ended with " + process.waitFor() + " before it was ready");
    }

    private double detachSeconds(Path home) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        gyro(home, "up", "--detach", "--api-port", "0", "--gateway-port", "0");
        return (System.nanoTime() - begin) / 1e9;
    }

    private String gyro(Path home, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(root.resolve("gyro").toString());
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("GYROPILOT_HOME", home.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        int code = process.waitFor();
        if (code != 0) {
            throw new IOException("gyro " + String.join(" ", arguments) + " ended with " + code + ": " + output);
        }
        return output;
    }

    private long pid(Path home) throws IOException, InterruptedException {
        JsonNode status = JsonMapper.builder().build().readTree(gyro(home, "status", "-o", "json"));
        return status.path("pid").asLong();
    }

    private static double residentMegabytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }

    private static double emptyJvmSeconds() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        return (System.nanoTime() - begin) / 1e9;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
