package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.device.Capacity;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Troubles with claimed devices that users of Kubernetes and of other schedulers reported, each named by its issue. Those that
 * concern the search for devices on one node are among the cases of {@code resources/devices} and in SearchEffortTest, under the
 * same kind of name; {@code grep} for the issue finds it.
 */
class NamedDeviceScenariosTest {
    private static final Level RACK = new Level(Cell.RACK, true);
    private final DeviceCell devices = new DeviceCell();
    private final Cell cell = devices.cell;

    @Test
    @DisplayName("KAI-1217, KAI-577: a second gang of 16 pods with devices and a channel each binds on the idle rack")
    void aGangFillsTheIdleRack() {
        for (int rack = 0; rack < 2; rack++) {
            for (int i = 0; i < 18; i++) {
                String node = "n" + rack + "-" + i;
                devices.node(node, "r" + rack, 4)
                        .whole(node, "channel.example.com", List.of(Device.of("channel-0", Map.of(), Map.of())));
            }
        }
        List<Claim.Request> four =
                List.of(DeviceCell.exactly("gpu", 4, "true"), DeviceCell.exactly("channel", 1, "true"));
        cell.submit(devices.job("first", "", 0, 16, four, RACK)).settle();
        cell.submit(devices.job("large", "", 0, 19, four, RACK)).settle();
        cell.submit(devices.job("second", "", 0, 16, four, RACK)).settle();
        assertThat(cell.running).containsOnlyKeys("first", "second");
        assertThat(cell.reason("large")).contains("no rack has room for all 19 pods of large");
        assertThat(IntStream.range(0, 19).boxed().flatMap(i -> List.of("large-" + i, "large-" + i + "-1").stream()))
                .as("failed attempts leave nothing behind")
                .allSatisfy(claim -> assertThat(devices.devices(claim)).isEmpty());
        assertThat(rackOf("first")).isNotEqualTo(rackOf("second"));
    }

    private String rackOf(String job) {
        return cell.snapshot
                .node(cell.runs(job).pods().getFirst().node())
                .orElseThrow()
                .labels()
                .getOrDefault(Cell.RACK, "");
    }

