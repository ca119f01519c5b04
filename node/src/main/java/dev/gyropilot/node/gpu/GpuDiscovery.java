package dev.gyropilot.node.gpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds GPUs where the kernel shows them: PCI devices of NVIDIA in sysfs, their names as the driver has them below {@code /proc},
 * and their memory by {@code nvidia-smi} where that is at hand. Needs no privileges; both folders are in every container.
 */
public final class GpuDiscovery {
    private static final String NVIDIA = "0x10de";
    /** The PCI class of display controllers, which those without a screen have too. */
    private static final String DISPLAY = "0x03";

    private final Path sys;
    private final Path proc;
    private final Supplier<String> tool;

    /** On this machine. */
    public GpuDiscovery() {
        this(Path.of("/sys"), Path.of("/proc"), NvidiaTool::query);
    }

    /** @param tool answers lines of bus address, name and memory in MiB, comma separated; empty when there is no such tool */
    GpuDiscovery(Path sys, Path proc, Supplier<String> tool) {
        this.sys = sys;
        this.proc = proc;
        this.tool = tool;
    }

    /** All GPUs, by their address; none when there are none or the kernel does not show them. */
    List<Gpu> find() {
        List<String> addresses = addresses();
        if (addresses.isEmpty()) {
            return List.of();
        }
        Map<String, String[]> told = told();
        return addresses.stream()
                .map(address -> {
                    String[] row = told.getOrDefault(address, new String[] {address, "", ""});
                    return new Gpu(address, row[1].isEmpty() ? driverName(address) : row[1], number(row[2]));
                })
                .toList();
    }

    private List<String> addresses() {
        try (Stream<Path> devices = Files.list(sys.resolve("bus/pci/devices"))) {
            return devices.filter(GpuDiscovery::isGpu)
                    .map(device -> device.getFileName().toString().toLowerCase(Locale.ROOT))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** A virtual function is a part of a GPU, and not one. */
    private static boolean isGpu(Path device) {
        return line(device.resolve("vendor")).filter(NVIDIA::equals).isPresent()
                && line(device.resolve("class"))
                        .filter(text -> text.startsWith(DISPLAY))
                        .isPresent()
                && !Files.exists(device.resolve("physfn"), LinkOption.NOFOLLOW_LINKS);
    }

    private String driverName(String address) {
        Path file = proc.resolve("driver/nvidia/gpus").resolve(address).resolve("information");
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(text -> text.startsWith("Model:"))
                    .map(text -> text.substring("Model:".length()).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    private Map<String, String[]> told() {
        Map<String, String[]> rows = new HashMap<>();
        tool.get()
                .lines()
                .map(text -> text.split("\\s*,\\s*"))
                .filter(row -> row.length == 3)
                .forEach(row -> {
                    // The tool writes the domain with eight digits, the kernel with four.
                    String address = row[0].strip().toLowerCase(Locale.ROOT).replaceFirst("^0000(?=[0-9a-f]{4}:)", "");
                    rows.put(address, row);
                });
        return rows;
    }

    private static OptionalLong number(String text) {
        String digits = text.strip();
        return digits.matches("[0-9]{1,12}") ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }

    private static Optional<String> line(Path file) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return Optional.ofNullable(reader.readLine()).map(String::strip);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
