package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.Requirement;
import dev.gyropilot.brain.placement.device.ClaimAllocation.Config;
import dev.gyropilot.brain.placement.device.ClaimAllocation.Result;
import dev.gyropilot.brain.placement.device.Supply.Pick;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The structured allocator of {@code resource.k8s.io/v1}: which devices the claims of a pod get on one node. First fit in
 * the order of pools, slices and devices. The same input always gets the same answer; what the object remembers between
 * calls only saves time. One thread at a time.
 */
public final class Allocator {
    /** Why a node without a solution refuses, in kube-scheduler's words. */
    public static final String NO_SOLUTION = "cannot allocate all claims";

    /** How many picks one search may try before it is interrupted. */
    public static final int PICK_LIMIT = 200_000;

    private static final int VIEW_LIMIT = 32_768;
    private static final Comparator<NodePool> ORDER =
            Comparator.comparing((NodePool p) -> p.hasBindingConditions).thenComparing(p -> p.id);

    private final Features features;
    private final int pickLimit;
    private final int effort;
    private final Selection.Cache selections;
    private final boolean thrifty;
    private final Map<String, View> views = new HashMap<>();
    private int tried;

    /** The pools of a node, good for as long as the node and its pools are these objects. */
    private record View(Node node, List<Pool> from, List<NodePool> pools) {}

    public Allocator(Features features, SelectorCompiler compiler) {
        this(features, compiler, PICK_LIMIT);
    }

    /** @param pickLimit how many picks one search may try before it is interrupted */
    public Allocator(Features features, SelectorCompiler compiler, int pickLimit) {
        this(features, compiler, pickLimit, Search.EFFORT);
    }

    /** @param effort from how many picks on a search looks ahead */
    Allocator(Features features, SelectorCompiler compiler, int pickLimit, int effort) {
        this(features, new Selection.Cache(compiler), pickLimit, effort, false);
    }

    private Allocator(Features features, Selection.Cache selections, int pickLimit, int effort, boolean thrifty) {
        this.features = features;
        this.pickLimit = pickLimit;
        this.effort = effort;
        this.selections = selections;
        this.thrifty = thrifty;
    }

    /**
     * Another that prefers devices by what they cost others, see {@link Losses}, before their order. What it finds is as legal,
     * and it finds something for the same claims.
     */
    public Allocator thrifty() {
        return new Allocator(features, selections, pickLimit, effort, true);
    }

    /** How large asks are, by the same selectors. */
    public Sizes sizes() {
        return new Sizes(features, selections);
    }

    /** Finds devices for all these claims, none of which has any yet, together. */
    public Outcome allocate(Devices devices, Node node, List<Claim> claims) {
        selections.trim();
        List<NodePool> pools = view(devices, node).pools;
        var search = new Search(devices, features, selections, pools, pickLimit, effort, thrifty);
        try {
            if (!search.run(claims)) {
                return noFit(pools);
            }
            var result = new ArrayList<ClaimAllocation>();
            for (int i = 0; i < claims.size(); i++) {
                result.add(allocation(search.plans().get(i), search.picks(i), node));
            }
            return new Outcome.Allocated(List.copyOf(result));
        } catch (Aborted e) {
            return new Outcome.Failed(e.text());
        } finally {
            tried = search.tried();
        }
    }

    /** How many picks the last search tried. */
    int tried() {
        return tried;
    }

    private static Outcome noFit(List<NodePool> pools) {
        for (NodePool pool : pools) {
            if (pool.flaw.isPresent()) {
                return new Outcome.NoFit(NO_SOLUTION + ", resource pool " + pool.id + " " + pool.flaw.get());
            }
        }
        return new Outcome.NoFit(NO_SOLUTION);
    }

    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    private View view(Devices devices, Node node) {
        View known = views.get(node.name());
        var ids = devices.poolsFor(node.name());
        if (known != null && known.node == node && known.from.size() == ids.size()) {
            int i = 0;
            for (PoolId id : ids) {
                if (known.from.get(i) != devices.pool(id)) {
                    break;
                }
                i++;
            }
            if (i == ids.size()) {
                return known;
            }
        }
        var from = new ArrayList<Pool>();
        var pools = new ArrayList<NodePool>();
        for (PoolId id : ids) {
            Pool pool = devices.pool(id);
            if (pool == null) {
                continue;
            }
            from.add(pool);
            NodePool ofNode = NodePool.of(pool, node, features);
            if (ofNode != null) {
                pools.add(ofNode);
            }
        }
        pools.sort(ORDER);
        if (views.size() > VIEW_LIMIT) {
            views.clear();
        }
        var view = new View(node, List.copyOf(from), List.copyOf(pools));
        views.put(node.name(), view);
        return view;
    }

