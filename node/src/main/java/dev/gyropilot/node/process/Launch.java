package dev.gyropilot.node.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A program to start.
 *
 * @param command the program and its arguments, all expanded
 * @param environment the whole environment; nothing of the node's own is added
 * @param joinGroups the files of control groups into which the program enters before it begins
 * @param user whom it runs as; empty keeps the node's own user
 * @param paths puts real paths in the place of the container's own
 */
public record Launch(
        List<String> command,
        Map<String, String> environment,
        Path workingDirectory,
        List<Path> joinGroups,
        Optional<User> user,
        UnaryOperator<String> paths) {
    /** Shells drop variables with other names, so these travel by env(1). */
    private static final Pattern SHELL_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    public Launch {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        joinGroups = List.copyOf(joinGroups);
    }

    /** A numeric user and group. */
    public record User(long uid, long gid) {}

    /** The same program with another command, as exec and hooks need it. */
    public Launch withCommand(List<String> other) {
        return new Launch(other.stream().map(paths).toList(), environment, workingDirectory, joinGroups, user, paths);
    }

    /** The command with what must be done just before it: a session of its own, a user, odd variable names. */
    List<String> fullCommand() {
        var words = new ArrayList<>(Programs.newSession());
        words.addAll(commandInSession());
        return words;
    }

    /** The same without the new session. */
    List<String> commandInSession() {
        var words = new ArrayList<String>();
        user.ifPresent(u -> {
            words.add(Programs.tool("setpriv").map(Path::toString).orElse("setpriv"));
            words.add("--reuid=" + u.uid());
            words.add("--regid=" + u.gid());
            words.add("--clear-groups");
        });
        var odd = new ArrayList<String>();
        environment.forEach((name, value) -> {
            if (!SHELL_NAME.matcher(name).matches()) {
                odd.add(name + "=" + value);
            }
        });
        if (!odd.isEmpty()) {
            words.add(Programs.tool("env").map(Path::toString).orElse("env"));
            words.addAll(odd);
        }
        words.addAll(command);
        return words;
    }

    Map<String, String> shellEnvironment() {
        var result = new LinkedHashMap<String, String>();
        environment.forEach((name, value) -> {
            if (SHELL_NAME.matcher(name).matches()) {
                result.put(name, value);
            }
        });
        return result;
    }
}
