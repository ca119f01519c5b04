package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong before anything runs: each gives one clear message, a non-zero exit, and leaves nothing behind. */
@Tag("process")
class BadInputIT {
    @TempDir
    Path folder;

    private Command.Result gyro(Path home, String... arguments) {
        var command = new java.util.ArrayList<String>();
        command.add(Gyropilot.ROOT.resolve("gyro").toString());
        command.addAll(List.of(arguments));
        return Command.run(Map.of("GYROPILOT_HOME", home.toString(), "NO_COLOR", "1"), command);
    }

    private static void assertOneMessage(Command.Result result, String... parts) {
        result.failed();
        assertThat(result.err()).contains(parts).doesNotContain("\tat ").doesNotContain("Exception in thread");
    }

    @Test
    void aPortInUseIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Path home = folder.resolve("home");
            assertOneMessage(
                    gyro(home, "up", "--detach", "--api-port", port, "--gateway-port", "0"),
                    port,
                    "in use",
                    "--api-port");
            assertOneMessage(
                    gyro(home, "up", "--detach", "--api-port", "0", "--gateway-port", port),
                    port,
                    "in use",
                    "--gateway-port");
            assertThat(gyro(home, "status", "-o", "json").out()).contains("\"ready\" : false");
        }
    }

    @Test
    void aFolderThatIsNotOursIsLeftAlone() throws IOException {
        Path strange = Files.createDirectory(folder.resolve("strange"));
        Files.writeString(strange.resolve("thesis.txt"), "precious");
        assertOneMessage(gyro(strange, "up", "--detach"), strange.toString(), "thesis.txt", "GYROPILOT_HOME");
        assertThat(strange.toFile().list()).containsExactly("thesis.txt");
    }

    @Test
    void aDataDirectoryThatIsAFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertOneMessage(gyro(file, "up", "--detach"), file.toString(), "is a file");
    }

    @Test
    void aSecondUpIsRefusedAndHarmsNothing() {
        try (Gyropilot gyropilot = Gyropilot.fresh()) {
            gyropilot.up().succeeded();
            long pid = gyropilot.pid();
            assertOneMessage(gyropilot.gyro("up", "--detach"), "already runs", Long.toString(pid));
            assertThat(gyropilot.status().path("pid").asLong()).isEqualTo(pid);
            assertThat(gyropilot.status().path("ready").asBoolean()).isTrue();
        }
    }

    @Test
    void aDamagedDatabaseIsRefusedAndKept() throws IOException {
        Needs.embeddedApi();
        try (Gyropilot gyropilot = Gyropilot.fresh()) {
            gyropilot.up().succeeded();
            gyropilot.gyro("down").succeeded();
            Path database;
            try (var files = Files.walk(gyropilot.home())) {
                database = files.filter(f -> f.toString().contains("apiserver")
                                || f.toString().contains("state"))
                        .filter(f -> f.toString().endsWith(".db"))
                        .findFirst()
                        .orElseThrow();
            }
            byte[] bytes = Files.readAllBytes(database);
            for (int i = 0; i < Math.min(bytes.length, 8192); i++) {
                bytes[i] = (byte) (i * 31);
            }
            Files.write(database, bytes);
            assertOneMessage(gyropilot.up(), database.toString());
            assertThat(Files.readAllBytes(database)).isEqualTo(bytes);
        }
    }

    @Test
    void anUnknownCommandIsCorrected() {
        assertOneMessage(gyro(folder.resolve("home"), "stauts"), "stauts", "status");
        assertOneMessage(gyro(folder.resolve("home"), "up", "--api-prot", "1"), "--api-prot");
    }

    @Test
    void commandsSayThatNothingRuns() {
        for (String command : new String[] {"env", "get", "status"}) {
            var result = gyro(folder.resolve("none"), command).failed();
            assertThat(result.out() + result.err()).contains("not running").contains("gyro up");
        }
    }

    @Test
    void missingFilesAndUnknownFieldsAreNamed() throws IOException {
        try (Gyropilot gyropilot = Gyropilot.fresh()) {
            gyropilot.up().succeeded();
            assertOneMessage(gyropilot.gyro("deploy", "absent.yaml"), "absent.yaml", "no such file");
            assertOneMessage(
                    gyropilot.gyro("deploy", folder.resolve("absent.gguf").toString()), "absent.gguf");
            Path manifest = folder.resolve("service.yaml");
            Files.writeString(manifest, """
                    apiVersion: gyropilot.dev/v1alpha1
                    kind: ModelService
                    metadata: {name: typo}
                    spec: {model: {uri: "builtin://minilm"}, replicaz: 2}
                    """);
            assertOneMessage(gyropilot.gyro("deploy", manifest.toString()), "spec.replicaz");
            assertOneMessage(gyropilot.gyro("deploy", "nosuchmodel"), "nosuchmodel", "minilm");
            Files.writeString(manifest, "kind: [\n");
            assertOneMessage(gyropilot.gyro("deploy", manifest.toString()), "service.yaml");
        }
    }

    @Test
    void anOldJdkIsNamed() throws IOException {
        Path jdk = folder.resolve("old");
        Path bin = Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        Files.writeString(bin.resolve("java"), "#!/bin/sh\nexit 1\n");
        assertThat(bin.resolve("java").toFile().setExecutable(true)).isTrue();
        var result = Command.run(
                Map.of("JAVA_HOME", jdk.toString(), "GYROPILOT_JAVA_FOLDERS", jdk.toString(), "PATH", "/usr/bin:/bin"),
                List.of(Gyropilot.ROOT.resolve("gyro").toString(), "version"));
        assertOneMessage(result, "JDK 25", "17", "JAVA_HOME");
    }
}