    private ClaimAllocation allocation(ClaimPlan plan, List<Pick> picks, Node node) {
        var results = new ArrayList<Result>();
        for (int i = 0; i < picks.size(); i++) {
            results.add(result(plan.claim, picks.get(i), i));
        }
        return new ClaimAllocation(
                plan.claim.namespace(),
                plan.claim.name(),
                plan.claim.uid(),
                List.copyOf(results),
                configs(plan, picks),
                reachable(picks, node).map(List::of));
    }

    private Result result(Claim claim, Pick pick, int index) {
        Device device = pick.device().device;
        Optional<String> share = Optional.empty();
        if (pick.shared()) {
            // The claim's uid makes it unique, and a replayed decision gets the same one.
            String seed = claim.uid() + "/" + index + "/" + pick.device().id;
            share = Optional.of(UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8))
                    .toString());
        }
        return new Result(
                pick.ask().name(),
                pick.device().id,
                pick.ask().ask.admin(),
                pick.ask().ask.tolerations(),
                device.bindingConditions(),
                device.bindingFailureConditions(),
                share,
                pick.shared() ? pick.consumed() : Map.of());
    }

    private static List<Config> configs(ClaimPlan plan, List<Pick> picks) {
        var chosen = new LinkedHashMap<String, AskPlan>();
        for (Pick pick : picks) {
            chosen.putIfAbsent(pick.ask().request.name(), pick.ask());
        }
        var users = new LinkedHashMap<String, List<AskPlan>>();
        for (AskPlan ask : chosen.values()) {
            users.computeIfAbsent(ask.deviceClass.name(), c -> new ArrayList<>())
                    .add(ask);
        }
        var result = new ArrayList<Config>();
        users.values().forEach(asks -> {
            List<String> names = asks.stream().map(AskPlan::name).toList();
            asks.getFirst()
                    .deviceClass
                    .configs()
                    .forEach(config -> result.add(new Config(true, scope(names, chosen.values()), config)));
        });
        for (Claim.ScopedConfig config : plan.claim.configs()) {
            if (config.requests().isEmpty()
                    || chosen.values().stream().anyMatch(ask -> ask.isNamedIn(config.requests()))) {
                result.add(new Config(false, scope(config.requests(), chosen.values()), config.config()));
            }
        }
        return List.copyOf(result);
    }

    /** The requests that a configuration is for; none when it is for all. */
    private static List<String> scope(List<String> named, Collection<AskPlan> chosen) {
        return chosen.stream().allMatch(ask -> ask.isNamedIn(named)) ? List.of() : List.copyOf(named);
    }

    /** From where all the devices can be used; empty: from anywhere. */
    private static Optional<NodeTerm> reachable(List<Pick> picks, Node node) {
        var labels = new LinkedHashSet<Requirement>();
        var fields = new LinkedHashSet<Requirement>();
        for (Pick pick : picks) {
            Device device = pick.device().device;
            Scope scope = scope(pick, device);
            if (scope instanceof Scope.OnNode || device.bindsToNode()) {
                return Optional.of(new NodeTerm(
                        List.of(),
                        List.of(new Requirement("metadata.name", Requirement.Operator.IN, List.of(node.name())))));
            }
            if (scope instanceof Scope.Selected selected) {
                labels.addAll(selected.term().labels());
                fields.addAll(selected.term().fields());
            }
        }
        return labels.isEmpty() && fields.isEmpty()
                ? Optional.empty()
                : Optional.of(new NodeTerm(List.copyOf(labels), List.copyOf(fields)));
    }

    private static @Nullable Scope scope(Pick pick, Device device) {
        Scope ofSlice = pick.device().slice.scope();
        return ofSlice instanceof Scope.PerDevice ? device.scope().orElse(null) : ofSlice;
    }
}
