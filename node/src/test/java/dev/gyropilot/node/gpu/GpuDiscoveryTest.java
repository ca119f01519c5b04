package dev.gyropilot.node.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On trees as the kernel shows them. */
class GpuDiscoveryTest {
    private static final String H200 = "0000:65:00.0";
    private static final String SECOND = "0000:b1:00.0";

    @TempDir
    Path root;

    @BeforeEach
    void machine() throws IOException {
        Files.createDirectories(root.resolve("sys/bus/pci/devices"));
        device("0000:00:1f.0", "0x8086", "0x060100");
        device("0000:02:00.0", "0x1002", "0x030000");
        device("0000:65:00.1", "0x10de", "0x040300");
    }

    private Path device(String address, String vendor, String type) throws IOException {
        Path folder =
                Files.createDirectories(root.resolve("sys/bus/pci/devices").resolve(address));
        Files.writeString(folder.resolve("vendor"), vendor + "\n");
        Files.writeString(folder.resolve("class"), type + "\n");
        return folder;
    }

    private void driver(String address, String model) throws IOException {
        Path folder =
                Files.createDirectories(root.resolve("proc/driver/nvidia/gpus").resolve(address));
        Files.writeString(folder.resolve("information"), """
                Model: \t\t %s
                IRQ:   \t\t 236
                GPU UUID: \t GPU-00000000-0000-0000-0000-000000000000
                Bus Type: \t PCIe
                Bus Location: \t %s
                """.formatted(model, address));
    }

    private List<Gpu> find(String told) {
        return new GpuDiscovery(root.resolve("sys"), root.resolve("proc"), () -> told).find();
    }

    @Test
    void findsNoneWhereThereIsNone() {
        assertThat(find("")).isEmpty();
        assertThat(GpuLabels.of(find(""), false)).isEmpty();
        assertThat(new GpuDiscovery(root.resolve("absent"), root.resolve("absent"), () -> "").find())
                .isEmpty();
    }

    @Test
    void readsNamesFromTheDriverWithoutItsTool() throws IOException {
        device(H200, "0x10de", "0x030200");
        driver(H200, "NVIDIA H200");
        assertThat(find("")).containsExactly(new Gpu(H200, "NVIDIA H200", OptionalLong.empty()));
        assertThat(GpuLabels.of(find(""), false))
                .isEqualTo(Map.of(Names.LABEL_GPU_COUNT, "1", Names.LABEL_GPU_PRODUCT, "NVIDIA-H200"));
    }

    @Test
    void readsMemoryFromTheTool() throws IOException {
        device(H200, "0x10de", "0x030200");
        device(SECOND, "0x10de", "0x030200");
        List<Gpu> found = find("00000000:65:00.0, NVIDIA H200, 143771\n00000000:B1:00.0, NVIDIA H200, 143700\n");
        assertThat(found)
                .containsExactly(
                        new Gpu(H200, "NVIDIA H200", OptionalLong.of(143771)),
                        new Gpu(SECOND, "NVIDIA H200", OptionalLong.of(143700)));
        assertThat(GpuLabels.of(found, false))
                .isEqualTo(Map.of(
                        Names.LABEL_GPU_COUNT, "2",
                        Names.LABEL_GPU_PRODUCT, "NVIDIA-H200",
                        Names.LABEL_GPU_MEMORY, "143700"));
    }

    @Test
    void tellsOnlyTheNumberWithoutADriver() throws IOException {
        device(H200, "0x10de", "0x030000");
        assertThat(GpuLabels.of(find(""), false)).isEqualTo(Map.of(Names.LABEL_GPU_COUNT, "1"));
    }

    @Test
    void virtualFunctionsAreNoGpus() throws IOException {
        Path physical = device(H200, "0x10de", "0x030200");
        Path part = device("0000:65:00.4", "0x10de", "0x030200");
        Files.createSymbolicLink(part.resolve("physfn"), physical);
        assertThat(find("")).extracting(Gpu::address).containsExactly(H200);
    }

    @Test
    void differentProductsAreMixed() {
        List<Gpu> gpus = List.of(
                new Gpu(H200, "NVIDIA H200", OptionalLong.of(143771)),
                new Gpu(SECOND, "NVIDIA L4", OptionalLong.empty()));
        assertThat(GpuLabels.of(gpus, false))
                .isEqualTo(Map.of(Names.LABEL_GPU_COUNT, "2", Names.LABEL_GPU_PRODUCT, "mixed"));
        assertThat(GpuLabels.of(gpus, true)).as("a driver tells it").isEmpty();
    }
}
