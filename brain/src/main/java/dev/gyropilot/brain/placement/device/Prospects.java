package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.ClaimPlan.RequestPlan;
import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rest of a search can hope for, at best. Requests are sources, each device takes as many of them as can share it,
 * what draws on a set of counters shares the smallest draws, and of devices that have to differ in an attribute one per value
 * counts: when less flows through than is asked for, no choice of devices will do. Where devices have to agree in an
 * attribute the question is asked for each value. Whatever is left out of this makes the answer more hopeful, never less.
 */
final class Prospects {
    /** How many networks one search may build. */
    private static final int FLOW_LIMIT = 2_000;

    /** How many combinations of values of one claim's constraints are looked at; of more, each constraint by itself. */
    private static final int COMBINATION_LIMIT = 128;

    private static final int UNBOUNDED = 1 << 20;

    private final Search search;
    private final Supply supply;
    private int flows;

    /** A request's least number of devices and those that each alternative may take. */
    private record Wish(RequestPlan plan, int count, List<Option> options) {
        boolean concerns(ConstraintState constraint) {
            return options.stream().anyMatch(option -> option.ask.constraints.contains(constraint));
        }
    }

    private record Option(AskPlan ask, List<PoolDevice> devices) {}

    /** A value that the devices of a constraint have to have. */
    private record Fixed(ConstraintState.Match constraint, Object value) {}

    Prospects(Search search, Supply supply) {
        this.search = search;
        this.supply = supply;
    }

