package dev.gyropilot.node;

import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import io.fabric8.kubernetes.api.model.NodeSystemInfoBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What this machine has and is. */
final class Machine {
    static final String KUBELET_VERSION = "v1.36.4-gyropilot";
    /** Below these shares of what there is, the node is under pressure, as with a kubelet's defaults. */
    private static final double DISK_FREE_LEAST = 0.10;

    private static final long MEMORY_FREE_LEAST_BYTES = 100L << 20;
    private static final double PROCESSES_FREE_LEAST = 0.10;

    private final Path dataDirectory;

    Machine(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    Map<String, Quantity> capacity(int podLimit) throws IOException {
        var result = new LinkedHashMap<String, Quantity>();
        result.put("cpu", new Quantity(Integer.toString(Runtime.getRuntime().availableProcessors())));
        result.put("memory", new Quantity(totalMemoryBytes() / 1024 + "Ki"));
        result.put("ephemeral-storage", new Quantity(store().getTotalSpace() / 1024 + "Ki"));
        result.put("pods", new Quantity(Integer.toString(podLimit)));
        return result;
    }

    NodeSystemInfo info() {
        String boot = text("/proc/sys/kernel/random/boot_id").orElse("unknown");
        return new NodeSystemInfoBuilder()
                .withArchitecture(architecture())
                .withOperatingSystem(operatingSystem())
                .withKernelVersion(System.getProperty("os.version"))
                .withOsImage(osImage())
                .withMachineID(text("/etc/machine-id").orElse(boot))
                .withSystemUUID(text("/etc/machine-id").orElse(boot))
                .withBootID(boot)
                .withContainerRuntimeVersion("gyropilot://processes")
                .withKubeletVersion(KUBELET_VERSION)
                .withKubeProxyVersion("")
                .build();
    }

    boolean memoryPressure() {
        return meminfo("MemAvailable")
                .map(free -> free < MEMORY_FREE_LEAST_BYTES)
                .orElse(false);
    }

    boolean diskPressure() throws IOException {
        FileStore store = store();
        return store.getUsableSpace() < store.getTotalSpace() * DISK_FREE_LEAST;
    }

    boolean processPressure() {
        Optional<Long> limit = text("/proc/sys/kernel/pid_max").map(Long::valueOf);
        if (limit.isEmpty()) {
            return false;
        }
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            long running = entries.filter(
                            e -> Character.isDigit(e.getFileName().toString().charAt(0)))
                    .count();
            return limit.get() - running < limit.get() * PROCESSES_FREE_LEAST;
        } catch (IOException e) {
            return false;
        }
    }

    static String architecture() {
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            case String other -> other;
        };
    }

    static String operatingSystem() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return name.startsWith("mac") ? "darwin" : name.startsWith("linux") ? "linux" : "windows";
    }

    private FileStore store() throws IOException {
        return Files.getFileStore(dataDirectory);
    }

    private static long totalMemoryBytes() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getTotalMemorySize();
    }

    private static String osImage() {
        try (Stream<String> lines = Files.lines(Path.of("/etc/os-release"))) {
            return lines.filter(l -> l.startsWith("PRETTY_NAME="))
                    .map(l -> l.substring("PRETTY_NAME=".length()).replace("\"", ""))
                    .findFirst()
                    .orElse(System.getProperty("os.name"));
        } catch (IOException e) {
            return System.getProperty("os.name");
        }
    }

    private static Optional<Long> meminfo(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith(key + ":"))
                    .map(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(String file) {
        // The kernel gives a number of /proc/sys whole or not at all, so it must be read at once; Files.readString does
        // not.
        try (BufferedReader reader = Files.newBufferedReader(Path.of(file))) {
            return Optional.ofNullable(reader.readLine()).map(String::strip);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
