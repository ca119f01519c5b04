package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.preemption.Candidates;
import dev.gyropilot.brain.placement.preemption.Plan;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Victim;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The smallest change that would place a job for which there is no room: so many more nodes of a kind that is there, or a
 * higher priority. Each is tried before it is named: the job is placed on the snapshot with the change made.
 */
public final class Remedies {
    private static final int KIND_LIMIT = 4;
    private static final int NODE_LIMIT = 1024;
    private static final int PRIORITY_LIMIT = 3;

    /** Larger gangs are not worth the time on the scheduler's thread. */
    private static final int POD_LIMIT = 512;

    private static final String HOST = "kubernetes.io/hostname";

    private final GangPlacement gangs;
    private final Preemptor preemptor;

    public Remedies(long seed, Allocator allocator) {
        gangs = new GangPlacement(seed, allocator);
        preemptor = new Preemptor(seed, allocator, gangs);
    }

    /**
     * A sentence that begins with " Remedy: "; empty when none of the changes tried would help.
     *
     * @param tree charged with the running work
     */
    public String of(Snapshot snapshot, QueueTree tree, Job job, Collection<Running> running) {
        if (job.group().allPods().size() > POD_LIMIT) {
            return "";
        }
        var parts = new ArrayList<String>();
        nodes(snapshot, job, parts);
        priority(snapshot, tree, job, running, parts);
        return parts.isEmpty() ? "" : " Remedy: " + String.join(", or ", parts) + ".";
    }

    private void nodes(Snapshot snapshot, Job job, List<String> parts) {
        var kinds = new LinkedHashMap<Object, Node>();
        for (Node node : snapshot.nodes()) {
            var labels = new HashMap<>(node.labels());
            labels.remove(HOST);
            kinds.putIfAbsent(List.of(labels, node.allocatable(), node.taints(), node.unschedulable()), node);
        }
        int fewest = NODE_LIMIT + 1;
        Node best = null;
        for (Node kind : kinds.values().stream().limit(KIND_LIMIT).toList()) {
            int count = count(snapshot, job, kind, fewest - 1);
            if (count < fewest) {
                fewest = count;
                best = kind;
            }
        }
        if (best != null) {
            parts.add(fewest + (fewest == 1 ? " more node" : " more nodes") + " like " + best.name());
        }
    }

    /** How many nodes of this kind the job lacks; more than the limit when they do not help. */
    private int count(Snapshot snapshot, Job job, Node kind, int limit) {
        int high = 1;
        while (high <= limit && !placed(snapshot, job, kind, high)) {
            high *= 2;
        }
        if (high > limit && !(limit > 0 && placed(snapshot, job, kind, limit))) {
            return NODE_LIMIT + 1;
        }
        high = Math.min(high, limit);
        int low = 1;
        while (low < high) {
            int middle = (low + high) / 2;
            if (placed(snapshot, job, kind, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return high;
    }

    private boolean placed(Snapshot snapshot, Job job, Node kind, int count) {
        var edit = snapshot.edit();
        Devices devices = edit.devices();
        List<Slice> slices = devices.slicesOf(kind.name());
        for (int i = 1; i <= count; i++) {
            String name = kind.name() + "+" + i;
            Map<String, String> labels = new HashMap<>(kind.labels());
            labels.replace(HOST, name);
            edit.node(new Node(name, labels, kind.taints(), kind.unschedulable(), kind.allocatable()));
            for (Slice slice : slices) {
                devices = devices.with(new Slice(
                        slice.name() + "+" + i,
                        new PoolId(slice.pool().driver(), slice.pool().pool() + "+" + i),
                        slice.generation(),
                        slice.sliceCount(),
                        new Scope.OnNode(name),
                        slice.devices(),
                        slice.sharedCounters()));
            }
        }
        return gangs.place(edit.devices(devices).build(), job.group()) instanceof GangVerdict.Placed;
    }

    private void priority(Snapshot snapshot, QueueTree tree, Job job, Collection<Running> running, List<String> parts) {
        var byId = new LinkedHashMap<String, Running>();
        var steps = new TreeSet<Integer>();
        for (Running work : running) {
            byId.put(work.id(), work);
            if (work.stoppable() && work.priority() >= job.priority()) {
                steps.add(work.priority());
            }
        }
        for (int step : steps.stream().limit(PRIORITY_LIMIT).toList()) {
            Job raised = new Job(
                    job.id(),
                    job.queue(),
                    step + 1,
                    job.createdMillis(),
                    job.group(),
                    job.demand(),
                    job.expectedMillis(),
                    job.stranded(),
                    true);
            var rights = new ReclaimRights(tree.copy(), raised, byId);
            var candidates = new Candidates(running.stream()
                    .map(work -> new Victim(
                            work.id(), work.pods(), Math.max(1, work.amount().deviceMillis())))
                    .filter(rights::allows)
                    .toList());
            if (!candidates.all().isEmpty()
                    && preemptor.plan(snapshot, job.group(), candidates, rights, Preemptor.STEP_LIMIT)
                            instanceof Plan.Stop) {
                parts.add("a priority of " + (step + 1) + " in place of " + job.priority());
                return;
            }
        }
    }
}