    /** Whether the requests from this one on cannot all be served, with what is picked. False where that is not known. */
    boolean areHopeless(int claim, int request) {
        var wishes = new ArrayList<List<Wish>>();
        for (int c = claim; c < search.plans().size(); c++) {
            List<RequestPlan> requests = search.plans().get(c).requests;
            var ofClaim = new ArrayList<Wish>();
            for (int r = c == claim ? request : 0; r < requests.size(); r++) {
                Wish wish = wish(c, requests.get(r));
                if (wish == null) {
                    return true;
                }
                ofClaim.add(wish);
            }
            wishes.add(ofClaim);
        }
        if (!flows(wishes.stream().flatMap(List::stream).toList(), List.of())) {
            return true;
        }
        for (int i = 0; i < wishes.size(); i++) {
            if (!agree(search.plans().get(claim + i).constraints, wishes.get(i))) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Wish wish(int claim, RequestPlan plan) {
        int least = Integer.MAX_VALUE;
        var options = new ArrayList<Option>();
        for (AskPlan ask : plan.alternatives()) {
            var devices = new ArrayList<PoolDevice>();
            for (PoolDevice device : ask.all ? ask.wanted : supply.devices) {
                if (mayPick(claim, ask, device)) {
                    devices.add(device);
                }
            }
            boolean enough = devices.size() >= ask.count && (!ask.all || ask.count > 0);
            if (enough) {
                least = Math.min(least, ask.count);
                options.add(new Option(ask, devices));
            }
        }
        return options.isEmpty() ? null : new Wish(plan, least, options);
    }

    /** Whether an ask could get the device next; true where that cannot be said. */
    private boolean mayPick(int claim, AskPlan ask, PoolDevice device) {
        return !supply.isInUse(claim, ask.ask, device)
                && ask.maySelect(device)
                && !ask.isKeptFrom(device.device)
                && supply.consumption(ask.ask, device).isPresent()
                && (!supply.draws(device) || supply.mayDraw(device))
                && (ask.all || ask.constraints.stream().allMatch(constraint -> constraint.mayAdd(device)));
    }

    /** Whether for each attribute that has to be equal there is a value with which the claim could be served. */
    private boolean agree(List<ConstraintState> constraints, List<Wish> wishes) {
        var open = new ArrayList<ConstraintState.Match>();
        var values = new ArrayList<List<Object>>();
        long combinations = 1;
        for (ConstraintState constraint : constraints) {
            if (constraint instanceof ConstraintState.Match match && match.isOpen()) {
                List<Wish> concerned =
                        wishes.stream().filter(wish -> wish.concerns(match)).toList();
                // A request that may choose an alternative without the constraint leaves it nothing to say.
                if (concerned.stream()
                        .anyMatch(wish -> wish.options.stream().allMatch(o -> o.ask.constraints.contains(match)))) {
                    open.add(match);
                    values.add(values(match, concerned));
                    combinations *= values.getLast().size();
                }
            }
        }
        if (open.isEmpty()) {
            return true;
        }
        if (combinations <= COMBINATION_LIMIT) {
            return agree(open, values, wishes, new ArrayList<>());
        }
        for (int i = 0; i < open.size(); i++) {
            if (values.get(i).size() <= COMBINATION_LIMIT
                    && !agree(List.of(open.get(i)), List.of(values.get(i)), wishes, new ArrayList<>())) {
                return false;
            }
        }
        return true;
    }

    private boolean agree(
            List<ConstraintState.Match> open, List<List<Object>> values, List<Wish> wishes, List<Fixed> fixed) {
        if (fixed.size() == open.size()) {
            return flows(wishes, fixed);
        }
        for (Object value : values.get(fixed.size())) {
            fixed.add(new Fixed(open.get(fixed.size()), value));
            if (agree(open, values, wishes, fixed)) {
                return true;
            }
            fixed.removeLast();
        }
        return false;
    }

    private static List<Object> values(ConstraintState.Match match, List<Wish> wishes) {
        var values = new LinkedHashSet<Object>();
        for (Wish wish : wishes) {
            for (Option option : wish.options) {
                if (option.ask.constraints.contains(match)) {
                    option.devices.forEach(device -> match.values(device).ifPresent(values::addAll));
                }
            }
        }
        return List.copyOf(values);
    }

    /** Whether enough flows from the wishes to the devices. */
    private boolean flows(List<Wish> wishes, List<Fixed> fixed) {
        if (++flows > FLOW_LIMIT) {
            return true;
        }
        var network = new Network(wishes);
        for (Wish wish : wishes) {
            if (!network.add(wish, fixed)) {
                return false;
            }
        }
        return network.flow.reaches(network.asked);
    }

    private final class Network {
        final Flow flow = new Flow();
        int asked;
        private final IdentityHashMap<PoolDevice, Integer> nodes = new IdentityHashMap<>();
        private final IdentityHashMap<PoolDevice, List<AskPlan>> askers = new IdentityHashMap<>();
        private final IdentityHashMap<NodePool, Map<String, Integer>> sets = new IdentityHashMap<>();
        private final IdentityHashMap<NodePool, Map<String, List<PoolDevice>>> drawers = new IdentityHashMap<>();
        private final IdentityHashMap<ConstraintState, Map<Object, Integer>> distinct = new IdentityHashMap<>();
        private final IdentityHashMap<ConstraintState, Map<Object, Set<PoolDevice>>> ofValue = new IdentityHashMap<>();

        Network(List<Wish> wishes) {
            for (Wish wish : wishes) {
                for (Option option : wish.options) {
                    for (PoolDevice device : option.devices) {
                        List<AskPlan> known = askers.computeIfAbsent(device, d -> new ArrayList<>());
                        if (known.isEmpty() && !supply.isShared(device.device)) {
                            device.device
                                    .consumesCounters()
                                    .keySet()
                                    .forEach(set -> drawers.computeIfAbsent(device.pool, p -> new HashMap<>())
                                            .computeIfAbsent(set, s -> new ArrayList<>())
                                            .add(device));
                        }
                        known.add(option.ask);
                    }
                }
            }
        }

        boolean add(Wish wish, List<Fixed> fixed) {
            if (wish.options.stream().anyMatch(option -> option.ask.ask.admin())) {
                // It takes nothing away from others.
                return true;
            }
            var devices = new LinkedHashSet<PoolDevice>();
            for (Option option : wish.options) {
                for (PoolDevice device : option.devices) {
                    if (suits(option.ask, device, fixed)) {
                        devices.add(device);
                    }
                }
            }
            if (devices.size() < wish.count) {
                return false;
            }
            asked += wish.count;
            int node = flow.node();
            flow.edge(Flow.SOURCE, node, wish.count);
            Optional<ConstraintState.Distinct> apart = apart(wish, devices);
            if (apart.isPresent()) {
                apart(node, apart.get(), devices);
            } else {
                devices.forEach(device -> flow.edge(node, node(device), 1));
            }
            return true;
        }

        private boolean suits(AskPlan ask, PoolDevice device, List<Fixed> fixed) {
            for (Fixed one : fixed) {
                if (ask.constraints.contains(one.constraint)
                        && one.constraint
                                .values(device)
                                .filter(values -> values.contains(one.value))
                                .isEmpty()) {
                    return false;
                }
            }
            return true;
        }

        /** A constraint by which all devices of the wish differ in one value each. */
        private Optional<ConstraintState.Distinct> apart(Wish wish, Set<PoolDevice> devices) {
            for (ConstraintState constraint : wish.options.getFirst().ask.constraints) {
                if (constraint instanceof ConstraintState.Distinct found
                        && wish.options.stream().allMatch(option -> option.ask.constraints.contains(found))
                        && devices.stream()
                                .allMatch(device ->
                                        found.values(device).orElse(Set.of()).size() == 1)) {
                    return Optional.of(found);
                }
            }
            return Optional.empty();
        }

        private void apart(int from, ConstraintState.Distinct constraint, Set<PoolDevice> devices) {
            var ofConstraint = distinct.computeIfAbsent(constraint, c -> new HashMap<>());
            var members = ofValue.computeIfAbsent(constraint, c -> new HashMap<>());
            var mine = new LinkedHashSet<Object>();
            for (PoolDevice device : devices) {
                Object value =
                        constraint.values(device).orElseThrow().iterator().next();
                // One device of a value, whoever asks.
                int gate = ofConstraint.computeIfAbsent(value, v -> {
                    int in = flow.node();
                    int out = flow.node();
                    flow.edge(in, out, 1);
                    return in;
                });
                if (mine.add(value)) {
                    flow.edge(from, gate, 1);
                }
                if (members.computeIfAbsent(value, v -> new LinkedHashSet<>()).add(device)) {
                    flow.edge(gate + 1, node(device), 1);
                }
            }
        }

        private int node(PoolDevice device) {
            Integer known = nodes.get(device);
            if (known != null) {
                return known;
            }
            int in = flow.node();
            nodes.put(device, in);
            if (supply.isShared(device.device)) {
                flow.edge(in, Flow.SINK, shares(device, askers.getOrDefault(device, List.of())));
                return in;
            }
            Optional<String> set =
                    device.device.consumesCounters().keySet().stream().sorted().findFirst();
            flow.edge(in, set.map(name -> set(device.pool, name)).orElse(Flow.SINK), 1);
            return in;
        }

        private int set(NodePool pool, String name) {
            return sets.computeIfAbsent(pool, p -> new HashMap<>()).computeIfAbsent(name, s -> {
                int in = flow.node();
                flow.edge(in, Flow.SINK, drawsLeft(pool, name));
                return in;
            });
        }

        /** How many devices can draw on a set at a time, if those with the smallest draws do. */
        private int drawsLeft(NodePool pool, String set) {
            List<PoolDevice> all = drawers.getOrDefault(pool, Map.of()).getOrDefault(set, List.of());
            int least = all.size();
            var counters = new LinkedHashSet<String>();
            all.forEach(device -> counters.addAll(
                    device.device.consumesCounters().getOrDefault(set, Map.of()).keySet()));
            for (String counter : counters) {
                List<BigDecimal> draws = all.stream()
                        .map(device -> device.device
                                .consumesCounters()
                                .getOrDefault(set, Map.of())
                                .getOrDefault(counter, BigDecimal.ZERO))
                        .sorted()
                        .toList();
                BigDecimal rest = supply.counterLeft(pool, set, counter);
                int fit = 0;
                while (fit < draws.size() && draws.get(fit).compareTo(rest) <= 0) {
                    rest = rest.subtract(draws.get(fit));
                    fit++;
                }
                least = Math.min(least, fit);
            }
            return least;
        }

        /** How many shares of a device there can be, if all are as small as the smallest that is asked for. */
        private int shares(PoolDevice device, List<AskPlan> asks) {
            int most = UNBOUNDED;
            for (var entry : device.device.capacity().entrySet()) {
                Capacity capacity = entry.getValue();
                BigDecimal smallest = asks.stream()
                        .flatMap(ask -> supply.consumption(ask.ask, entry.getKey(), capacity).stream())
                        .min(BigDecimal::compareTo)
                        .orElse(BigDecimal.ZERO);
                if (smallest.signum() > 0) {
                    most = supply.capacityLeft(device, entry.getKey(), capacity)
                            .divide(smallest, 0, RoundingMode.FLOOR)
                            .min(BigDecimal.valueOf(most))
                            .max(BigDecimal.ZERO)
                            .intValueExact();
                }
            }
            return most;
        }
    }
}
