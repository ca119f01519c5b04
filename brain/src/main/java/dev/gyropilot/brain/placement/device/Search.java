package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.ClaimPlan.AskPlan;
import dev.gyropilot.brain.placement.device.ClaimPlan.RequestPlan;
import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One search for devices for all claims of a pod on one node: depth first over claims, requests and devices, all in the order
 * in which they are written, so that the first complete solution is the one that drivers' order of devices prefers.
 *
 * <p>Two shortcuts keep what they skip provably hopeless. Of interchangeable devices that nobody uses only the first is
 * tried at a position: whatever a later one could solve, it could. And a request for more devices than are obtainable is
 * given up before the first is picked. A search that goes on for long also remembers what failed (equal uses of equal
 * devices fail again), looks ahead to the requests to come, and asks once whether each request and claim could be served
 * if it were alone.
 */
final class Search {
    /** From so many picks on it pays to look ahead. */
    private static final int EFFORT = 10_000;

    /** How many picks may show that a request or claim cannot even be served alone. */
    private static final int ALONE_LIMIT = 20_000;

    private static final int MEMORY_LIMIT = 100_000;

    final Devices devices;
    final Features features;
    final Selection.Cache selections;
    private final List<NodePool> pools;
    private final List<PoolDevice> candidates = new ArrayList<>();
    private final List<ClaimPlan> plans = new ArrayList<>();
    private final List<List<Pick>> picks = new ArrayList<>();
    private final IdentityHashMap<NodePool, Map<String, Use>> uses = new IdentityHashMap<>();
    private final IdentityHashMap<PoolDevice, PickedUse> picked = new IdentityHashMap<>();
    private final IdentityHashMap<NodePool, Map<String, Map<String, BigDecimal>>> drawn = new IdentityHashMap<>();
    private final Map<State, Step> failed = new HashMap<>();
    private final int limit;

    /** Whether this search only finds out what can be served alone. */
    private final boolean alone;

    private List<Claim> claims = List.of();
    private int tried;
    private boolean asked;

    /** Nothing can be found any more: the search only unwinds. */
    private boolean doomed;

    /**
     * What decides about the rest of a search.
     *
     * @param size how many devices the claim has already
     * @param used how often each kind of use occurs
     */
    private record State(int claim, int request, int size, Map<Used, Integer> used, List<Object> constraints) {}

    /**
     * The use of a device by what was picked.
     *
     * @param device its profile when it was unused before, else its id
     */
    private record Used(Object device, boolean held, boolean byClaim, int shares, Map<String, BigDecimal> consumed) {}

    /** A chosen device. */
    record Pick(
            AskPlan ask, PoolDevice device, Map<String, BigDecimal> consumed, boolean shared, boolean countersDrawn) {}

    /** What this search has picked of a device. */
    private static final class PickedUse {
        final ArrayDeque<Integer> holders = new ArrayDeque<>();
        int shares;
        final Map<String, BigDecimal> consumed = new HashMap<>();
    }

    private enum Step {
        FOUND,
        NONE,
        /** Every way on needs more devices than a claim can have. */
        TOO_MANY
    }

    Search(Devices devices, Features features, Selection.Cache selections, List<NodePool> pools, int limit) {
        this(devices, features, selections, pools, limit, false);
    }

    private Search(
            Devices devices,
            Features features,
            Selection.Cache selections,
            List<NodePool> pools,
            int limit,
            boolean alone) {
        this.limit = limit;
        this.alone = alone;
        this.devices = devices;
        this.features = features;
        this.selections = selections;
        this.pools = pools;
        for (NodePool pool : pools) {
            uses.put(pool, devices.uses(pool.id));
            if (pool.flaw.isEmpty()) {
                candidates.addAll(pool.devices);
            }
        }
    }

