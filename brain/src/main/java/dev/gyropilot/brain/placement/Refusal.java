package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.ClaimSet;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Finds out why no node can take a pod: on each node the first rule that forbids, in kube-scheduler's order and words. */
final class Refusal {
    private final Snapshot snapshot;
    private final PodShape shape;
    private final ShapeMemo memo;
    private final ResourceScore score;
    private final TopologyRules rules;
    private final Map<Integer, String> deviceReasons = new HashMap<>();
    private ClaimSet claims = ClaimSet.NONE;
    private final Map<String, Integer> reasons = new TreeMap<>();
    /** By column; and how many nodes have too little of it. */
    private final long[] requests;

    private final int[] lacking;

    /** What no node has, and on how many it was missed. */
    private final Map<String, Long> unknown = new TreeMap<>();

    private int lackingUnknown;

    private final Set<Cause> causes = EnumSet.noneOf(Cause.class);
    private Verdict.@Nullable Remedy remedy;
    private double remedyCost = Double.POSITIVE_INFINITY;

    Refusal(Snapshot snapshot, PodShape shape, ShapeMemo memo, ResourceScore score, TopologyRules rules) {
        this.snapshot = snapshot;
        this.shape = shape;
        this.memo = memo;
        this.score = score;
        this.rules = rules;
        requests = new long[snapshot.resources.size()];
        lacking = new int[requests.length];
        for (int r = 0; r < requests.length; r++) {
            requests[r] = Resources.request(shape, r, snapshot.resources);
        }
        shape.requests().forEach((resource, amount) -> {
            if (amount > 0 && !snapshot.resources.contains(resource)) {
                unknown.put(resource, amount);
            }
        });
    }

    void noDevices(int at, String reason) {
        deviceReasons.put(at, reason);
    }

    Refusal claims(ClaimSet set) {
        claims = set;
        return this;
    }

    Verdict verdict() {
        causes.add(Cause.NODE);
        for (int b = 0; b < snapshot.blocks.length; b++) {
            NodeBlock block = snapshot.blocks[b];
            long fits = score.fitting(block);
            for (long rest = block.nodes.present; rest != 0; rest &= rest - 1) {
                explain(b, Long.numberOfTrailingZeros(rest), fits);
            }
        }
        countResources();
        return new Verdict.Unplaceable(
                snapshot.nodeCount(),
                Collections.unmodifiableMap(reasons),
                Collections.unmodifiableSet(causes),
                Optional.ofNullable(remedy));
    }

    private void explain(int b, int slot, long fits) {
        NodeBlock block = snapshot.blocks[b];
        long bit = 1L << slot;
        String fixed = memo.fixed(b).reasons[slot];
        if (fixed != null) {
            add(fixed, Cause.NODE);
        } else if (HostPorts.filter(shape, block, bit) == 0) {
            add(HostPorts.TAKEN, Cause.PORTS);
        } else if ((fits & bit) == 0) {
            resources(b, slot);
        } else {
            topologyOrDevices(b, slot);
        }
    }

    private void topologyOrDevices(int b, int slot) {
        for (TopologyRules.Check check : rules.checks) {
            if (!check.allows(b, slot)) {
                add(check.reason(b, slot), Cause.PODS);
                return;
            }
        }
        NodeBlock block = snapshot.blocks[b];
        Optional<String> elsewhere = claims.refusal(block.nodes.at(slot));
        if (elsewhere.isPresent()) {
            add(elsewhere.get(), Cause.CLAIMS);
            causes.add(Cause.RESOURCES);
            return;
        }
        String device = deviceReasons.get(b * NodeBlock.SIZE + slot);
        if (device != null) {
            add(device, Cause.CLAIMS);
        }
    }

    private void resources(int b, int slot) {
        NodeBlock block = snapshot.blocks[b];
        double cost = unknown.size();
        for (int r = 0; r < requests.length; r++) {
            long free = r < block.free.length ? block.free[r][slot] : 0;
            if (requests[r] > 0 && free < requests[r]) {
                lacking[r]++;
                cost += (double) (requests[r] - free) / requests[r];
            }
        }
        lackingUnknown++;
        if (cost < remedyCost) {
            remedyCost = cost;
            remedy = new Verdict.Remedy(block.nodes.at(slot).name(), missing(block, slot));
        }
    }

    private Map<String, Long> missing(NodeBlock block, int slot) {
        var missing = new TreeMap<String, Long>(unknown);
        for (int r = 0; r < requests.length; r++) {
            long free = r < block.free.length ? block.free[r][slot] : 0;
            if (requests[r] > 0 && free < requests[r]) {
                missing.put(snapshot.resources.get(r), requests[r] - free);
            }
        }
        return Collections.unmodifiableMap(missing);
    }

    private void countResources() {
        for (int r = 0; r < requests.length; r++) {
            add(Resources.insufficient(snapshot.resources.get(r)), Cause.RESOURCES, lacking[r]);
        }
        for (String resource : unknown.keySet()) {
            add(Resources.insufficient(resource), Cause.RESOURCES, lackingUnknown);
        }
    }

    private void add(String reason, Cause cause) {
        add(reason, cause, 1);
    }

    private void add(String reason, Cause cause, int nodes) {
        if (nodes > 0) {
            reasons.merge(reason, nodes, Integer::sum);
            causes.add(cause);
        }
    }
}
