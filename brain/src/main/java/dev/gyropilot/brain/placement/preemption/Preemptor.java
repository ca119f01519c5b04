package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the running work whose end makes room for a group.
 *
 * <p>In each domain of the narrowest topology that the group requires, each pod goes where the least is lost
 * ({@link Auction}); the cheapest domain wins, and whatever turns out not to be needed is left running. If no domain has an
 * offer, all of it is taken away: if the group does not fit then, nothing helps, and that is proven. Of little work every part is
 * tried before the search is given up. Each plan is checked by placing the group.
 */
public final class Preemptor {
    /** How many decisions about single pods one plan may cost unless told otherwise. */
    public static final int STEP_LIMIT = 50_000;

    /** In how many domains plans are made; those with the most room come first. */
    private static final int DOMAIN_LIMIT = 512;

    private static final Comparator<Victim> DEAREST_FIRST =
            Comparator.comparingDouble(Victim::cost).reversed().thenComparing(Victim::id);

    private final GangPlacement gangs;
    private final long seed;
    private final Allocator allocator;

    public Preemptor(long seed, Allocator allocator, GangPlacement gangs) {
        this.seed = seed;
        this.allocator = allocator;
        this.gangs = gangs;
    }

    /** Finds room for the group. */
    public Plan plan(Snapshot base, Group group, Candidates candidates, Rights rights, int stepLimit) {
        var allowed = new LinkedHashSet<Victim>();
        candidates.all().stream().filter(rights::allows).forEach(allowed::add);
        var steps = new Steps(stepLimit);
        Found found = auctions(base, group, candidates, allowed, rights, steps);
        if (found == null) {
            GangVerdict best = gangs.place(without(base, allowed), group);
            if (!(best instanceof GangVerdict.Placed possible)) {
                return new Plan.Impossible(((GangVerdict.Refused) best).message());
            }
            found = onNodesOf(possible, base, group, allowed, rights);
        }
        if (found == null && allowed.size() <= Combinations.LIMIT) {
            var all = new Combinations(
                    List.copyOf(allowed),
                    rights,
                    victims -> fits(base, group, victims),
                    steps,
                    group.allPods().size());
            found = all.cheapest();
            if (found == null && all.isComplete()) {
                return new Plan.Impossible("no part of the work that may be stopped for it makes room.");
            }
        }
        if (found == null) {
            return new Plan.GaveUp(steps.used);
        }
        found = pruned(base, group, found, steps);
        return new Plan.Stop(List.copyOf(found.victims), found.assignments);
    }

    record Found(Set<Victim> victims, List<Assignment> assignments) {
        double cost() {
            return victims.stream().mapToDouble(Victim::cost).sum();
        }
    }

    /** What one plan may still cost. */
    static final class Steps {
        private final int limit;
        private int used;

        Steps(int limit) {
            this.limit = limit;
        }

        boolean take(int count) {
            used += count;
            return used <= limit;
        }
    }

    private @Nullable Found auctions(
            Snapshot base, Group group, Candidates candidates, Set<Victim> allowed, Rights rights, Steps steps) {
        var offers = new ArrayList<Found>();
        for (List<Node> nodes : domains(base, group)) {
            var auction = new Auction(base, candidates, allowed, rights, steps, seed, allocator);
            Optional<Set<Victim>> chosen = auction.run(group.allPods(), nodes);
            chosen.ifPresent(victims -> offers.add(new Found(victims, List.of())));
        }
        offers.sort(Comparator.comparingDouble(Found::cost));
        for (Found offer : offers) {
            if (gangs.placeAtOnce(without(base, offer.victims), group) instanceof GangVerdict.Placed placed) {
                return new Found(offer.victims, placed.assignments());
            }
            if (!steps.take(group.allPods().size())) {
                return null;
            }
        }
        return offers.isEmpty() ? null : fits(base, group, offers.getFirst().victims);
    }

    /** The group in the place of these, if it fits there. */
    private @Nullable Found fits(Snapshot base, Group group, Set<Victim> victims) {
        return gangs.place(without(base, victims), group) instanceof GangVerdict.Placed placed
                ? new Found(victims, placed.assignments())
                : null;
    }

    /** The nodes of each domain in which the group may go as a whole; all nodes when it requires no nearness. */
    private static List<List<Node>> domains(Snapshot snapshot, Group group) {
        String key = "";
        for (Level level : group.levels()) {
            key = level.required() && !group.within().containsKey(level.key()) ? level.key() : key;
        }
        var byValue = new HashMap<String, List<Node>>();
        for (Node node : snapshot.nodes()) {
            boolean inside = group.within().entrySet().stream()
                    .allMatch(e -> e.getValue().equals(node.labels().get(e.getKey())));
            String value = key.isEmpty() ? "" : node.labels().get(key);
            if (inside && value != null && !node.unschedulable()) {
                byValue.computeIfAbsent(value, v -> new ArrayList<>()).add(node);
            }
        }
        return byValue.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<String, List<Node>> e) ->
                                -e.getValue().size())
                        .thenComparing(Map.Entry::getKey))
                .limit(DOMAIN_LIMIT)
                .map(Map.Entry::getValue)
                .toList();
    }

    /** All work on the nodes where the group would go if everything were empty. */
    private @Nullable Found onNodesOf(
            GangVerdict.Placed best, Snapshot base, Group group, Set<Victim> allowed, Rights rights) {
        var nodes = new HashSet<String>();
        best.assignments().forEach(a -> nodes.add(a.placed().node()));
        var victims = new LinkedHashSet<Victim>();
        for (Victim victim : allowed) {
            if (victim.pods().stream().anyMatch(p -> nodes.contains(p.node())) && rights.allows(victim)) {
                rights.take(victim);
                victims.add(victim);
            }
        }
        victims.forEach(rights::giveBack);
        return fits(base, group, victims);
    }

    private Found pruned(Snapshot base, Group group, Found found, Steps steps) {
        Found result = found;
        for (Victim victim : found.victims.stream().sorted(DEAREST_FIRST).toList()) {
            if (!steps.take(group.allPods().size())) {
                return result;
            }
            var fewer = new LinkedHashSet<>(result.victims);
            fewer.remove(victim);
            if (gangs.placeAtOnce(without(base, fewer), group) instanceof GangVerdict.Placed placed) {
                result = new Found(fewer, placed.assignments());
            }
        }
        return result;
    }

    /** The snapshot without some work and what it holds. */
    public static Snapshot without(Snapshot snapshot, Iterable<Victim> victims) {
        var edit = snapshot.edit();
        for (Victim victim : victims) {
            for (Victim.PlacedPod placed : victim.pods()) {
                edit.withoutPod(placed.node(), placed.pod().uid());
                release(edit, placed.pod());
            }
        }
        return edit.build();
    }

    /** A claim is free again when the last of its users goes. */
    static void release(Snapshot.Builder edit, Pod pod) {
        for (String name : pod.claims()) {
            edit.devices()
                    .claim(pod.namespace(), name)
                    .ifPresent(claim -> edit.devices(edit.devices().with(claim.leftBy(pod.uid()))));
        }
    }
}
