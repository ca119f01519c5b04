package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.node.image.Image;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Which local programs stand for which images before a user adds any: our own engines, and the shell. */
final class LocalImages {
    private static final String ENGINES_MAIN = "dev.gyropilot.engines.Main";

    private LocalImages() {}

    static Map<String, Image> builtIn(Home home) {
        Image engines = new Image(
                engines(), List.of(), Map.of(Home.VARIABLE, home.directory().toString(), "ORT_DISABLE_TELEMETRY", "1"));
        return Map.of(Names.ENGINES_IMAGE, engines, "local/sh", Image.of(List.of("/bin/sh")));
    }

    /** The command that starts our engines: this program's own JVM and jars, of the jars only those that engines need. */
    static List<String> engines() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Path distribution = distribution();
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xms16m",
                "-Xss512k",
                "-XX:MinHeapFreeRatio=10",
                "-XX:MaxHeapFreeRatio=30",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath(distribution),
                ENGINES_MAIN));
        return List.copyOf(command);
    }

    private static Path distribution() {
        return Path.of(System.getProperty("gyropilot.root", "."), "target", "dist");
    }

    private static String classPath(Path distribution) {
        try {
            return Files.readString(distribution.resolve("engines.classpath")).strip();
        } catch (IOException e) {
            return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                    .map(entry -> Path.of(entry).toAbsolutePath().toString())
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** The machine's name as a DNS name, for the Node. */
    static String hostName() {
        try {
            String name = InetAddress.getLocalHost()
                    .getHostName()
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^a-z0-9.-]", "-")
                    .replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", "");
            return name.isEmpty() ? "laptop" : name;
        } catch (UnknownHostException e) {
            return "laptop";
        }
    }
}
