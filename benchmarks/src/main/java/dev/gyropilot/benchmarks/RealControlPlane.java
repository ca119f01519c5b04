package dev.gyropilot.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real Kubernetes control plane on loopback, of its own folder and ports, from programs that were built before. */
final class RealControlPlane implements AutoCloseable {
    private static final List<String> PORTS =
            List.of("ETCD_PORT", "PEER_PORT", "API_PORT", "KCM_PORT", "SCHED_PORT", "KWOK_PORT");

    private final Path folder;
    private final Map<String, String> environment;

    private RealControlPlane(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /** Whether {@code acceptance/kubernetes/build.sh plane} has been run. */
    static boolean isBuilt() {
        return Files.isExecutable(program("kube-apiserver"));
    }

    static Path program(String name) {
        return Kube.home().resolve("bin").resolve(name);
    }

    /** Starts one in that folder; {@code variables} are further ones of {@code control-plane.sh}. */
    static RealControlPlane start(Path folder, Map<String, String> variables) throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(variables);
        for (String port : PORTS) {
            environment.put(port, Integer.toString(BenchProcess.freePort()));
        }
        var plane = new RealControlPlane(folder, environment);
        plane.script("up");
        return plane;
    }

    Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    /** User and system time of the API server since its start. */
    double apiServerCpuSeconds() throws IOException {
        return BenchProcess.cpuSeconds(Long.parseLong(
                Files.readString(folder.resolve("kube-apiserver.pid")).strip()));
    }

    private void script(String what) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        "bash",
                        Kube.ROOT
                                .resolve("acceptance/kubernetes/control-plane.sh")
                                .toString(),
                        what,
                        folder.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        if (builder.start().waitFor() != 0) {
            throw new IOException("the control plane did not go " + what + ": see " + folder.resolve("logs"));
        }
    }

    /** Stops it and deletes its folder. */
    @Override
    public void close() throws IOException {
        try {
            script("down");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
