package dev.gyropilot.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's control groups, version 1 or 2, below one parent of ours. Where they cannot be written, {@link
 * #unavailable} says why and every group is an empty one that limits nothing.
 */
public final class ControlGroups {
    private static final Logger log = LoggerFactory.getLogger(ControlGroups.class);
    private static final List<String> CONTROLLERS = List.of("cpu", "cpuacct", "memory", "pids");

    private final boolean unified;
    private final Map<String, Path> parents;
    private final String unavailable;

    private ControlGroups(boolean unified, Map<String, Path> parents, String unavailable) {
        this.unified = unified;
        this.parents = parents;
        this.unavailable = unavailable;
    }

    /** Looks what the system has and makes the parent group. */
    public static ControlGroups detect(Path mount, String parentName) {
        try {
            return Files.exists(mount.resolve("cgroup.controllers"))
                    ? unified(mount, parentName)
                    : split(mount, parentName);
        } catch (IOException e) {
            return none("control groups under " + mount + " cannot be written (" + e.getMessage()
                    + "); run as root, or in a delegated scope (systemd-run --user --scope -p Delegate=yes)");
        }
    }

    /** No limits, and why. */
    public static ControlGroups none(String reason) {
        return new ControlGroups(false, Map.of(), reason);
    }

    /** Why limits are not enforced; empty when they are. */
    public String unavailable() {
        return unavailable;
    }

    /** Makes or finds the group with that path below ours and sets its limits. */
    public ControlGroup group(String path, Limits limits) throws IOException {
        var folders = new LinkedHashMap<String, Path>();
        for (var parent : parents.entrySet()) {
            Path folder = parent.getValue().resolve(path);
            Files.createDirectories(folder);
            folders.put(parent.getKey(), folder);
        }
        var group = new ControlGroup(unified, folders);
        group.limit(limits);
        return group;
    }

    /** The group with that path as it is, without making it. */
    public ControlGroup existing(String path) {
        var folders = new LinkedHashMap<String, Path>();
        parents.forEach((controller, parent) -> folders.put(controller, parent.resolve(path)));
        return new ControlGroup(unified, folders);
    }

    /** Removes our parent group, unless groups of pods that run on are still in it. */
    public void release() {
        for (Path parent : parents.values()) {
            try {
                Files.deleteIfExists(parent);
            } catch (IOException e) {
                log.debug("{} stays: {}", parent, e.toString());
            }
        }
    }

    private static ControlGroups unified(Path mount, String parentName) throws IOException {
        Path base = Files.isWritable(mount.resolve("cgroup.subtree_control"))
                ? mount
                : mount.resolve(own("0::").substring(1));
        delegate(base);
        Path parent = Files.createDirectories(base.resolve(parentName));
        delegate(parent);
        return new ControlGroups(true, Map.of("unified", parent), "");
    }

    static void delegate(Path group) throws IOException {
        Files.writeString(group.resolve("cgroup.subtree_control"), "+cpu +memory +pids");
    }

    private static ControlGroups split(Path mount, String parentName) throws IOException {
        var parents = new LinkedHashMap<String, Path>();
        var missing = new ArrayList<String>();
        for (String controller : CONTROLLERS) {
            Path root = mount.resolve(controller);
            Path own = root.resolve(own(":" + controller + ":").substring(1));
            Path base = Files.isDirectory(own) ? own : root;
            if (!Files.exists(root.resolve("cgroup.procs"))) {
                missing.add(controller);
                continue;
            }
            parents.put(controller, Files.createDirectories(base.resolve(parentName)));
        }
        if (parents.isEmpty()) {
            return none("there are no control groups under " + mount);
        }
        if (!missing.isEmpty()) {
            log.warn("control groups under {} lack {}: what they govern is not limited", mount, missing);
        }
        return new ControlGroups(false, parents, "");
    }

    /** The path of this process' own group, by the marker of its line in {@code /proc/self/cgroup}. */
    private static String own(String marker) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/cgroup"))) {
            return lines.filter(line -> line.contains(marker))
                    .map(line -> line.substring(line.indexOf(marker) + marker.length()))
                    .findFirst()
                    .orElse("/");
        }
    }
}