    @Test
    @DisplayName("KAI-987: partitions count as their part of a device before they are allocated, too")
    void partitionsCountBeforeTheyAreAllocated() {
        devices.halves("a", "r", 2);
        cell.queue("q", "", 1, 1);
        List<Claim.Request> half = List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(40)));
        IntStream.range(0, 3).forEach(i -> cell.submit(devices.job("half" + i, "q", 0, 1, half)));
        cell.settle();
        assertThat(cell.running).hasSize(2);
        assertThat(cell.devices("q")).isEqualTo(1);
        assertThat(cell.why("half2")).isEqualTo(Decision.Why.QUOTA);
    }

    @Test
    @DisplayName("k/k-137617: a gang of two that share one unallocated claim runs")
    void aGangSharesAClaim() {
        devices.node("a", "r", 1);
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        cell.submit(sharing("gang", Map.of("cpu", 100L))).settle();
        assertThat(cell.running).containsOnlyKeys("gang");
        assertThat(devices.devices("shared")).containsExactly("gpu-0");
    }

    private Job sharing(String id, Map<String, Long> requests) {
        List<Pod> pods = IntStream.range(0, 2)
                .mapToObj(i -> devices.pod(id + "-" + i, 0, requests, List.of("shared")))
                .toList();
        return cell.job(id, "", 0, pods);
    }

    @Test
    @DisplayName(
            "k/k-133669, Volcano-5713: who asks for a small partition goes to the node whose device is cut already")
    void partitionsCountInScoring() {
        devices.halves("a", "r", 1).halves("b", "r", 1).halves("c", "r", 1);
        List<Claim.Request> half = List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(40)));
        cell.submit(devices.job("first", "", 0, 1, half)).settle();
        String cut = cell.runs("first").pods().getFirst().node();
        // The others are fuller but for their devices.
        for (String node : List.of("a", "b", "c")) {
            if (!node.equals(cut)) {
                var edit = cell.snapshot.edit();
                cell.snapshot = edit.place(cell.pod("on-" + node, 0, Map.of("cpu", 20_000L)), node)
                        .build();
            }
        }
        cell.submit(devices.job("second", "", 0, 1, half)).settle();
        assertThat(cell.runs("second").pods()).extracting(pod -> pod.node()).containsExactly(cut);
    }

    @Test
    @DisplayName(
            "KEP-5690, website-54770: a pod of higher priority with a claim takes a device that lower priority holds")
    void aClaimHolderIsPreempted() {
        devices.node("a", "r", 2);
        cell.submit(devices.job("low", "", 0, 1, 1))
                .submit(devices.job("lower", "", -10, 1, 1))
                .settle();
        cell.submit(devices.job("high", "", 10, 1, 1)).settle();
        assertThat(cell.stopped).containsExactly("lower");
        assertThat(cell.running).containsOnlyKeys("low", "high");
    }

    @Test
    @DisplayName(
            "Volcano-4863: a fraction of a GPU is taken back from fractions of lower priority, no more than needed")
    void fractionsArePreempted() {
        cell.node("a", 0, "r");
        devices.whole(
                "a",
                DeviceCell.DRIVER,
                List.of(Device.of("gpu-0", Map.of(), Map.of("memory", Capacity.of(80)))
                        .shared()));
        IntStream.range(0, 4)
                .forEach(i -> cell.submit(devices.job("low" + i, "", 0, 1, List.of(DeviceCell.share(20)))));
        cell.settle();
        assertThat(cell.running).hasSize(4);
        cell.submit(devices.job("high", "", 10, 1, List.of(DeviceCell.share(40))))
                .settle();
        assertThat(cell.stopped).hasSize(2);
        assertThat(cell.running).hasSize(3).containsKey("high");
    }

    @Test
    @DisplayName(
            "KAI-45, KAI-1316, KAI-1364: a GPU is shared only if its driver can keep the users apart, within its capacity")
    void onlySharableDevicesAreShared() {
        cell.node("a", 0, "r");
        devices.whole(
                "a",
                DeviceCell.DRIVER,
                List.of(
                        Device.of("exclusive", Map.of(), Map.of("memory", Capacity.of(80))),
                        Device.of("sharable", Map.of(), Map.of("memory", Capacity.of(80)))
                                .shared()));
        IntStream.range(0, 4)
                .forEach(i -> cell.submit(devices.job("half" + i, "", 0, 1, List.of(DeviceCell.share(40)))));
        cell.settle();
        assertThat(cell.running).hasSize(3);
        assertThat(List.of("half0-0", "half1-0", "half2-0", "half3-0").stream()
                        .flatMap(claim -> devices.devices(claim).stream()))
                .containsExactlyInAnyOrder("exclusive", "sharable", "sharable");
    }

    @Test
    @DisplayName(
            "HAMi-1054: what fits only after a device was cut anew waits until its parts are free, and is then given")
    void whatNeedsAnotherCutWaits() {
        devices.halves("a", "r", 1);
        List<Claim.Request> half = List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(40)));
        cell.submit(devices.job("half", "", 0, 1, half)).settle();
        cell.submit(devices.job("whole", "", 0, 1, List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(80)))))
                .settle();
        assertThat(cell.reason("whole")).contains("cannot allocate all claims");
        cell.end("half");
        cell.settle();
        assertThat(devices.devices("whole-0")).containsExactly("whole-0");
    }

    @Test
    @DisplayName("HAMi-2750: of two pods that race for one instance one gets it, as it is taken with the decision")
    void oneInstanceForOnePod() {
        devices.halves("a", "r", 1);
        List<Claim.Request> half = List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(40)));
        cell.submit(devices.job("holds", "", 0, 1, half)).settle();
        cell.submit(devices.job("one", "", 0, 1, half)).submit(devices.job("two", "", 0, 1, half));
        assertThat(cell.step().decisions())
                .filteredOn(decision -> decision instanceof Decision.Start)
                .hasSize(1);
        assertThat(devices.devices("one-0")).containsExactly("half-0-1");
        assertThat(devices.devices("two-0")).isEmpty();
    }

    @Test
    @DisplayName("HAMi-2403: a pod that asks for two instances gets two distinct ones, on the same GPU if need be")
    void twoInstancesOfOneDevice() {
        devices.halves("a", "r", 1);
        cell.submit(devices.job("pod", "", 0, 1, List.of(DeviceCell.exactly("gpu", 2, DeviceCell.size(40)))))
                .settle();
        assertThat(devices.devices("pod-0")).containsExactly("half-0-0", "half-0-1");
    }
}
