package dev.gyropilot.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each command of docs/guide.md in one shell, from top to bottom, and records what it printed. With {@code
 * -Dguide.write=true} the page itself gets the recording, else it is written beside the build.
 */
@Tag("process")
class GuideIT {
    private static final String END = "__end_of_command__";

    @TempDir
    Path folder;

    @Test
    void everyCommandOfTheGuideWorks() throws Exception {
        Needs.program("kubectl");
        Needs.program("curl");
        Needs.program("bash");
        for (int port : new int[] {7443, 8080}) {
            Assumptions.assumeTrue(isFree(port), "left out: the guide's default port " + port + " is in use");
        }
        Path guide = Gyropilot.ROOT.resolve("docs/guide.md");
        Path home = folder.resolve("home").resolve(".gyropilot");
        ProcessBuilder builder = new ProcessBuilder("bash", "--noprofile", "--norc")
                .directory(Gyropilot.ROOT.toFile())
                .redirectErrorStream(true);
        builder.environment().put("GYROPILOT_HOME", home.toString());
        builder.environment().put("NO_COLOR", "1");
        builder.environment().remove("KUBECONFIG");
        Process shell = builder.start();
        List<String> recorded;
        List<String> failed = new ArrayList<>();
        try (Writer commands = shell.outputWriter(UTF_8);
                BufferedReader output = shell.inputReader(UTF_8)) {
            recorded = record(Files.readAllLines(guide), commands, output, home, failed);
        } finally {
            shell.destroy();
            Command.run(
                    java.util.Map.of("GYROPILOT_HOME", home.toString()),
                    List.of(Gyropilot.ROOT.resolve("gyro").toString(), "down"));
        }
        Path written = Boolean.getBoolean("guide.write") ? guide : Path.of("target", "guide.md");
        Files.createDirectories(written.toAbsolutePath().getParent());
        Files.write(written, recorded);
        assertThat(failed).isEmpty();
    }

    private static List<String> record(
            List<String> page, Writer commands, BufferedReader output, Path home, List<String> failed)
            throws IOException {
        List<String> result = new ArrayList<>();
        boolean inside = false;
        for (String line : page) {
            if (line.startsWith("```")) {
                inside = line.equals("```console");
                result.add(line);
            } else if (!inside) {
                result.add(line);
            } else if (line.startsWith("$ ")) {
                result.add(line);
                List<String> printed = new ArrayList<>();
                int code = run(line.substring(2), commands, output, printed);
                if (code != 0) {
                    failed.add(line + " ended with " + code + ":\n" + String.join("\n", printed));
                }
                printed.forEach(text -> result.add(anonymous(text, home)));
            }
        }
        return result;
    }

    private static int run(String command, Writer commands, BufferedReader output, List<String> printed)
            throws IOException {
        commands.write(command + "\ncode=$?; echo; echo " + END + " $code\n");
        commands.flush();
        while (true) {
            String line = output.readLine();
            if (line == null) {
                return -1;
            }
            if (line.startsWith(END)) {
                while (!printed.isEmpty() && printed.getLast().isBlank()) {
                    printed.removeLast();
                }
                return Integer.parseInt(line.substring(END.length()).strip());
            }
            printed.add(line);
        }
    }

    /** Without what is secret, or of this run only. */
    private static String anonymous(String text, Path home) {
        return text.replace(home.toString(), "~/.gyropilot")
                .replaceAll("gyro-[0-9a-f]{64}", "gyro-…")
                .stripTrailing();
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
