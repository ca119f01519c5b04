package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.ClaimPlan.RequestPlan;
import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import dev.gyropilot.brain.placement.device.Supply.Pick;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One search for devices for all claims of a pod on one node: depth first over claims, requests and devices, all in the order
 * in which they are written, so that the first complete solution is the one that drivers' order of devices prefers.
 *
 * <p>Two shortcuts keep what they skip provably hopeless. Of interchangeable devices that nobody uses only the first is
 * tried at a position: whatever a later one could solve, it could. And a request for more devices than are obtainable is
 * given up before the first is picked. A search that goes on for long also looks ahead, see {@link Lookahead}, and asks once
 * whether there is hope at all and whether each request and claim could be served if it were alone.
 */
final class Search {
    /** From so many picks on it pays to look ahead. */
    static final int EFFORT = 2_000;

    /** How many picks may show that a request or claim cannot even be served alone. */
    private static final int ALONE_LIMIT = 20_000;

    final Devices devices;
    final Features features;
    final Selection.Cache selections;
    private final List<NodePool> pools;
    private final Supply supply;
    private final Lookahead lookahead;
    private final List<ClaimPlan> plans = new ArrayList<>();
    private final List<List<Pick>> picks = new ArrayList<>();
    private final int limit;
    private final int effort;

    /** Whether this search only finds out what can be served alone. */
    private final boolean alone;

    private List<Claim> claims = List.of();
    private int tried;
    private int triedAlone;
    private boolean asked;

    /** Nothing can be found any more: the search only unwinds. */
    private boolean doomed;

    /** What came of a part of the search. */
    enum Step {
        FOUND,
        NONE,
        /** Every way on needs more devices than a claim can have. */
        TOO_MANY
    }

    /**
     * @param limit after how many picks the search is given up
     * @param effort from how many picks on it looks ahead
     * @param thrifty whether the devices that cost others least come first, in place of the first in their order
     */
    Search(
            Devices devices,
            Features features,
            Selection.Cache selections,
            List<NodePool> pools,
            int limit,
            int effort,
            boolean thrifty) {
        this(devices, features, selections, pools, limit, effort, false, new Supply(devices, features, pools));
        if (thrifty) {
            new Losses(supply, features).sort();
        }
    }

    private Search(
            Devices devices,
            Features features,
            Selection.Cache selections,
            List<NodePool> pools,
            int limit,
            int effort,
            boolean alone,
            Supply supply) {
        this.devices = devices;
        this.features = features;
        this.selections = selections;
        this.pools = pools;
        this.limit = limit;
        this.effort = effort;
        this.alone = alone;
        this.supply = supply;
        this.lookahead = new Lookahead(this, supply);
    }

    /** Whether every claim can be served; then {@link #picks} and {@link #plans} say how. */
    boolean run(List<Claim> wanted) {
        plan(wanted);
        return request(0, 0) == Step.FOUND;
    }

    private void plan(List<Claim> wanted) {
        claims = wanted;
        for (Claim claim : wanted) {
            plans.add(ClaimPlan.of(claim, this));
            picks.add(new ArrayList<>());
        }
    }

    /** How many picks were tried, those of searches within this one included. */
    int tried() {
        return tried + triedAlone;
    }

    List<ClaimPlan> plans() {
        return plans;
    }

    List<Pick> picks(int claim) {
        return picks.get(claim);
    }

    private Step request(int claim, int request) {
        if (claim == plans.size()) {
            return Step.FOUND;
        }
        if (request == plans.get(claim).requests.size()) {
            // Another choice for an earlier claim may leave a smaller alternative to the next one.
            return request(claim + 1, 0) == Step.FOUND ? Step.FOUND : Step.NONE;
        }
        if (tried <= effort) {
            return alternatives(claim, request);
        }
        Lookahead.State state = lookahead.state(claim, request);
        Step known = lookahead.failure(state);
        if (known != null) {
            return known;
        }
        boolean hopeless = isDoomed() || lookahead.isHopeless(claim, request);
        Step step = hopeless ? Step.NONE : alternatives(claim, request);
        if (step != Step.FOUND) {
            lookahead.failed(state, step);
        }
        return step;
    }