    /** Whether every claim can be served; then {@link #picks} and {@link #plans} say how. */
    boolean run(List<Claim> wanted) {
        claims = wanted;
        for (Claim claim : wanted) {
            plans.add(ClaimPlan.of(claim, this));
            picks.add(new ArrayList<>());
        }
        return request(0, 0) == Step.FOUND;
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
        if (tried <= EFFORT) {
            return alternatives(claim, request);
        }
        if (isHopeless(claim, request)) {
            return Step.NONE;
        }
        State state = state(claim, request);
        Step known = failed.get(state);
        if (known != null) {
            return known;
        }
        Step step = alternatives(claim, request);
        if (step != Step.FOUND && failed.size() < MEMORY_LIMIT) {
            failed.put(state, step);
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

    /** Whether a request from this one on cannot be served, even alone, with what is left. */
    private boolean isHopeless(int claim, int request) {
        if (!asked) {
            asked = true;
            doomed = !alone && cannotBeServedAlone();
        }
        for (int c = claim; !doomed && c < plans.size(); c++) {
            List<RequestPlan> requests = plans.get(c).requests;
            for (int r = c == claim ? request : 0; r < requests.size(); r++) {
                int of = c;
                if (requests.get(r).alternatives().stream().noneMatch(ask -> isObtainable(of, ask))) {
                    return true;
                }
            }
        }
        return doomed;
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

    private boolean fails(Claim claim) {
        try {
            return !new Search(devices, features, selections, pools, ALONE_LIMIT, true).run(List.of(claim));
        } catch (Aborted e) {
            // Then the whole search has to find out by itself.
            return false;
        }
    }

    private State state(int claim, int request) {
        var used = new HashMap<Used, Integer>();
        picked.forEach((device, use) -> {
            boolean before = use(device.pool).containsKey(device.device.name());
            used.merge(
                    new Used(
                            before ? device.id : device.profile(),
                            !use.holders.isEmpty(),
                            use.holders.contains(claim),
                            use.shares,
                            Map.copyOf(use.consumed)),
                    1,
                    Integer::sum);
        });
        return new State(
                claim,
                request,
                picks.get(claim).size(),
                used,
                plans.get(claim).constraints.stream()
                        .map(ConstraintState::essence)
                        .toList());
    }

    private boolean isObtainable(int claim, AskPlan ask) {
        return ask.all
                ? ask.count > 0 && ask.wanted.stream().noneMatch(device -> inUse(claim, ask, device))
                : isEnough(claim, ask);
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
        HashSet<NodePool.Profile> hopeless = null;
        for (int at = from; at < candidates.size() && !doomed; at++) {
            PoolDevice candidate = candidates.get(at);
            if (inUse(claim, ask, candidate) || !selectable(ask.selection, candidate, ask.what)) {
                continue;
            }
            boolean unused = isUnused(candidate);
            if (hopeless != null && unused && hopeless.contains(candidate.profile())) {
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
                hopeless.add(candidate.profile());
            }
        }
        return Step.NONE;
    }

    /** Whether an ask could get its devices if nothing else were picked; true where that cannot be said. */
    private boolean isEnough(int claim, AskPlan ask) {
        int count = 0;
        for (PoolDevice candidate : candidates) {
            if (count >= ask.count) {
                break;
            }
            try {
                if (!inUse(claim, ask, candidate)
                        && selectable(ask.selection, candidate, ask.what)
                        && !tainted(ask.ask, candidate.device)) {
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
                if (selectable(selection, device, what)
                        && consumption(ask, device).isPresent()) {
                    result.add(device);
                }
            }
        }
        return List.copyOf(result);
    }

    private boolean selectable(Selection selection, PoolDevice candidate, String asker) {
        if (!features.bindingConditions()
                && !candidate.device.bindingConditions().isEmpty()) {
            return false;
        }
        return selection.matches(candidate, asker) && candidate.reached;
    }

    private boolean isUnused(PoolDevice candidate) {
        return !picked.containsKey(candidate) && !use(candidate.pool).containsKey(candidate.device.name());
    }

    private boolean inUse(int claim, AskPlan ask, PoolDevice candidate) {
        PickedUse here = picked.get(candidate);
        if (ask.ask.admin()) {
            return here != null && here.holders.contains(claim);
        }
        if (here != null && !here.holders.isEmpty()) {
            return true;
        }
        Use use = use(candidate.pool).get(candidate.device.name());
        return use != null && (use.holders() > 0 || !isShared(candidate.device));
    }

    private Map<String, Use> use(NodePool pool) {
        return uses.getOrDefault(pool, Map.of());
    }

    private boolean isShared(Device device) {
        return features.consumableCapacity() && device.allowMultipleAllocations();
    }

    private boolean tainted(Claim.Ask ask, Device device) {
        if (!features.deviceTaints()) {
            return false;
        }
        for (DeviceTaint taint : device.taints()) {
            if (taint.blocks() && ask.tolerations().stream().noneMatch(t -> t.tolerates(taint))) {
                return true;
            }
        }
        return false;
    }

    /** What the ask takes of the device's capacities; empty when they do not suffice. Nothing for an exclusive device. */
    private Optional<Map<String, BigDecimal>> consumption(Claim.Ask ask, PoolDevice candidate) {
        Device device = candidate.device;
        if (!device.capacity().keySet().containsAll(ask.capacity().keySet())) {
            return Optional.empty();
        }
        if (!isShared(device)) {
            boolean enough = ask.capacity().entrySet().stream().allMatch(wanted -> {
                Capacity capacity = device.capacity().get(wanted.getKey());
                return capacity != null && capacity.value().compareTo(wanted.getValue()) >= 0;
            });
            return enough ? Optional.of(Map.of()) : Optional.empty();
        }
        Use use = use(candidate.pool).getOrDefault(device.name(), Use.NONE);
        PickedUse here = picked.get(candidate);
        var result = new HashMap<String, BigDecimal>();
        for (var capacity : device.capacity().entrySet()) {
            String name = capacity.getKey();
            var amount = capacity.getValue()
                    .consumption(Optional.ofNullable(ask.capacity().get(name)), features.fractionalCapacityRange());
            if (amount.isEmpty()) {
                return Optional.empty();
            }
            BigDecimal total = amount.get()
                    .add(use.consumed().getOrDefault(name, BigDecimal.ZERO))
                    .add(here == null ? BigDecimal.ZERO : here.consumed.getOrDefault(name, BigDecimal.ZERO));
            if (total.compareTo(capacity.getValue().value()) > 0) {
                return Optional.empty();
            }
            result.put(name, amount.get());
        }
        return Optional.of(Map.copyOf(result));
    }

    /** Takes the device if it can be had; all state changes or none does. */
    private boolean pick(int claim, AskPlan ask, PoolDevice candidate) {
        if (++tried > limit) {
            throw new Aborted("the search for devices was given up after " + limit
                    + " attempts. Maybe fewer alternatives or constraints in claim "
                    + plans.get(claim).claim.name());
        }
        if (inUse(claim, ask, candidate)) {
            return false;
        }
        Optional<Map<String, BigDecimal>> consumed = consumption(ask.ask, candidate);
        // As upstream does it: with "all" a constraint that cannot hold is told even where the capacity is gone.
        if (consumed.isEmpty() && !ask.all) {
            return false;
        }
        boolean shared = isShared(candidate.device);
        boolean draws = !candidate.device.consumesCounters().isEmpty() && !(shared && !isUnused(candidate));
        if (draws && (!features.partitionableDevices() || !countersSuffice(candidate) || !areCompatible(candidate))) {
            return false;
        }
        if (tainted(ask.ask, candidate.device) || !join(claim, ask, candidate)) {
            return false;
        }
        if (consumed.isEmpty()) {
            ask.constraints.forEach(ConstraintState::undo);
            return false;
        }
        if (draws) {
            draw(candidate, 1);
        }
        PickedUse here = picked.computeIfAbsent(candidate, c -> new PickedUse());
        if (shared) {
            here.shares++;
            consumed.get().forEach((name, amount) -> here.consumed.merge(name, amount, BigDecimal::add));
        } else {
            here.holders.add(claim);
        }
        picks.get(claim).add(new Pick(ask, candidate, consumed.get(), shared, draws));
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
        last.ask.constraints.forEach(ConstraintState::undo);
        if (last.countersDrawn) {
            draw(last.device, -1);
        }
        PickedUse here = picked.get(last.device);
        if (here == null) {
            throw new IllegalStateException("device " + last.device.id + " was picked but is not in use");
        }
        if (last.shared) {
            here.shares--;
            last.consumed.forEach((name, amount) -> here.consumed.merge(name, amount.negate(), BigDecimal::add));
        } else {
            here.holders.removeLastOccurrence(claim);
        }
        if (here.holders.isEmpty() && here.shares == 0) {
            picked.remove(last.device);
        }
    }

    private boolean countersSuffice(PoolDevice candidate) {
        var available = candidate.pool.available(use(candidate.pool));
        var taken = drawn.getOrDefault(candidate.pool, Map.of());
        for (var set : candidate.device.consumesCounters().entrySet()) {
            var left = available.getOrDefault(set.getKey(), Map.of());
            var gone = taken.getOrDefault(set.getKey(), Map.of());
            for (var counter : set.getValue().entrySet()) {
                BigDecimal have = left.getOrDefault(counter.getKey(), BigDecimal.ZERO)
                        .subtract(gone.getOrDefault(counter.getKey(), BigDecimal.ZERO));
                if (have.compareTo(counter.getValue()) < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether the device may draw on its counter sets beside those that do: all with a common group, or all with none. */
    private boolean areCompatible(PoolDevice candidate) {
        if (!candidate.pool.hasGroups) {
            return true;
        }
        for (String set : candidate.device.consumesCounters().keySet()) {
            var others = new ArrayList<>(candidate.pool.groupsInUse(set, use(candidate.pool)));
            for (List<Pick> ofClaim : picks) {
                for (Pick pick : ofClaim) {
                    if (pick.countersDrawn
                            && pick.device.pool == candidate.pool
                            && pick.device.device.consumesCounters().containsKey(set)) {
                        others.add(pick.device.device.groups(set));
                    }
                }
            }
            if (!isCommonTo(candidate.device.groups(set), others)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isCommonTo(Set<String> groups, List<Set<String>> others) {
        if (groups.isEmpty()) {
            return others.stream().allMatch(Set::isEmpty);
        }
        var common = new HashSet<>(groups);
        others.forEach(common::retainAll);
        return !common.isEmpty();
    }

    private void draw(PoolDevice device, int sign) {
        var ofPool = drawn.computeIfAbsent(device.pool, p -> new HashMap<>());
        device.device.consumesCounters().forEach((set, counters) -> {
            var ofSet = ofPool.computeIfAbsent(set, s -> new HashMap<>());
            counters.forEach(
                    (counter, amount) -> ofSet.merge(counter, sign > 0 ? amount : amount.negate(), BigDecimal::add));
        });
    }
}
