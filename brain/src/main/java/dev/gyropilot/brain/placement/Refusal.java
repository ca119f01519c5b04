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
    private static final String CLAIM_ELSEWHERE = "resourceclaim not available on the node";

    private final Snapshot snapshot;
    private final PodShape shape;
    private final ShapeMemo memo;
    private final ResourceScore score;
    private final TopologyRules rules;
    private final Map<Integer, String> deviceReasons = new HashMap<>();
    private ClaimSet claims = ClaimSet.NONE;
    private final Map<String, Integer> reasons = new TreeMap<>();
    private final Set<Cause> causes = EnumSet.noneOf(Cause.class);
    private Verdict.@Nullable Remedy remedy;
    private double remedyCost = Double.POSITIVE_INFINITY;

    Refusal(Snapshot snapshot, PodShape shape, ShapeMemo memo, ResourceScore score, TopologyRules rules) {
        this.snapshot = snapshot;
        this.shape = shape;
        this.memo = memo;
        this.score = score;
        this.rules = rules;
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
        if (claims.filter(block.nodes.bySlot, 1L << slot) == 0) {
            add(CLAIM_ELSEWHERE, Cause.CLAIMS);
            return;
        }
        String device = deviceReasons.get(b * NodeBlock.SIZE + slot);
        if (device != null) {
            add(device, Cause.CLAIMS);
        }
    }

    private void resources(int b, int slot) {
        NodeBlock block = snapshot.blocks[b];
        var missing = new TreeMap<String, Long>();
        double cost = 0;
        for (int r = 0; r < snapshot.resources.size(); r++) {
            long request = Resources.request(shape, r, snapshot.resources);
            long free = r < block.free.length ? block.free[r][slot] : 0;
            if (request > 0 && free < request) {
                missing.put(snapshot.resources.get(r), request - free);
                cost += (double) (request - free) / request;
            }
        }
        for (var request : shape.requests().entrySet()) {
            if (request.getValue() > 0 && !snapshot.resources.contains(request.getKey())) {
                missing.put(request.getKey(), request.getValue());
                cost++;
            }
        }
        missing.keySet().forEach(resource -> add(Resources.insufficient(resource), Cause.RESOURCES));
        if (cost < remedyCost) {
            remedyCost = cost;
            remedy = new Verdict.Remedy(block.nodes.at(slot).name(), Collections.unmodifiableMap(missing));
        }
    }

    private void add(String reason, Cause cause) {
        reasons.merge(reason, 1, Integer::sum);
        causes.add(cause);
    }
}
