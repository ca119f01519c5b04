package dev.gyropilot.brain.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.AttributeValue;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceClass;
import dev.gyropilot.brain.placement.device.DeviceId;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random work on random clusters: nothing is ever given out twice, and the same seed gives the same history. */
class PlacementSim {
    private static final String DRIVER = "gpu.example.com";

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void neverOverAllocatesAndReplaysBitForBit(long seed) {
        List<String> first = new Run(seed).history();
        assertThat(new Run(seed).history()).isEqualTo(first);
        assertThat(first).anyMatch(line -> line.contains(" Placed"));
    }

    /** Caches must not change a verdict: a fresh brain decides like one that has seen everything before. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void rememberingChangesNothing(long seed) {
        var run = new Run(seed);
        run.checkFresh = true;
        run.history();
    }

    private static final class Run {
        private final Random random;
        private final Placement placement = brain();
        private final List<PodShape> shapes = new ArrayList<>();
        private final Map<String, String> nodeOf = new HashMap<>();
        private final Map<String, Pod> running = new HashMap<>();
        private final List<String> history = new ArrayList<>();
        private Snapshot snapshot;
        boolean checkFresh;

        Run(long seed) {
            random = new Random(seed);
            var edit = Snapshot.EMPTY.edit();
            var devices = edit.devices().with(new DeviceClass("gpu", List.of(), List.of(), Optional.empty()));
            int nodes = 3 + random.nextInt(150);
            for (int i = 0; i < nodes; i++) {
                String name = "n" + i;
                edit.node(new Node(
                        name,
                        Map.of("zone", "z" + i % 3, "kubernetes.io/hostname", name),
                        List.of(),
                        false,
                        Map.of(
                                "cpu",
                                2000L + random.nextInt(4) * 1000L,
                                "memory",
                                8L << 30,
                                "pods",
                                4L + random.nextInt(8))));
                if (i % 2 == 0) {
                    devices = devices.with(slice(name, 1 + random.nextInt(4)));
                }
            }
            snapshot = edit.devices(devices).build();
            for (int i = 0; i < 6; i++) {
                shapes.add(shape(i));
            }
        }

        private static Placement brain() {
            return new Placement(7, new Allocator(Features.ALL, new CelSelectors()));
        }

        private static Slice slice(String node, int count) {
            var devices = new ArrayList<Device>();
            for (int i = 0; i < count; i++) {
                devices.add(Device.of("gpu-" + i, Map.of("index", AttributeValue.of((long) i)), Map.of()));
            }
            return new Slice("s-" + node, new PoolId(DRIVER, node), 1, 1, new Scope.OnNode(node), devices, List.of());
        }

        private PodShape shape(int i) {
            var plain = PodShape.of(
                    "default",
                    Map.of("app", "a" + i),
                    Map.of("cpu", 200L + random.nextInt(8) * 200L, "memory", (long) (1 + random.nextInt(3)) << 30));
            var own = new LabelSelector(List.of(new Requirement("app", Requirement.Operator.IN, List.of("a" + i))));
            var term = new PodTerm(own, Set.of("default"), Optional.empty(), "kubernetes.io/hostname");
            return new PodShape(
                    plain.namespace(),
                    plain.labels(),
                    plain.requests(),
                    plain.scoringCpuMillis(),
                    plain.scoringMemoryBytes(),
                    "",
                    i == 1 ? Map.of("zone", "z1") : Map.of(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    i == 2 ? List.of(term) : List.of(),
                    i == 4 ? List.of(new Weighted<>(term, -50)) : List.of(),
                    i == 3 ? List.of(new SpreadConstraint(1, "zone", true, own, 1, true, false)) : List.of(),
                    false);
        }

        List<String> history() {
            for (int step = 0; step < 600; step++) {
                if (!running.isEmpty() && random.nextInt(4) == 0) {
                    end();
                } else {
                    arrive(step);
                }
                check();
            }
            return history;
        }

        private void arrive(int step) {
            PodShape shape = shapes.get(random.nextInt(shapes.size()));
            boolean claims = random.nextInt(3) == 0;
            String name = "p" + step;
            var pod = new Pod(name, name, shape, 0, step, claims ? List.of(name) : List.of(), List.of());
            if (claims) {
                snapshot = snapshot.edit()
                        .devices(snapshot.devices().with(claim(name, 1 + random.nextInt(2))))
                        .build();
            }
            Verdict verdict = placement.decide(snapshot, pod);
            if (checkFresh) {
                assertThat(verdict).isEqualTo(brain().decide(snapshot, pod));
            }
            history.add(name + " " + verdict);
            if (verdict instanceof Verdict.Placed placed) {
                var edit = snapshot.edit().place(pod, placed.node());
                for (ClaimAllocation allocation : placed.allocations()) {
                    Claim claim =
                            edit.devices().claim("default", allocation.name()).orElseThrow();
                    edit.devices(edit.devices().with(claim.allocated(allocation, Set.of(pod.uid()))));
                }
                snapshot = edit.build();
                running.put(name, pod);
                nodeOf.put(name, placed.node());
            } else if (claims) {
                snapshot = snapshot.edit()
                        .devices(snapshot.devices().withoutClaim("default", name))
                        .build();
            }
        }

        private void end() {
            var names = new ArrayList<>(running.keySet());
            names.sort(null);
            String name = names.get(random.nextInt(names.size()));
            Pod pod = Objects.requireNonNull(running.remove(name));
            var edit = snapshot.edit().withoutPod(Objects.requireNonNull(nodeOf.remove(name)), name);
            if (!pod.claims().isEmpty()) {
                edit.devices(edit.devices().withoutClaim("default", name));
            }
            snapshot = edit.build();
        }

        private static Claim claim(String name, long count) {
            var ask = new Claim.Ask("", "gpu", List.of(), "ExactCount", count, Optional.empty(), List.of(), Map.of());
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

        private void check() {
            var used = new HashMap<String, Map<String, Long>>();
            var antiAffine = new ArrayList<String>();
            running.forEach((name, pod) -> {
                var here = used.computeIfAbsent(nodeOf.get(name), n -> new HashMap<>());
                pod.shape().requests().forEach((resource, amount) -> here.merge(resource, amount, Long::sum));
                here.merge("pods", 1L, Long::sum);
                if (pod.shape().equals(shapes.get(2))) {
                    antiAffine.add(nodeOf.get(name));
                }
                for (String claim : pod.claims()) {
                    var results = snapshot.devices()
                            .claim("default", claim)
                            .orElseThrow()
                            .allocation()
                            .orElseThrow()
                            .results();
                    for (ClaimAllocation.Result result : results) {
                        DeviceId device = result.device();
                        assertThat(device.pool().pool()).isEqualTo(nodeOf.get(name));
                        assertThat(snapshot.devices().holders(device))
                                .as("%s", device)
                                .isEqualTo(1);
                    }
                }
            });
            assertThat(antiAffine).doesNotHaveDuplicates();
            used.forEach((node, amounts) -> amounts.forEach((resource, amount) -> {
                long allocatable =
                        snapshot.node(node).orElseThrow().allocatable().getOrDefault(resource, 0L);
                assertThat(amount).as(node + " " + resource).isLessThanOrEqualTo(allocatable);
                assertThat(snapshot.free(node, resource)).isEqualTo(allocatable - amount);
            }));
        }
    }
}
