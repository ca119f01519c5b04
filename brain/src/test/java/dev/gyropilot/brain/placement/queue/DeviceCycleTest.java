package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Snapshot;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The same rules where devices are claimed by dynamic resource allocation. */
class DeviceCycleTest {
    private final DeviceCell devices = new DeviceCell();
    private final Cell cell = devices.cell;

    @Test
    @DisplayName("KEP-5690, website-54770: holders of claims are stopped on as many nodes as a gang needs")
    void holdersOfClaimsAreStoppedForHigherPriorityOnAsManyNodesAsTheGangNeeds() {
        devices.node("a", "r", 4);
        devices.node("b", "r", 4);
        IntStream.range(0, 8).forEach(i -> cell.submit(devices.job("low" + i, "", 0, 1, 1)));
        cell.settle();
        assertThat(cell.running).hasSize(8);

        cell.submit(devices.job("gang", "", 10, 2, 3)).settle();
        assertThat(cell.running).containsKey("gang");
        assertThat(cell.stopped).hasSize(6);
    }

    @Test
    void partitionsCountAsTheirPartOfTheDevice() {
        devices.halves("a", "r", 1);
        cell.queue("q", "", 0, 1);
        cell.submit(devices.job("one", "q", 0, 1, List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(40)))))
                .settle();
        Amount amount = Demand.of(
                cell.snapshot.devices(), cell.runs("one").pods().getFirst().pod());
        assertThat(amount.deviceMillis()).isEqualTo(500);
        assertThat(Demand.capacity(cell.snapshot).deviceMillis()).isEqualTo(1000);
    }

    @Test
    void aRemedyCountsNodesWithTheirDevices() {
        devices.node("a", "r", 4);
        Job job = devices.job("gang", "", 0, 3, 4);
        assertThat(cell.remedy(job)).isEqualTo(" Remedy: 2 more nodes like a.");
    }

    @Test
    void placesKeptForAGangHoldItsDevices() {
        devices.node("a", "r", 4);
        devices.node("b", "r", 4);
        Job running = devices.job("runs", "", 0, 1, 4);
        cell.submit(new Job("runs", "", 0, cell.now, running.group(), running.demand(), 100_000, false, true))
                .settle();
        Job head = devices.job("head", "", 0, 2, 4);
        cell.submit(new Job("head", "", 0, cell.now, head.group(), head.demand(), 100_000, false, true))
                .settle();
        cell.submit(devices.job("small", "", 0, 1, 1)).settle();
        assertThat(cell.running).containsOnlyKeys("runs");
        Snapshot before = cell.snapshot;
        cell.pass(100).settle();
        assertThat(cell.running).containsOnlyKeys("head");
        assertThat(before.nodes()).extracting(Node::name).containsExactlyInAnyOrder("a", "b");
    }
}
