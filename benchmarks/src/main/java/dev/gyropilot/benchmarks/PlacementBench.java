package dev.gyropilot.benchmarks;

import dev.gyropilot.brain.placement.LabelSelector;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Requirement;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.SpreadConstraint;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.AttributeValue;
import dev.gyropilot.brain.placement.device.Capacity;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceClass;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Decisions per second of placement alone, one thread, on 5,000 nodes; the floors of kube-scheduler's CI beside it. */
final class PlacementBench {
    private static final String DRIVER = "gpu.example.com";
    private static final int DEVICES = 8;
    private static final int NODES = 5000;
    private final int nodes;
    private final List<Row> rows = new ArrayList<>();

    private PlacementBench(int nodes) {
        this.nodes = nodes;
    }

    static List<Row> run() {
        var bench = new PlacementBench(NODES);
        bench.work("plain", 10 * bench.nodes, 810, i -> shape(i % 10, List.of()), 0);
        bench.work("distinct-shapes", 2 * bench.nodes, 810, i -> shape(i, List.of()), 0);
        bench.work("spread", bench.nodes, 810, i -> shape(i % 10, List.of(spread(i % 10))), 0);
        bench.work("claims", 4 * bench.nodes, 17, i -> shape(i % 10, List.of()), 1);
        bench.work("partition-claims", 2 * bench.nodes, 3, i -> shape(i % 10, List.of()), 2);
        return bench.rows;
    }

    private static PodShape shape(int app, List<SpreadConstraint> spread) {
        var plain = PodShape.of(
                "default", Map.of("app", "a" + app), Map.of("cpu", 100L + app % 10 * 10L, "memory", 200L << 20));
        return new PodShape(
                plain.namespace(),
                plain.labels(),
                plain.requests(),
                plain.scoringCpuMillis(),
                plain.scoringMemoryBytes(),
                "",
                Map.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                spread,
                false);
    }

    private static SpreadConstraint spread(int app) {
        var own = new LabelSelector(List.of(new Requirement("app", Requirement.Operator.IN, List.of("a" + app))));
        return new SpreadConstraint(1, "zone", true, own, 1, true, false);
    }

    /** @param claims 0: none; 1: one whole device each; 2: one of seven partitions per device each */
    private void work(String name, int pods, double peer, IntFunction<PodShape> shapes, int claims) {
        System.err.println("placement: " + name + ", " + pods + " pods");
        // Once to warm up, once to measure.
        run(pods / 2, shapes, claims, new Histogram(3));
        var latency = new Histogram(3);
        long micros = run(pods, shapes, claims, latency);
        rows.add(new Row(
                "placement/" + name, pods * 1e6 / micros, "decisions/s", "kube-scheduler, floor of its CI", peer));
        rows.add(Row.alone("placement/" + name + "/p99", latency.getValueAtPercentile(99) / 1000.0, "us"));
    }

    private long run(int pods, IntFunction<PodShape> shapes, int claims, Histogram latency) {
        var placement = new Placement(1, new Allocator(Features.ALL, new CelSelectors()));
        Snapshot snapshot = world(claims);
        var canonical = new HashMap<PodShape, PodShape>();
        List<Pod> work = IntStream.range(0, pods)
                .mapToObj(i -> {
                    PodShape shape = canonical.computeIfAbsent(shapes.apply(i), s -> s);
                    return new Pod("p" + i, "p" + i, shape, 0, i, claims > 0 ? List.of("p" + i) : List.of(), List.of());
                })
                .toList();
        long start = System.nanoTime();
        for (Pod pod : work) {
            long from = System.nanoTime();
            if (claims > 0) {
                snapshot = snapshot.edit()
                        .devices(snapshot.devices().with(claim(pod.name())))
                        .build();
            }
            Verdict verdict = placement.decide(snapshot, pod);
            if (!(verdict instanceof Verdict.Placed placed)) {
                throw new IllegalStateException("pod " + pod.name() + " was not placed: " + verdict);
            }
            var edit = snapshot.edit().place(pod, placed.node());
            for (ClaimAllocation allocation : placed.allocations()) {
                Claim claim = edit.devices().claim("default", allocation.name()).orElseThrow();
                edit.devices(edit.devices().with(claim.allocated(allocation, Set.of(pod.uid()))));
            }
            snapshot = edit.build();
            latency.recordValue(System.nanoTime() - from);
        }
        return (System.nanoTime() - start) / 1000;
    }

    private Snapshot world(int claims) {
        var edit = Snapshot.EMPTY.edit();
        var devices = edit.devices()
                .with(new DeviceClass(
                        "gpu",
                        List.of("device.driver == '" + DRIVER + "' && device.attributes['" + DRIVER
                                + "'].model == 'H100'"),
                        List.of(),
                        Optional.empty()));
        for (int i = 0; i < nodes; i++) {
            String name = "node-" + i;
            edit.node(new Node(
                    name,
                    Map.of("zone", "z" + i % 10, "kubernetes.io/hostname", name),
                    List.of(),
                    false,
                    Map.of("cpu", 64_000L, "memory", 512L << 30, "pods", 110L)));
            if (claims == 1) {
                devices = devices.with(whole(name));
            } else if (claims == 2) {
                devices = devices.with(counters(name)).with(partitions(name));
            }
        }
        return edit.devices(devices).build();
    }

    private static Slice whole(String node) {
        var list = new ArrayList<Device>();
        for (int i = 0; i < DEVICES; i++) {
            list.add(Device.of(
                    "gpu-" + i, Map.of("model", AttributeValue.of("H100")), Map.of("memory", Capacity.of(80L << 30))));
        }
        return new Slice("s-" + node, new PoolId(DRIVER, node), 1, 1, new Scope.OnNode(node), list, List.of());
    }

    private static Slice counters(String node) {
        var sets = IntStream.range(0, DEVICES)
                .mapToObj(i -> new Slice.CounterSet("gpu-" + i, Map.of("memory", BigDecimal.valueOf(80))))
                .toList();
        return new Slice("c-" + node, new PoolId(DRIVER, node), 1, 2, new Scope.OnNode(node), List.of(), sets);
    }

    private static Slice partitions(String node) {
        var list = new ArrayList<Device>();
        for (int i = 0; i < DEVICES; i++) {
            for (int k = 0; k < 7; k++) {
                list.add(Device.of("gpu-" + i + "-" + k, Map.of("model", AttributeValue.of("H100")), Map.of())
                        .drawing(Map.of("gpu-" + i, Map.of("memory", BigDecimal.valueOf(k == 0 ? 80 : 10)))));
            }
        }
        return new Slice("s-" + node, new PoolId(DRIVER, node), 1, 2, new Scope.OnNode(node), list, List.of());
    }

    private static Claim claim(String name) {
        var ask = new Claim.Ask("", "gpu", List.of(), "ExactCount", 1, Optional.empty(), List.of(), Map.of());
        return new Claim(
                "default",
                name,
                name,
                List.of(new Claim.Request("gpu", false, List.of(ask))),
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                false);
    }
}
