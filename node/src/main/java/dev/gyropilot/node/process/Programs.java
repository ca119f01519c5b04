package dev.gyropilot.node.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where programs are found: the search path of a container, and the small tools that the node itself uses. */
public final class Programs {
    /** The search path where the node's own environment has none. */
    static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Programs() {}

    /** The search path that containers inherit unless they set one. */
    public static String inheritedPath() {
        return System.getenv().getOrDefault("PATH", DEFAULT_PATH);
    }

    /** The executable that a command's first word means, looked up as a shell would. */
    public static Optional<Path> find(String program, Path workingDirectory, Map<String, String> environment) {
        if (program.contains("/")) {
            Path file = workingDirectory.resolve(program);
            return executable(file) ? Optional.of(file) : Optional.empty();
        }
        for (String folder : environment.getOrDefault("PATH", DEFAULT_PATH).split(":", -1)) {
            Path file = workingDirectory.resolve(folder).resolve(program);
            if (executable(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    /** A tool of the system, such as {@code setsid}. */
    static Optional<Path> tool(String name) {
        return find(name, Path.of("/"), Map.of("PATH", inheritedPath() + ":" + DEFAULT_PATH));
    }

    /** The words that put a command into a session of its own; empty where the system has no such tool. */
    static List<String> newSession() {
        return tool("setsid").map(Path::toString).map(List::of).orElse(List.of());
    }

    private static boolean executable(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