    private Step alternatives(int claim, int request) {
        RequestPlan plan = plans.get(claim).requests.get(request);
        if (!plan.request().prioritized()) {
            return fill(claim, request, plan.alternatives().getFirst(), 0, 0);
        }
        boolean allTooMany = true;
        for (AskPlan alternative : plan.alternatives()) {
            Step step = fill(claim, request, alternative, 0, 0);
            if (step == Step.FOUND) {
                return step;
            }
            allTooMany &= step == Step.TOO_MANY;
        }
        return allTooMany ? Step.TOO_MANY : Step.NONE;
    }

    /** Whether there is no hope at all, which is found out once, when the search turns out to be long. */
    private boolean isDoomed() {
        if (!asked && tried > effort) {
            asked = true;
            doomed = wasHopeless() || (!alone && cannotBeServedAlone());
        }
        return doomed;
    }

    /** What would have been known before the first pick. */
    private boolean wasHopeless() {
        var fresh = alone(limit);
        fresh.plan(claims);
        return fresh.lookahead.isHopeless(0, 0);
    }

    /** What cannot be served when nothing else is picked can never be served. */
    private boolean cannotBeServedAlone() {
        for (Claim claim : claims) {
            for (Claim.Request request : claim.requests()) {
                if (claim.requests().size() > 1 && fails(claim.only(request))) {
                    return true;
                }
            }
            if (claims.size() > 1 && fails(claim)) {
                return true;
            }
        }
        return false;
    }

    /** Another search that only finds out what can be served alone. */
    private Search alone(int pickLimit) {
        return new Search(
                devices, features, selections, pools, pickLimit, effort, true, new Supply(devices, features, pools));
    }

    private boolean fails(Claim claim) {
        var search = alone(ALONE_LIMIT);
        try {
            return !search.run(List.of(claim));
        } catch (Aborted e) {
            // Then the whole search has to find out by itself.
            return false;
        } finally {
            triedAlone += search.tried();
        }
    }

    /** Picks the devices of an alternative from the {@code done}th on, then goes on to the next request. */
    private Step fill(int claim, int request, AskPlan ask, int done, int from) {
        if (ask.all && ask.count == 0) {
            return Step.NONE;
        }
        if (done >= ask.count) {
            return request(claim, request + 1);
        }
        if (picks.get(claim).size() + ask.count - done > ClaimPlan.RESULT_LIMIT) {
            return Step.TOO_MANY;
        }
        if (ask.all) {
            return next(claim, request, ask, done);
        }
        if (done == 0 && ask.count > 1 && !isEnough(claim, ask)) {
            return Step.NONE;
        }
        return choose(claim, request, ask, done, from);
    }

    private Step next(int claim, int request, AskPlan ask, int done) {
        if (!pick(claim, ask, ask.wanted.get(done))) {
            return Step.NONE;
        }
        Step step = fill(claim, request, ask, done + 1, 0);
        if (step != Step.FOUND) {
            undo(claim);
        }
        return step;
    }

    private Step choose(int claim, int request, AskPlan ask, int done, int from) {
        HashSet<Object> hopeless = null;
        for (int at = from; at < supply.devices.size(); at++) {
            boolean looks = tried > effort;
            if (isDoomed() || (looks && lookahead.reachable(ask)[at] < ask.count - done)) {
                return Step.NONE;
            }
            PoolDevice candidate = supply.devices.get(at);
            if (supply.isInUse(claim, ask.ask, candidate) || !ask.selects(candidate)) {
                continue;
            }
            boolean unused = supply.isUnused(candidate);
            Object alike = looks ? lookahead.kind(candidate) : candidate.profile();
            if (hopeless != null && unused && hopeless.contains(alike)) {
                continue;
            }
            if (pick(claim, ask, candidate)) {
                Step step = fill(claim, request, ask, done + 1, at + 1);
                if (step == Step.FOUND) {
                    return step;
                }
                undo(claim);
                if (step == Step.TOO_MANY) {
                    return step;
                }
            }
            if (unused) {
                hopeless = hopeless == null ? new HashSet<>() : hopeless;
                hopeless.add(alike);
            }
        }
        return Step.NONE;
    }

