package dev.gyropilot.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A process that is measured from outside: its CPU time and memory as the kernel counts them. */
final class BenchProcess implements AutoCloseable {
    private static final long TICKS_PER_SECOND = 100;
    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    private final Process process;
    private final int port;

    private BenchProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** A program of ours in a JVM of its own; returns when it listens. */
    static BenchProcess java(Class<?> main, int port, List<String> flags, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        return start(command, port);
    }

    static BenchProcess start(List<String> command, int port) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BenchProcess started = new BenchProcess(process, port);
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!listens(port)) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                started.close();
                throw new IOException(String.join(" ", command) + " did not listen on port " + port);
            }
        }
        return started;
    }

    /** Runs a program of ours to its end and returns what it printed. */
    static String run(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            if (line == null) {
                throw new IOException(main.getSimpleName() + " printed nothing");
            }
            return line;
        }
    }

    int port() {
        return port;
    }

    /**
     * User and system time since the start, without a JVM's compiler threads: what they do belongs to the start, and on a busy
     * machine it would last into the measurement.
     */
    double cpuSeconds() throws IOException {
        return cpuSeconds(process.pid());
    }

    /** The same of a process that another started. */
    static double cpuSeconds(long pid) throws IOException {
        // Of the whole process, as the time of threads that have ended is in no task any more.
        long ticks = ticks(Files.readString(Path.of("/proc/" + pid + "/stat")));
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks.toList()) {
                String stat = Files.readString(task.resolve("stat"));
                if (stat.contains("(C1 Compiler") || stat.contains("(C2 Compiler")) {
                    ticks -= ticks(stat);
                }
            }
        }
        return ticks / (double) TICKS_PER_SECOND;
    }

    private static long ticks(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    double residentMebibytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0)
                    .findFirst()
                    .orElse(0);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The program's path if it is on the PATH, or where Debian puts servers. */
    static Optional<String> find(String program) {
        @Nullable String path = System.getenv("PATH");
        return Stream.concat(Stream.of((path == null ? "" : path).split(":", -1)), Stream.of("/usr/sbin"))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Asks it to end and waits for that. */
    void end(Duration limit) throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException("process " + process.pid() + " did not end within " + limit.toSeconds() + " s");
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(3, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
