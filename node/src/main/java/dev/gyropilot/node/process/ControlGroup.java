package dev.gyropilot.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One pod's or container's control group; with no folders it limits and measures nothing. */
public final class ControlGroup {
    private static final int REMOVE_ATTEMPTS = 50;
    private static final long REMOVE_PAUSE_NANOS = 10_000_000;

    private final boolean unified;
    private final Map<String, Path> folders;

    ControlGroup(boolean unified, Map<String, Path> folders) {
        this.unified = unified;
        this.folders = Map.copyOf(folders);
    }

    /** Files into which a process writes 0 to join. */
    public List<Path> joinFiles() {
        return folders.values().stream()
                .map(f -> f.resolve("cgroup.procs"))
                .sorted()
                .toList();
    }

    void limit(Limits limits) throws IOException {
        if (unified) {
            Path folder = folder("unified");
            write(folder, "cpu.weight", limits.weight());
            write(folder, "cpu.max", limits.cpuMax());
            write(
                    folder,
                    "memory.max",
                    limits.memoryBytes().isPresent() ? "" + limits.memoryBytes().getAsLong() : "max");
            write(
                    folder,
                    "pids.max",
                    limits.processes().isPresent() ? "" + limits.processes().getAsLong() : "max");
            return;
        }
        write(folder("cpu"), "cpu.shares", limits.shares());
        write(folder("cpu"), "cpu.cfs_quota_us", limits.quotaMicros());
        write(
                folder("memory"),
                "memory.limit_in_bytes",
                "" + limits.memoryBytes().orElse(-1));
        write(
                folder("pids"),
                "pids.max",
                limits.processes().isPresent() ? "" + limits.processes().getAsLong() : "max");
    }

    /** Lets groups below this one have limits of their own; version 1 needs nothing. */
    public void delegate() throws IOException {
        if (unified) {
            ControlGroups.delegate(Objects.requireNonNull(folders.get("unified")));
        }
    }

    /** How often the kernel ended a process of this group for want of memory. */
    public long memoryKills() {
        Path file = unified ? file("unified", "memory.events") : file("memory", "memory.oom_control");
        return value(file, "oom_kill").orElse(0);
    }

    /** Processor time used so far, in nanoseconds. */
    public OptionalLong cpuNanos() {
        if (unified) {
            OptionalLong micros = value(file("unified", "cpu.stat"), "usage_usec");
            return micros.isPresent() ? OptionalLong.of(micros.getAsLong() * 1000) : micros;
        }
        return number(file("cpuacct", "cpuacct.usage"));
    }

    /** Memory in use without the page cache that can be given back at once: the working set. */
    public OptionalLong memoryBytes() {
        OptionalLong all =
                number(unified ? file("unified", "memory.current") : file("memory", "memory.usage_in_bytes"));
        if (all.isEmpty()) {
            return all;
        }
        long idle = unified
                ? value(file("unified", "memory.stat"), "inactive_file").orElse(0)
                : value(file("memory", "memory.stat"), "total_inactive_file").orElse(0);
        return OptionalLong.of(Math.max(0, all.getAsLong() - idle));
    }

    /** Kills whatever is left in the group and removes it. */
    public void remove() {
        for (int attempt = 0;
                attempt < REMOVE_ATTEMPTS && folders.values().stream().anyMatch(Files::exists);
                attempt++) {
            kill();
            folders.values().forEach(ControlGroup::removeTree);
            if (attempt > 0) {
                // Killed processes take a moment to leave, and the kernel tells nobody when they have.
                LockSupport.parkNanos(REMOVE_PAUSE_NANOS);
            }
        }
    }

    /** Kills every process of the group. */
    public void kill() {
        for (Path folder : folders.values()) {
            for (long pid : pids(folder)) {
                Posix.kill(pid, Posix.SIGKILL);
            }
        }
    }

    private static List<Long> pids(Path folder) {
        var result = new ArrayList<Long>();
        try (Stream<Path> tree = Files.walk(folder, 2)) {
            for (Path file : tree.filter(f -> f.endsWith("cgroup.procs")).toList()) {
                Files.readAllLines(file).forEach(line -> result.add(Long.parseLong(line)));
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            return result;
        }
        return result;
    }

    private static void removeTree(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            children.filter(Files::isDirectory).forEach(ControlGroup::removeTree);
            Files.deleteIfExists(folder);
        } catch (IOException | java.io.UncheckedIOException e) {
            // A process is still leaving; the caller tries again.
            return;
        }
    }

    private @Nullable Path folder(String controller) {
        return folders.get(controller);
    }

    private @Nullable Path file(String controller, String name) {
        Path folder = folders.get(controller);
        return folder == null ? null : folder.resolve(name);
    }

    private static void write(@Nullable Path folder, String file, String value) throws IOException {
        if (folder != null) {
            Files.writeString(folder.resolve(file), value);
        }
    }

    private static OptionalLong number(@Nullable Path file) {
        try {
            return file == null
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseLong(Files.readString(file).strip()));
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    private static OptionalLong value(@Nullable Path file, String key) {
        if (file == null) {
            return OptionalLong.empty();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key + " "))
                    .mapToLong(line ->
                            Long.parseLong(line.substring(key.length() + 1).strip()))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return OptionalLong.empty();
        }
    }
}
