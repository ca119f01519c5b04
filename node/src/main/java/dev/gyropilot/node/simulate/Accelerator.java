package dev.gyropilot.node.simulate;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Products that can be simulated, with what their data sheets say.
 *
 * @see SimulationSpec
 */
public enum Accelerator {
    B200("NVIDIA B200", "Blackwell", 180, 24, 256, true),
    H200("NVIDIA H200", "Hopper", 141, 24, 256, true),
    H100("NVIDIA H100 80GB HBM3", "Hopper", 80, 24, 256, true),
    A100("NVIDIA A100-SXM4-80GB", "Ampere", 80, 12, 128, true),
    L40S("NVIDIA L40S", "Ada Lovelace", 48, 12, 96, false),
    L4("NVIDIA L4", "Ada Lovelace", 24, 12, 48, false),
    T4("Tesla T4", "Turing", 16, 8, 32, false),
    MI300X("AMD Instinct MI300X", "CDNA 3", 192, 24, 256, true);

    final String product;
    final String architecture;
    final int memoryGi;
    final int coresEach;
    final int hostMemoryGiEach;
    /** Whether all devices of a node are joined by NVLink, or by AMD's counterpart. */
    final boolean linked;

    Accelerator(
            String product, String architecture, int memoryGi, int coresEach, int hostMemoryGiEach, boolean linked) {
        this.product = product;
        this.architecture = architecture;
        this.memoryGi = memoryGi;
        this.coresEach = coresEach;
        this.hostMemoryGiEach = hostMemoryGiEach;
        this.linked = linked;
    }

    static Optional<Accelerator> find(String name) {
        return Arrays.stream(values())
                .filter(a -> a.name().equalsIgnoreCase(name))
                .findFirst();
    }

    static List<String> names() {
        return Arrays.stream(values()).map(Enum::name).toList();
    }

    String lowerName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
