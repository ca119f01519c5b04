package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.DeviceResource;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.packing.Costs;
import dev.gyropilot.brain.placement.packing.Mix;
import dev.gyropilot.brain.placement.packing.Need;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;

/**
 * What work is to be expected: more of what runs and waits. Needs no memory of its own, so that a scheduler that has just
 * started knows as much as one that ran for long.
 */
public final class ExpectedWork {
    /** With fewer pods than this there is nothing to learn from. */
    private static final int LEAST = 20;

    private ExpectedWork() {}

    /** What places cost such work: the snapshot's own costs when they hold still; {@link Costs#NONE} while there is too little. */
    public static Costs costs(Snapshot snapshot, Collection<Pod> waiting) {
        var needs = new ArrayList<Need>();
        var devices = new HashMap<String, Long>();
        for (Node node : snapshot.nodes()) {
            long count = snapshot.devices().countOn(node.name());
            for (var amount : node.allocatable().entrySet()) {
                count += DeviceResource.isWhole(amount.getKey()) ? amount.getValue() : 0;
            }
            if (count > 0) {
                devices.merge(DeviceResource.type(node), count, Long::sum);
                add(snapshot, snapshot.podsOn(node.name()), needs);
            }
        }
        add(snapshot, waiting, needs);
        return needs.size() < LEAST || devices.isEmpty()
                ? Costs.NONE
                : snapshot.costs().with(Mix.of(needs), devices);
    }

    private static void add(Snapshot snapshot, Collection<Pod> pods, List<Need> into) {
        for (Pod pod : pods) {
            long millis = Demand.of(snapshot.devices(), pod).deviceMillis();
            Need whole = DeviceResource.need(pod.shape(), (int) Math.min(millis / Need.WHOLE, 1024));
            into.add(
                    millis > 0 && millis < Need.WHOLE
                            ? new Need(whole.cpuMillis(), 0, 1, (int) millis, whole.types())
                            : whole);
        }
    }
}
