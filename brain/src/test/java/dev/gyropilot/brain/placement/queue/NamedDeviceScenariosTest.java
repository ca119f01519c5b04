package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.Capacity;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    @DisplayName("KAI-1873: a count of devices that overflows is refused, and hides no other demand")
    void aCountThatOverflows() {
        devices.node("a", "r", 4);
        cell.queue("q", "", 4, 4);
        List<Claim.Request> endless = List.of(DeviceCell.exactly("gpu", Long.MAX_VALUE, "true"));
        Job bad = devices.job("bad", "q", 10, 1, endless);
        assertThat(bad.demand().deviceMillis()).isPositive();
        cell.submit(bad)
                .submit(devices.job("three", "q", 0, 1, 3))
                .submit(devices.job("two", "q", 0, 1, 2))
                .settle();
        assertThat(cell.running).hasSize(1);
        assertThat(cell.running).doesNotContainKey("bad");
    }

    @ParameterizedTest
    @DisplayName("k/k-138765: a gang of which each pod would take a whole device, or else a half, gets halves of one")
    @CsvSource({"1, 2", "1, 1", "2, 3", "2, 4", "4, 7", "8, 16"})
    void eachGetsAHalf(int wholes, int pods) {
        devices.halves("a", "r", wholes);
        cell.submit(devices.job("gang", "", 0, pods, List.of(DeviceCell.firstAvailable(80, 40))))
                .settle();
        assertThat(cell.running).containsOnlyKeys("gang");
        var halves = new ArrayList<String>();
        for (int i = 0; i < pods; i++) {
            halves.addAll(devices.devices("gang-" + i));
        }
        assertThat(halves).doesNotHaveDuplicates().hasSize(pods);
        assertThat(halves)
                .as("no more take a half than have to")
                .filteredOn(device -> device.startsWith("half"))
                .hasSize(2 * (pods - wholes));
        for (int i = 0; i < pods; i++) {
            assertThat(cell.snapshot
                            .devices()
                            .claim("default", "gang-" + i)
                            .orElseThrow()
                            .requests()
                            .getFirst()
                            .alternatives())
                    .as("the claim still says what it asked for")
                    .hasSize(2);
        }
    }

    @Test
    @DisplayName("k/k-138765: where not even halves do for all, the gang waits and holds nothing")
    void notEvenHalvesDo() {
        devices.halves("a", "r", 1);
        cell.submit(devices.job("gang", "", 0, 3, List.of(DeviceCell.firstAvailable(80, 40))))
                .settle();
        assertThat(cell.running).isEmpty();
        assertThat(cell.reason("gang")).contains("cannot allocate all claims");
        assertThat(devices.devices("gang-0")).isEmpty();
    }

    @Test
    @DisplayName("k/k-138765: pods that ask for any device get halves, although the driver lists the whole one first")
    void anyDeviceIsAHalfWhereItHasToBe() {
        devices.halves("a", "r", 1);
        cell.submit(devices.job("gang", "", 0, 2, 1)).settle();
        assertThat(cell.running).containsOnlyKeys("gang");
    }

    @Test
    @DisplayName("k/k-137617: a gang of two that share one unallocated claim runs")
    void aGangSharesAClaim() {
        devices.node("a", "r", 1);
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        cell.queue("q", "", 1, 1);
        List<Pod> pods = sharing("gang", DeviceCell.LITTLE).group().pods();
        cell.submit(cell.job("gang", "q", 0, pods)).settle();
        assertThat(cell.devices("q")).as("the shared device counts once").isEqualTo(1);
        assertThat(cell.running).containsOnlyKeys("gang");
        assertThat(devices.devices("shared")).containsExactly("gpu-0");
    }

    @Test
    @DisplayName("k/k-137617: the shared claim gets a device where there is room for both")
    void aGangSharesAClaimWhereThereIsRoom() {
        devices.node("a", "r", 1).node("b", "r", 1).node("c", "r", 1);
        // The fullest node is taken first, and has room for one only.
        for (String full : List.of("a", "c")) {
            var edit = cell.snapshot.edit();
            cell.snapshot = edit.place(cell.pod("on-" + full, 0, Map.of("cpu", 40_000L)), full)
                    .build();
        }
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        cell.submit(sharing("gang", Map.of("cpu", 20_000L))).settle();
        assertThat(cell.running).containsOnlyKeys("gang");
        assertThat(cell.runs("gang").pods()).extracting(pod -> pod.node()).containsExactly("b", "b");
    }

    @Test
    @DisplayName(
            "k/k-137617: a gang that shares a claim is not judged by one of the same shape that needs a device for each pod")
    void aGangThatSharesIsNotLikeOneThatDoesNot() {
        devices.node("a", "r", 1);
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        cell.submit(devices.job("apart", "", 10, 2, 1))
                .submit(sharing("gang", DeviceCell.LITTLE))
                .settle();
        assertThat(cell.running).containsOnlyKeys("gang");
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
            "k/k-133669: of a large and a small partition that would both do the small one is taken, if that is wanted")
    void theSmallestThatWillDo() {
        var thrifty = new DeviceCell(new Allocator(Features.ALL, new CelSelectors()).thrifty());
        thrifty.halves("a", "r", 2);
        thrifty.cell.submit(thrifty.job("one", "", 0, 1, 1)).settle();
        thrifty.cell.submit(thrifty.job("two", "", 0, 1, 1)).settle();
        assertThat(thrifty.devices("one-0")).containsExactly("half-0-0");
        assertThat(thrifty.devices("two-0")).as("not of a device that is whole").containsExactly("half-0-1");
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
            "KEP-5690: a gang of lower priority whose pods share a claim gives its device back when all of it is stopped")
    void aSharedClaimIsGivenBack() {
        devices.node("a", "r", 1);
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        cell.submit(sharing("gang", DeviceCell.LITTLE)).settle();
        cell.submit(devices.job("high", "", 10, 1, 1)).settle();
        assertThat(cell.stopped).containsExactly("gang");
        assertThat(cell.running).containsOnlyKeys("high");
    }

    @Test
    @DisplayName(
            "KEP-5690: a pod that shares its claim with another is not stopped for a device that the other holds on to")
    void whoSharesIsNotStoppedInVain() {
        devices.node("a", "r", 1);
        devices.claim("shared", DeviceCell.exactly("gpu", 1, "true"));
        List<Pod> pods = sharing("pair", DeviceCell.LITTLE).group().pods();
        cell.submit(cell.job("low", "", 0, List.of(pods.getFirst()))).settle();
        cell.submit(cell.job("kept", "", 20, List.of(pods.getLast()))).settle();
        assertThat(cell.running).containsOnlyKeys("low", "kept");
        cell.submit(devices.job("high", "", 10, 1, 1)).settle();
        assertThat(cell.stopped).isEmpty();
        assertThat(cell.reason("high")).contains("cannot allocate all claims");
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
            "KAI-45, KAI-1316, KAI-1364: a GPU is shared only where its driver says that it may be, and within its capacity")
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

    @Test
    @DisplayName(
            "dra-driver-nvidia-gpu-933: small partitions go where they leave large ones possible, if that is wanted")
    void largePartitionsStayPossible() {
        var thrifty = new DeviceCell(new Allocator(Features.ALL, new CelSelectors()).thrifty());
        var places = new ArrayList<Device>();
        IntStream.range(0, 8).forEach(i -> places.add(placed("one-" + i, 1, i)));
        IntStream.of(0, 4).forEach(i -> places.add(placed("four-" + i, 4, i)));
        thrifty.cut("a", "r", List.of(new Slice.CounterSet("gpu-0", slots(0, 8))), places);
        List<Claim.Request> one = List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(1)));
        for (int i = 0; i < 8; i++) {
            thrifty.cell.submit(thrifty.job("one" + i, "", 0, 1, one)).settle();
        }
        assertThat(thrifty.cell.running).hasSize(8);
        // All but one in the second half are freed.
        String stays = IntStream.range(0, 8)
                .mapToObj(i -> "one" + i)
                .filter(id -> thrifty.devices(id + "-0").equals(List.of("one-5")))
                .findFirst()
                .orElseThrow();
        List.copyOf(thrifty.cell.running.keySet()).stream()
                .filter(id -> !id.equals(stays))
                .forEach(thrifty.cell::end);
        thrifty.cell.submit(thrifty.job("again", "", 0, 1, one)).settle();
        thrifty.cell
                .submit(thrifty.job("large", "", 0, 1, List.of(DeviceCell.exactly("gpu", 1, DeviceCell.size(4)))))
                .settle();
        assertThat(thrifty.cell.running).containsOnlyKeys(stays, "again", "large");
    }

    /** A partition of so many slots from this one on. */
    private static Device placed(String name, int size, int from) {
        return DeviceCell.part(name, "gpu-0", size).drawing(Map.of("gpu-0", slots(from, from + size)));
    }

    /** Counters of which there is one each. */
    private static Map<String, BigDecimal> slots(int from, int to) {
        var slots = new HashMap<String, BigDecimal>();
        IntStream.range(from, to).forEach(i -> slots.put("slot-" + i, BigDecimal.ONE));
        return slots;
    }
}
