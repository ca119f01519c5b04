package dev.gyropilot.simulator.packing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.brain.placement.packing.Host;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.simulator.SimulatorException;
import dev.gyropilot.simulator.packing.PackingRun.Policy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackingRunTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path folder;

    /** Work of our own making on hosts of three kinds; not the traces, which are not ours to ship. */
    private static List<Need> work(long seed) {
        var random = new Random(seed);
        int[] shares = {200, 250, 400, 550, 700, 850};
        var result = new ArrayList<Need>();
        for (int i = 0; i < 800; i++) {
            int kind = random.nextInt(10);
            long cpu = 1000L * (1 + random.nextInt(16));
            if (kind < 2) {
                result.add(new Need(cpu * 2, GIB, 0, 0, Set.of()));
            } else if (kind < 6) {
                result.add(new Need(cpu, GIB, 1, shares[random.nextInt(shares.length)], Set.of()));
            } else if (kind < 9) {
                result.add(new Need(cpu, GIB, 1, 1000, random.nextInt(3) == 0 ? Set.of("b") : Set.of()));
            } else {
                result.add(new Need(cpu * 4, GIB, 4, 1000, Set.of()));
            }
        }
        return result;
    }

    private static List<Host> hosts() {
        var result = new ArrayList<Host>();
        for (int i = 0; i < 100; i++) {
            String name = String.format("n%03d", i);
            result.add(
                    i % 4 == 0
                            ? new Host(name, "b", 104_000, 400 * GIB, 2)
                            : new Host(name, i % 4 == 1 ? "c" : "a", 96_000, 400 * GIB, 8));
        }
        return result;
    }

    @Test
    void oursLeavesLessIdleThanTheOthers() {
        assertThat(at100(Policy.GYROPILOT)).isGreaterThan(at100(Policy.BEST_FIT));
        assertThat(at100(Policy.GYROPILOT)).isGreaterThan(at100(Policy.FGD));
        assertThat(at100(Policy.GYROPILOT_WITH_MOVES)).isGreaterThanOrEqualTo(at100(Policy.GYROPILOT));
    }

    private static double at100(Policy policy) {
        return LongStream.range(0, 3)
                .mapToDouble(seed -> PackingRun.run(hosts(), work(1), policy, seed)
                        .byArrived()
                        .get(100))
                .sum();
    }

    @Test
    void replayDecidesTheSame() {
        for (Policy policy : Policy.values()) {
            assertThat(PackingRun.run(hosts(), work(2), policy, 5))
                    .isEqualTo(PackingRun.run(hosts(), work(2), policy, 5));
        }
    }

    @Test
    void noMorePodsMoveThanAllowed() {
        PackingRun.Outcome outcome = PackingRun.run(hosts(), work(3), Policy.GYROPILOT_WITH_MOVES, 5);
        assertThat((double) outcome.moves()).isLessThanOrEqualTo(PackingRun.MOVED * outcome.running());
    }

    @Test
    void readsListsPlainAndCompressed() throws IOException {
        Files.writeString(
                folder.resolve("openb_node_list_gpu_node.csv"),
                "sn,cpu_milli,memory_mib,gpu,model\nn2,64000,262144,2,P100\nn1,96000,393216,8,G2\n");
        try (OutputStream out =
                new GZIPOutputStream(Files.newOutputStream(folder.resolve("openb_pod_list_own.csv.gz")))) {
            out.write("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\nb,4000,1,1,500,G2|P100\na,2000,1,0,0,\n"
                    .getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Openb.nodes(folder)).extracting(Host::name).containsExactly("n1", "n2");
        assertThat(Openb.lists(folder)).containsOnlyKeys("own");
        assertThat(Openb.pods(folder.resolve("openb_pod_list_own.csv.gz")))
                .containsExactly(
                        new Need(2000, 1 << 20, 0, 0, Set.of()), new Need(4000, 1 << 20, 1, 500, Set.of("G2", "P100")));
        assertThat(Openb.published(folder, "FGD")).isEmpty();
    }

    @Test
    void badFileIsNamedWithLineValueAndRemedy() throws IOException {
        Path list = folder.resolve("openb_pod_list_bad.csv");
        Files.writeString(list, "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,many,1,0,0\n");
        assertThatThrownBy(() -> Openb.pods(list))
                .isInstanceOf(SimulatorException.class)
                .hasMessageContaining("openb_pod_list_bad.csv, line 2: cpu_milli is \"many\"")
                .hasMessageContaining("Maybe");
        Files.writeString(list, "name,cpu\na,1\n");
        assertThatThrownBy(() -> Openb.pods(list)).hasMessageContaining("no column cpu_milli");
        assertThatThrownBy(() -> Openb.nodes(folder)).hasMessageContaining("openb_node_list_gpu_node.csv");
        assertThatThrownBy(() -> Openb.lists(folder.resolve("nowhere"))).hasMessageContaining("nowhere");
    }
}
