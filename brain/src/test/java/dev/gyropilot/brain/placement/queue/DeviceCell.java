package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.AttributeValue;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceClass;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** A {@link Cell} whose devices are claimed by dynamic resource allocation. */
final class DeviceCell {
    static final String DRIVER = "gpu.example.com";
    static final Map<String, Long> LITTLE = Map.of("cpu", 100L);

    /** Classes with the driver whose devices they are for. */
    private static final Map<String, String> CLASSES = Map.of("gpu", DRIVER, "channel", "channel.example.com");

    final Cell cell;

    DeviceCell() {
        this(new Allocator(Features.ALL, new CelSelectors()));
    }

    DeviceCell(Allocator allocator) {
        cell = new Cell(allocator);
    }

    /** A node with so many equal devices. */
    DeviceCell node(String name, String rack, int devices) {
        cell.node(name, 0, rack);
        return whole(
                name,
                DRIVER,
                IntStream.range(0, devices)
                        .mapToObj(i -> Device.of("gpu-" + i, Map.of("model", AttributeValue.of("H100")), Map.of()))
                        .toList());
    }

    /** Devices of a node that is there. */
    DeviceCell whole(String node, String driver, List<Device> devices) {
        return publish(new Slice(
                node + "-" + driver,
                new PoolId(driver, node),
                1,
                1,
                new Scope.OnNode(node),
                List.copyOf(devices),
                List.of()));
    }

    /** A node whose devices all draw on these sets of counters. */
    DeviceCell cut(String name, String rack, List<Slice.CounterSet> sets, List<Device> devices) {
        cell.node(name, 0, rack);
        var pool = new PoolId(DRIVER, name);
        return publish(new Slice(name + "-counters", pool, 1, 2, new Scope.OnNode(name), List.of(), sets))
                .publish(new Slice(name, pool, 1, 2, new Scope.OnNode(name), devices, List.of()));
    }

    /** A node with devices that are given whole or as two halves, the whole one first. */
    DeviceCell halves(String name, String rack, int count) {
        var sets = new ArrayList<Slice.CounterSet>();
        var devices = new ArrayList<Device>();
        for (int i = 0; i < count; i++) {
            sets.add(set("gpu-" + i, 80));
            devices.add(part("whole-" + i, "gpu-" + i, 80));
            devices.add(part("half-" + i + "-0", "gpu-" + i, 40));
            devices.add(part("half-" + i + "-1", "gpu-" + i, 40));
        }
        return cut(name, rack, sets, devices);
    }

    static Slice.CounterSet set(String name, long memory) {
        return new Slice.CounterSet(name, Map.of("memory", BigDecimal.valueOf(memory)));
    }

    /** A partition; selectors tell it by its {@code size}. */
    static Device part(String name, String set, long memory) {
        return Device.of(name, Map.of("size", AttributeValue.of(memory)), Map.of())
                .drawing(Map.of(set, Map.of("memory", BigDecimal.valueOf(memory))));
    }

    private DeviceCell publish(Slice slice) {
        var edit = cell.snapshot.edit();
        CLASSES.forEach((name, driver) -> edit.devices(edit.devices()
                .with(new DeviceClass(
                        name, List.of("device.driver == '" + driver + "'"), List.of(), Optional.empty()))));
        edit.devices(edit.devices().with(slice));
        cell.snapshot = edit.build();
        return this;
    }

    /** A job of pods with a claim each for so many devices. */
    Job job(String id, String queue, int priority, int pods, int count, Level... levels) {
        return job(id, queue, priority, pods, List.of(exactly("gpu", count, "true")), levels);
    }

    /** A job of pods with a claim of its own each for every one of the requests. */
    Job job(String id, String queue, int priority, int pods, List<Claim.Request> requests, Level... levels) {
        var members = new ArrayList<Pod>();
        for (int i = 0; i < pods; i++) {
            var names = new ArrayList<String>();
            for (int r = 0; r < requests.size(); r++) {
                String name = id + "-" + i + (r == 0 ? "" : "-" + r);
                claim(name, requests.get(r));
                names.add(name);
            }
            members.add(pod(id + "-" + i, priority, LITTLE, names));
        }
        return cell.job(id, queue, priority, members, levels);
    }

    Pod pod(String name, int priority, Map<String, Long> requests, List<String> claims) {
        PodShape shape = cell.pod(name, priority, requests).shape();
        return new Pod(name, name, shape, priority, cell.now, claims, List.of());
    }

    void claim(String name, Claim.Request... requests) {
        var edit = cell.snapshot.edit();
        edit.devices(edit.devices()
                .with(new Claim(
                        "default",
                        name,
                        name,
                        List.of(requests),
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        Set.of(),
                        false)));
        cell.snapshot = edit.build();
    }

    static Claim.Request exactly(String deviceClass, long count, String selector) {
        return new Claim.Request("gpu", false, List.of(ask("", deviceClass, count, selector, Map.of())));
    }

    /** A part of a device that several may share. */
    static Claim.Request share(long memory) {
        return new Claim.Request(
                "gpu", false, List.of(ask("", "gpu", 1, "true", Map.of("memory", BigDecimal.valueOf(memory)))));
    }

    /** Partitions of these sizes, the first that there is. */
    static Claim.Request firstAvailable(long... sizes) {
        var asks = new ArrayList<Claim.Ask>();
        for (long size : sizes) {
            asks.add(ask("size" + size, "gpu", 1, size(size), Map.of()));
        }
        return new Claim.Request("gpu", true, asks);
    }

    /** The selector of partitions of this size. */
    static String size(long size) {
        return "device.attributes['" + DRIVER + "'].size == " + size;
    }

    private static Claim.Ask ask(
            String name, String deviceClass, long count, String selector, Map<String, BigDecimal> capacity) {
        return new Claim.Ask(
                name,
                deviceClass,
                List.of(selector),
                "ExactCount",
                count,
                Optional.empty(),
                List.of(),
                new HashMap<>(capacity));
    }

    /** The devices that a claim has got; none while it has no allocation. */
    List<String> devices(String claim) {
        return cell.snapshot.devices().claim("default", claim).orElseThrow().allocation().stream()
                .flatMap(allocation -> allocation.results().stream())
                .map(ClaimAllocation.Result::device)
                .map(device -> device.device())
                .toList();
    }
}
