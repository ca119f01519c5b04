package dev.gyropilot.node;

import static dev.gyropilot.node.Workbench.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.node.process.Posix;
import dev.gyropilot.node.process.ProcessId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is killed: its pods' processes run on, and the next node goes on with them. */
class NodeRestartIT {
    @TempDir
    Path temporary;

    private @Nullable Process program;

    /** Also what a failed test left running: it would outlive this program, as it should. */
    @AfterEach
    void end() throws Exception {
        if (program != null) {
            program.destroyForcibly().waitFor();
        }
        Path pods = temporary.resolve("data").resolve("pods");
        if (!Files.isDirectory(pods)) {
            return;
        }
        try (Stream<Path> files = Files.walk(pods)) {
            for (Path file : files.filter(f -> f.endsWith("pid")).toList()) {
                String[] words = Files.readString(file).strip().split(" ");
                var process = new ProcessId(Long.parseLong(words[0]), words[1]);
                if (process.alive()) {
                    process.signalGroup(Posix.SIGKILL);
                }
            }
        }
    }

    @Test
    void adoptsWhatRunsReapsWhatIsGoneAndRestartsWhatDied() throws Exception {
        var bench = new Workbench(RealControlPlane.shared(), "restarted");
        start(bench);
        for (String name : List.of("stays", "dies", "vanishes")) {
            bench.create(name, """
                      terminationGracePeriodSeconds: 1
                      containers: [{name: main, image: busybox, command: [sh, -c, 'i=0; while true; do echo $$$$ $i; i=$((i+1)); sleep 0.05; done']}]
                    """);
        }
        for (String name : List.of("stays", "dies", "vanishes")) {
            await(() -> bench.logs(name).lines().count() > 3);
        }
        long stays = pid(bench, "stays");
        long dies = pid(bench, "dies");
        long vanishes = pid(bench, "vanishes");

        kill();
        assertThat(ProcessHandle.of(stays)).isPresent();
        ProcessHandle.of(dies).orElseThrow().destroyForcibly();
        bench.plane.kubectl("delete", "pod", "vanishes", "--force", "--grace-period=0");
        start(bench);

        await(() -> bench.container("dies").getRestartCount() == 1);
        assertThat(bench.container("dies").getLastState().getTerminated().getExitCode())
                .isEqualTo(137);
        await(() -> ProcessHandle.of(vanishes).isEmpty());
        await(() -> bench.ready("stays"));
        assertThat(bench.container("stays").getRestartCount()).isZero();
        assertThat(pid(bench, "stays")).isEqualTo(stays);
        List<Integer> counted = new ArrayList<>();
        await(() -> bench.logs("stays").lines().count() > 100);
        bench.logs("stays").lines().forEach(line -> counted.add(Integer.valueOf(line.split(" ")[1])));
        for (int i = 0; i < counted.size(); i++) {
            assertThat(counted.get(i)).as("no line lost or doubled").isEqualTo(i);
        }
        bench.plane.kubectl("delete", "pod", "stays", "dies");
        await(() -> ProcessHandle.of(stays).isEmpty());
    }

    private static long pid(Workbench bench, String pod) {
        return Long.parseLong(bench.logs(pod).lines().findFirst().orElseThrow().split(" ")[0]);
    }

    private void start(Workbench bench) throws IOException {
        TestPki pki = bench.plane.pki;
        Files.writeString(temporary.resolve("node.pem"), TestPki.pem(pki.node));
        Files.writeString(temporary.resolve("node-key.pem"), TestPki.pem(pki.nodeKey));
        Files.writeString(temporary.resolve("ca.pem"), TestPki.pem(pki.authority));
        Files.writeString(temporary.resolve("api-ca.pem"), bench.plane.authority());
        program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeProgram.class.getName(),
                        "restarted",
                        temporary.resolve("data").toString(),
                        Integer.toString(bench.plane.port),
                        temporary.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        temporary.resolve("node.log").toFile()))
                .start();
        await(() -> Files.readString(temporary.resolve("node.log")).contains("runs pods as processes"));
    }

    private void kill() throws Exception {
        Process running = java.util.Objects.requireNonNull(program);
        running.destroyForcibly().waitFor();
        Files.deleteIfExists(temporary.resolve("node.log"));
    }
}
