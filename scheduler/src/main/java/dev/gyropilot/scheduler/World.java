package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.device.TaintRule;
import dev.gyropilot.brain.placement.packing.Costs;
import dev.gyropilot.brain.placement.queue.ExpectedWork;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler believes: the cluster as the informers show it, plus its own decisions that they do not show yet. Each
 * change says for which refused pods it may matter. Single-threaded.
 */
final class World {
    private static final Set<Cause> NOTHING = Set.of();
    private static final Set<Cause> EVERYTHING = Set.copyOf(EnumSet.allOf(Cause.class));
    private static final Set<Cause> SPACE = Set.of(Cause.RESOURCES, Cause.PORTS, Cause.PODS);

    private Snapshot snapshot = Snapshot.EMPTY;
    private Snapshot.@Nullable Builder edit;

    private final Map<String, Node> nodes = new HashMap<>();

    /** Where each placed pod is, by uid. */
    private final Map<String, Located> located = new HashMap<>();

    /** Pods on nodes that are not known, by node and uid. */
    private final Map<String, Map<String, Pod>> homeless = new HashMap<>();

    private final Claims claims = new Claims();
    private final TaintedSlices slices = new TaintedSlices();
    private final Jobs jobs = new Jobs();
    private Instant now = Instant.MIN;

    private record Located(Pod pod, String node) {}

    Jobs jobs() {
        return jobs;
    }

    /** The time of what follows. */
    void at(Instant time) {
        now = time;
    }

    Instant now() {
        return now;
    }

    Snapshot snapshot() {
        if (edit != null) {
            snapshot = edit.build();
            edit = null;
        }
        return snapshot;
    }

    Set<Cause> node(Node node) {
        if (node.equals(nodes.put(node.name(), node))) {
            return NOTHING;
        }
        edit().node(node);
        Map<String, Pod> waiting = homeless.remove(node.name());
        if (waiting != null) {
            waiting.values().forEach(pod -> edit().place(pod, node.name()));
        }
        return EVERYTHING;
    }

    Set<Cause> nodeGone(String name) {
        if (nodes.remove(name) == null) {
            return NOTHING;
        }
        List<Pod> left = snapshot().podsOn(name);
        edit().withoutNode(name);
        if (!left.isEmpty()) {
            var waiting = homeless.computeIfAbsent(name, n -> new HashMap<>());
            left.forEach(pod -> waiting.put(pod.uid(), pod));
        }
        return Set.of(Cause.PODS);
    }

    /** Learns from what runs and waits what places cost the work to come. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    void learn() {
        Costs costs = ExpectedWork.costs(snapshot(), jobs.waitingPods());
        if (costs != snapshot.costs()) {
            edit().costs(costs);
        }
    }

    boolean isPlaced(String uid) {
        return located.containsKey(uid);
    }

    /** A pod is on a node, by our decision or another's. */
    Set<Cause> placed(Pod pod, String node) {
        Located before = located.get(pod.uid());
        if (before != null && before.node.equals(node) && before.pod.shape().equals(pod.shape())) {
            return NOTHING;
        }
        if (before != null) {
            remove(before);
        }
        located.put(pod.uid(), new Located(pod, node));
        if (nodes.containsKey(node)) {
            edit().place(pod, node);
        } else {
            homeless.computeIfAbsent(node, n -> new HashMap<>()).put(pod.uid(), pod);
        }
        return before == null ? Set.of(Cause.PODS) : SPACE;
    }

    /** We have decided on a pod: it occupies its node, and its claims their devices, before the API knows. */
    Set<Cause> decided(Pod pod, Verdict.Placed placed) {
        devices(devices -> claims.assume(devices, pod, placed));
        return placed(placed.bound(pod), placed.node());
    }

    /** Whether the pod has to wait until the allocation of a claim that it shares is written. */
    boolean sharesUnwrittenClaim(Pod pod) {
        return claims.beingWritten(pod);
    }

    /** Whether the API shows all that was decided on claims and jobs. */
    boolean isQuiet() {
        return claims.isQuiet() && jobs.isQuiet();
    }

    /** These claims were written, and have this resource version now. */
    void written(Verdict.Placed placed, Map<String, Long> claimVersions) {
        devices(devices -> claims.written(devices, placed.allocations(), claimVersions));
    }

    /** A decision could not be carried out. */
    Set<Cause> undone(Pod pod, Verdict.Placed placed) {
        devices(devices -> claims.undo(devices, placed.allocations()));
        podGone(pod.uid());
        return EVERYTHING;
    }

    Set<Cause> claim(Claim claim, long version) {
        return devices(devices -> claims.seen(devices, claim, version));
    }

    Set<Cause> claimGone(String namespace, String name) {
        return devices(devices -> claims.gone(devices, namespace, name));
    }

    Iterable<Claim> claims() {
        return claims.all();
    }

    Set<Cause> slice(Slice slice, long nowMillis) {
        return devices(devices -> slices.slice(devices, slice, nowMillis));
    }

    /** What is wrong with slices of this pool and was not told before, by slice. */
    Map<String, String> newFlaws(PoolId pool) {
        Devices devices = edit == null ? snapshot.devices() : edit.devices();
        return slices.newFlaws(devices, pool);
    }

    Set<Cause> sliceGone(String name) {
        return devices(devices -> slices.sliceGone(devices, name));
    }

    Set<Cause> taintRule(String name, TaintRule rule) {
        return devices(devices -> slices.rule(devices, name, rule));
    }

    Set<Cause> taintRuleGone(String name) {
        return devices(devices -> slices.ruleGone(devices, name));
    }

    /** Whether pods may have to leave their devices. */
    boolean mayEvict() {
        return slices.evict();
    }

    /** Changes the devices; nothing that did not change can help anybody. */
    Set<Cause> devices(UnaryOperator<Devices> change) {
        Devices before = edit == null ? snapshot.devices() : edit.devices();
        Devices after = change.apply(before);
        if (after.equals(before)) {
            return NOTHING;
        }
        edit().devices(after);
        return Set.of(Cause.CLAIMS);
    }

    /** A pod no longer occupies its node. */
    Set<Cause> podGone(String uid) {
        Located before = located.remove(uid);
        if (before == null) {
            return NOTHING;
        }
        remove(before);
        return SPACE;
    }

    private void remove(Located pod) {
        Map<String, Pod> waiting = homeless.get(pod.node);
        if (waiting != null) {
            waiting.remove(pod.pod.uid());
            if (waiting.isEmpty()) {
                homeless.remove(pod.node);
            }
        }
        edit().withoutPod(pod.node, pod.pod.uid());
    }

    Set<Cause> namespace(String name, @Nullable Map<String, String> labels) {
        edit().namespace(name, labels);
        return Set.of(Cause.PODS);
    }

    private Snapshot.Builder edit() {
        if (edit == null) {
            edit = snapshot.edit();
        }
        return edit;
    }
}