    /** Whether an ask could get its devices if nothing else were picked; true where that cannot be said. */
    boolean isEnough(int claim, AskPlan ask) {
        int count = 0;
        for (PoolDevice candidate : supply.devices) {
            if (count >= ask.count) {
                break;
            }
            try {
                if (!supply.isInUse(claim, ask.ask, candidate)
                        && ask.selects(candidate)
                        && !ask.isKeptFrom(candidate.device)) {
                    count++;
                }
            } catch (Aborted e) {
                // A selector fails on a device that is perhaps never reached.
                return true;
            }
        }
        return count >= ask.count;
    }

    /** The devices that "all" means for a request: selectable and with the capacity, free or not. */
    List<PoolDevice> all(String what, Claim.Ask ask, Selection selection) {
        var result = new ArrayList<PoolDevice>();
        for (NodePool pool : pools) {
            if (pool.flaw.isPresent()) {
                throw new Aborted(
                        what + ": asks for all devices, but resource pool " + pool.id + " " + pool.flaw.get());
            }
            for (PoolDevice device : pool.devices) {
                if (AskPlan.selects(selection, device, features, what)
                        && supply.consumption(ask, device).isPresent()) {
                    result.add(device);
                }
            }
        }
        return List.copyOf(result);
    }

    /** Takes the device if it can be had; all state changes or none does. */
    private boolean pick(int claim, AskPlan ask, PoolDevice candidate) {
        if (++tried > limit) {
            throw new Aborted("the search for devices was given up after " + limit
                    + " attempts. Maybe fewer alternatives or constraints in claim "
                    + plans.get(claim).claim.name());
        }
        if (supply.isInUse(claim, ask.ask, candidate)) {
            return false;
        }
        Optional<Map<String, BigDecimal>> consumed = supply.consumption(ask.ask, candidate);
        // As upstream does it: with "all" a constraint that cannot hold is told even where the capacity is gone.
        if (consumed.isEmpty() && !ask.all) {
            return false;
        }
        boolean draws = supply.draws(candidate);
        if (draws && !supply.mayDraw(candidate)) {
            return false;
        }
        if (ask.isKeptFrom(candidate.device) || !join(claim, ask, candidate)) {
            return false;
        }
        if (consumed.isEmpty()) {
            ask.constraints.forEach(ConstraintState::undo);
            return false;
        }
        var pick = new Pick(claim, ask, candidate, consumed.get(), supply.isShared(candidate.device), draws);
        supply.take(pick);
        picks.get(claim).add(pick);
        return true;
    }

    private boolean join(int claim, AskPlan ask, PoolDevice candidate) {
        for (int i = 0; i < ask.constraints.size(); i++) {
            if (!ask.constraints.get(i).add(candidate)) {
                if (ask.all) {
                    throw new Aborted("claim " + plans.get(claim).claim.name() + ", request " + ask.name()
                            + ": cannot add device " + candidate.id
                            + " because a claim constraint would not be satisfied");
                }
                for (int k = i - 1; k >= 0; k--) {
                    ask.constraints.get(k).undo();
                }
                return false;
            }
        }
        return true;
    }

    private void undo(int claim) {
        Pick last = picks.get(claim).removeLast();
        last.ask().constraints.forEach(ConstraintState::undo);
        supply.giveBack(last);
    }
}
