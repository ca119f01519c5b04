package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.ClaimPlan.RequestPlan;
import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a search that goes on for long finds out to cut itself short: what failed before, which devices are alike to it, how
 * many an ask could get at all, and what is hopeless. It says only what is proven.
 */
final class Lookahead {
    private static final int MEMORY_LIMIT = 100_000;

    private final Search search;
    private final Supply supply;
    private final Prospects prospects;
    private final Map<State, Search.Step> failed = new HashMap<>();
    private final IdentityHashMap<PoolDevice, Object> kinds = new IdentityHashMap<>();
    private final IdentityHashMap<AskPlan, int[]> reachable = new IdentityHashMap<>();

    /**
     * What decides about the rest of a search.
     *
     * @param size how many devices the claim has already
     * @param used how often each kind of use occurs
     */
    record State(int claim, int request, int size, Map<Object, Integer> used, List<Object> constraints) {}

    Lookahead(Search search, Supply supply) {
        this.search = search;
        this.supply = supply;
        this.prospects = new Prospects(search, supply);
    }

    State state(int claim, int request) {
        return new State(
                claim,
                request,
                search.picks(claim).size(),
                supply.used(claim, this::kind),
                search.plans().get(claim).constraints.stream()
                        .map(ConstraintState::essence)
                        .toList());
    }

    /** How an equal state failed before. */
    Search.@Nullable Step failure(State state) {
        return failed.get(state);
    }

    void failed(State state, Search.Step step) {
        if (failed.size() < MEMORY_LIMIT) {
            failed.put(state, step);
        }
    }

    /** Whether the requests from this one on cannot be served with what is left. */
    boolean isHopeless(int claim, int request) {
        for (int c = claim; c < search.plans().size(); c++) {
            List<RequestPlan> requests = search.plans().get(c).requests;
            for (int r = c == claim ? request : 0; r < requests.size(); r++) {
                int of = c;
                if (requests.get(r).alternatives().stream().noneMatch(ask -> isObtainable(of, ask))) {
                    return true;
                }
            }
        }
        return prospects.areHopeless(claim, request);
    }

    private boolean isObtainable(int claim, AskPlan ask) {
        return ask.all
                ? ask.count > 0 && ask.wanted.stream().noneMatch(device -> supply.isInUse(claim, ask.ask, device))
                : search.isEnough(claim, ask);
    }

    /** How many devices from each one on an ask could get if nobody used any; those of which that cannot be said included. */
    int[] reachable(AskPlan ask) {
        return reachable.computeIfAbsent(ask, a -> {
            var counts = new int[supply.devices.size() + 1];
            for (int i = supply.devices.size() - 1; i >= 0; i--) {
                PoolDevice device = supply.devices.get(i);
                boolean may = a.maySelect(device) && !a.isKeptFrom(device.device);
                counts[i] = counts[i + 1] + (may ? 1 : 0);
            }
            return counts;
        });
    }

    /**
     * Equal for devices that are interchangeable in this search as long as nobody uses them: whatever it asks about them has
     * the same answer.
     */
    Object kind(PoolDevice device) {
        Object known = kinds.get(device);
        if (known == null) {
            known = kindOf(device);
            kinds.put(device, known);
        }
        return known;
    }

    private Object kindOf(PoolDevice device) {
        var answers = new ArrayList<Object>();
        for (ClaimPlan plan : search.plans()) {
            for (RequestPlan request : plan.requests) {
                for (AskPlan ask : request.alternatives()) {
                    try {
                        answers.add(ask.selects(device));
                    } catch (Aborted e) {
                        return device.id;
                    }
                    answers.add(ask.isKeptFrom(device.device));
                }
            }
            plan.constraints.forEach(constraint -> answers.add(constraint.view(device)));
        }
        Device it = device.device;
        answers.add(it.capacity());
        answers.add(it.allowMultipleAllocations());
        if (!it.consumesCounters().isEmpty()) {
            answers.add(device.pool.id);
            answers.add(it.consumesCounters());
            answers.add(it.compatibilityGroups());
        }
        return answers;
    }
}
