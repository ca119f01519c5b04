package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.packing.Costs;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DevicePackingTest {
    private static final String GPU = "nvidia.com/gpu";

    private final Placement placement = new Placement(1, new Allocator(Features.ALL, new CelSelectors()));

    private static Node node(String name, long cpu, long gpus) {
        return new Node(
                name,
                Map.of(),
                List.of(),
                false,
                gpus == 0
                        ? Map.of("cpu", cpu, "memory", 512L << 30, "pods", 110L)
                        : Map.of("cpu", cpu, "memory", 512L << 30, "pods", 110L, GPU, gpus));
    }

    private static Snapshot cluster(Node... nodes) {
        var edit = Snapshot.EMPTY.edit();
        for (Node node : nodes) {
            edit.node(node);
        }
        return edit.build();
    }

    private static Pod pod(String name, long cpu, long gpus) {
        Map<String, Long> requests =
                gpus == 0 ? Map.of("cpu", cpu, "memory", 1L << 30) : Map.of("cpu", cpu, "memory", 1L << 30, GPU, gpus);
        return new Pod(name, name, PodShape.of("default", Map.of(), requests), 0, 0, List.of(), List.of());
    }

    private static List<Pod> pods(int count, long cpu, long gpus) {
        return IntStream.range(0, count)
                .mapToObj(i -> pod("expected-" + cpu + "-" + i, cpu, gpus))
                .toList();
    }

    private Verdict.Placed decide(Snapshot snapshot, Pod pod) {
        Verdict verdict = placement.decide(snapshot, pod);
        assertThat(verdict).isInstanceOf(Verdict.Placed.class);
        return (Verdict.Placed) verdict;
    }

    @Test
    void devicesArePackedAndCpuIsSpread() {
        Snapshot snapshot = cluster(node("a", 64_000, 8), node("b", 64_000, 8))
                .edit()
                .place(pod("first", 1000, 1), "b")
                .build();
        assertThat(decide(snapshot, pod("second", 1000, 1)).node()).isEqualTo("b");
        assertThat(decide(snapshot, pod("cpu", 1000, 0)).node()).isEqualTo("a");
    }

    @Test
    void cpuThatDevicesWillNeedIsLeftToThem() {
        Snapshot snapshot = cluster(node("gpus", 96_000, 8), node("plain", 32_000, 0));
        Pod cpu = pod("cpu", 16_000, 0);
        assertThat(decide(snapshot, cpu).node()).as("nothing is known yet").isEqualTo("gpus");
        Costs costs = ExpectedWork.costs(snapshot, pods(30, 12_000, 1));
        Verdict.Placed placed = decide(snapshot.edit().costs(costs).build(), cpu);
        assertThat(placed.node()).isEqualTo("plain");
    }

    @Test
    void setsThatAreExpectedStayWhole() {
        Snapshot snapshot = cluster(node("whole", 96_000, 8), node("rest", 96_000, 9))
                .edit()
                .place(pod("x", 1000, 2), "rest")
                .build();
        Costs costs = ExpectedWork.costs(snapshot, pods(30, 8_000, 8));
        Verdict.Placed placed = decide(snapshot.edit().costs(costs).build(), pod("one", 1000, 1));
        assertThat(placed.node()).isEqualTo("rest");
        assertThat(placed.terms()).extracting(Verdict.ScoreTerm::name).contains("DevicePacking");
    }

    @Test
    void costsThatHoldStillStayTheSame() {
        Snapshot snapshot = cluster(node("a", 64_000, 8));
        Costs costs = ExpectedWork.costs(snapshot, pods(30, 12_000, 1));
        Snapshot taught = snapshot.edit().costs(costs).build();
        assertThat(ExpectedWork.costs(taught, pods(30, 12_000, 1))).isSameAs(costs);
        assertThat(ExpectedWork.costs(taught, pods(30, 16_000, 1))).isNotSameAs(costs);
    }

    @Test
    void fewPodsTeachNothing() {
        Snapshot snapshot = cluster(node("a", 64_000, 8));
        assertThat(ExpectedWork.costs(snapshot, pods(5, 12_000, 1))).isSameAs(Costs.NONE);
        assertThat(ExpectedWork.costs(Snapshot.EMPTY, pods(50, 12_000, 1))).isSameAs(Costs.NONE);
    }
}
