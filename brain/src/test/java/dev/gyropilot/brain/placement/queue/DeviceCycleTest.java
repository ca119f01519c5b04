package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.AttributeValue;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceClass;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The same rules where devices are claimed by dynamic resource allocation. */
class DeviceCycleTest {
    private static final String DRIVER = "gpu.example.com";
    private static final PodShape SHAPE = PodShape.of("default", Map.of(), Map.of("cpu", 100L));
    private final Cell cell = new Cell();

    private void node(String name, String rack, int devices) {
        cell.node(name, 0, rack);
        List<Device> list = IntStream.range(0, devices)
                .mapToObj(i -> Device.of("gpu-" + i, Map.of("model", AttributeValue.of("H100")), Map.of()))
                .toList();
        devices(new Slice(name, new PoolId(DRIVER, name), 1, 1, new Scope.OnNode(name), list, List.of()));
    }

    private void devices(Slice slice) {
        var edit = cell.snapshot.edit();
        edit.devices(edit.devices()
                .with(new DeviceClass("gpu", List.of("device.driver == '" + DRIVER + "'"), List.of(), Optional.empty()))
                .with(slice));
        cell.snapshot = edit.build();
    }

    /** A job of pods with a claim each for so many devices. */
    private Job job(String id, String queue, int priority, int pods, int count, Level... levels) {
        var members = new ArrayList<Pod>();
        var edit = cell.snapshot.edit();
        for (int i = 0; i < pods; i++) {
            String name = id + "-" + i;
            var ask = new Claim.Ask("", "gpu", List.of(), "ExactCount", count, Optional.empty(), List.of(), Map.of());
            edit.devices(edit.devices()
                    .with(new Claim(
                            "default",
                            name,
                            name,
                            List.of(new Claim.Request("gpu", false, List.of(ask))),
                            List.of(),
                            List.of(),
                            Optional.empty(),
                            Set.of(),
                            false)));
            members.add(new Pod(name, name, SHAPE, priority, cell.now, List.of(name), List.of()));
        }
        cell.snapshot = edit.build();
        Amount demand =
                members.stream().map(p -> Demand.of(cell.snapshot.devices(), p)).reduce(Amount.NONE, Amount::plus);
        var group = new Group(id, List.of(levels), Map.of(), members, List.of());
        return new Job(id, queue, priority, cell.now, group, demand, 0, false, true);
    }

    @Test
    void holdersOfClaimsAreStoppedForHigherPriorityOnAsManyNodesAsTheGangNeeds() {
        node("a", "r", 4);
        node("b", "r", 4);
        IntStream.range(0, 8).forEach(i -> cell.submit(job("low" + i, "", 0, 1, 1)));
        cell.settle();
        assertThat(cell.running).hasSize(8);

        cell.submit(job("gang", "", 10, 2, 3)).settle();
        assertThat(cell.running).containsKey("gang");
        assertThat(cell.stopped).hasSize(6);
    }

    @Test
    void aGangFillsAnIdleRackAndFailedAttemptsLeaveNothing() {
        for (int rack = 0; rack < 2; rack++) {
            for (int i = 0; i < 18; i++) {
                node("n" + rack + "-" + i, "r" + rack, 4);
            }
        }
        Level level = new Level(Cell.RACK, true);
        cell.submit(job("first", "", 0, 16, 4, level)).settle();
        cell.submit(job("large", "", 0, 19, 4, level)).settle();
        cell.submit(job("second", "", 0, 16, 4, level)).settle();
        assertThat(cell.running).containsOnlyKeys("first", "second");
        assertThat(rack("first")).isNotEqualTo(rack("second"));
        assertThat(cell.reason("large")).contains("no rack has room for all 19 pods of large");
        assertThat(cell.snapshot
                        .devices()
                        .claim("default", "large-0")
                        .orElseThrow()
                        .allocation())
                .isEmpty();
    }

    private String rack(String job) {
        return cell.snapshot
                .node(cell.runs(job).pods().getFirst().node())
                .orElseThrow()
                .labels()
                .getOrDefault(Cell.RACK, "");
    }

    @Test
    void partitionsCountAsTheirPartOfTheDevice() {
        cell.node("a", 0, "r").queue("q", "", 0, 1);
        var counters = new Slice.CounterSet("gpu-0", Map.of("memory", BigDecimal.valueOf(80)));
        PoolId pool = new PoolId(DRIVER, "a");
        devices(new Slice("c", pool, 1, 2, new Scope.OnNode("a"), List.of(), List.of(counters)));
        devices(new Slice("s", pool, 1, 2, new Scope.OnNode("a"), List.of(half("h0"), half("h1")), List.of()));

        cell.submit(job("one", "q", 0, 1, 1)).settle();
        Amount amount = Demand.of(
                cell.snapshot.devices(), cell.runs("one").pods().getFirst().pod());
        assertThat(amount.deviceMillis()).isEqualTo(500);
        assertThat(Demand.capacity(cell.snapshot).deviceMillis()).isEqualTo(1000);
    }

    private static Device half(String name) {
        return new Device(
                name,
                Map.of(),
                Map.of(),
                Map.of("gpu-0", Map.of("memory", BigDecimal.valueOf(40))),
                Map.of(),
                Optional.empty(),
                List.of(),
                false,
                List.of(),
                List.of(),
                false);
    }

    @Test
    void aRemedyCountsNodesWithTheirDevices() {
        node("a", "r", 4);
        Job job = job("gang", "", 0, 3, 4);
        assertThat(cell.remedy(job)).isEqualTo(" Remedy: 2 more nodes like a.");
    }

    @Test
    void placesKeptForAGangHoldItsDevices() {
        node("a", "r", 4);
        node("b", "r", 4);
        Job running = job("runs", "", 0, 1, 4);
        cell.submit(new Job("runs", "", 0, cell.now, running.group(), running.demand(), 100_000, false, true))
                .settle();
        Job head = job("head", "", 0, 2, 4);
        cell.submit(new Job("head", "", 0, cell.now, head.group(), head.demand(), 100_000, false, true))
                .settle();
        cell.submit(job("small", "", 0, 1, 1)).settle();
        assertThat(cell.running).containsOnlyKeys("runs");
        Snapshot before = cell.snapshot;
        cell.pass(100).settle();
        assertThat(cell.running).containsOnlyKeys("head");
        assertThat(before.nodes()).extracting(Node::name).containsExactlyInAnyOrder("a", "b");
    }
}
