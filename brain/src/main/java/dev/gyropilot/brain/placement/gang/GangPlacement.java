package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.gang.Domains.Domain;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.gang.SecondTries.Tried;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Places groups of pods, all or none. On each level of topology the tightest domain that may hold the group is tried first,
 * so that large domains stay whole for large groups; where nearness is only preferred and no domain holds all, the group is
 * spread over as few as possible. Pods that do not go one after another are tried again, see {@link SecondTries}. One thread at
 * a time.
 */
public final class GangPlacement {
    /** How many decisions about single pods one group may cost. */
    private static final int STEP_LIMIT = 200_000;

    /** How many of them may be spent on trying again what did not go at once, for each pod of the group. */
    private static final int RETRY_LIMIT = 16;

    /** The same for a small group. */
    private static final int LEAST_RETRY_LIMIT = 4096;

    private static final Set<Cause> ANYTHING = Set.copyOf(EnumSet.allOf(Cause.class));

    private final Placement anywhere;
    private final Placement thrifty;

    /** @param seed decides between nodes of equal score */
    public GangPlacement(long seed, Allocator allocator) {
        this.anywhere = new Placement(seed, allocator);
        this.thrifty = new Placement(seed, allocator.thrifty());
    }

    /** Finds a place for all pods of the group, on a snapshot that stays as it is. */
    public GangVerdict place(Snapshot snapshot, Group group) {
        int retries = Math.max(LEAST_RETRY_LIMIT, RETRY_LIMIT * group.allPods().size());
        return new Attempt(retries).level(snapshot, group, 0, group.within());
    }

    /** The same, but each pod gets what is best for itself alone: quicker, and not found by every group that has places. */
    public GangVerdict placeAtOnce(Snapshot snapshot, Group group) {
        return new Attempt(0).level(snapshot, group, 0, group.within());
    }

    /** What one attempt knows about shapes bound to a domain is of no use to the next, and large. */
    private final class Attempt {
        private final Placement narrow = anywhere.fresh();
        private final Placement narrowThrifty = thrifty.fresh();
        private final Map<Object, Map<PodShape, PodShape>> shapes = new HashMap<>();
        private int steps;
        private int retries;

        Attempt(int retries) {
            this.retries = retries;
        }

        GangVerdict level(Snapshot snapshot, Group group, int at, Map<String, String> within) {
            if (at == group.levels().size()) {
                return inside(snapshot, group, within);
            }
            Level level = group.levels().get(at);
            if (within.containsKey(level.key())) {
                return level(snapshot, group, at + 1, within);
            }
            List<Domain> domains = Domains.of(snapshot, group, level.key(), within);
            int best = 0;
            String why = "";
            for (Domain domain : domains) {
                if (!domain.enough()) {
                    best = Math.max(
                            best, (int) Math.min(domain.room(), group.allPods().size() - 1));
                    continue;
                }
                switch (level(snapshot, group, at + 1, Domains.inside(within, level.key(), domain.value()))) {
                    case GangVerdict.Placed placed -> {
                        return placed;
                    }
                    case GangVerdict.Refused refused -> {
                        best = Math.max(best, refused.placeable());
                        why = refused.message();
                    }
                }
            }
            if (!level.required()) {
                return spread(snapshot, group, at, within, domains);
            }
            return new GangVerdict.Refused(nowhere(group, level, within, domains, best, why), best, ANYTHING);
        }

        private static String nowhere(
                Group group, Level level, Map<String, String> within, List<Domain> domains, int best, String why) {
            String place = within.isEmpty() ? "" : " within " + within;
            if (domains.isEmpty()) {
                return "no node" + place + " has the label " + level.key() + ", within one value of which "
                        + group.name() + " has to run. Label the nodes, or name another key.";
            }
            return "no " + level.key() + place + " has room for all "
                    + group.allPods().size() + " pods of " + group.name() + "; the best of " + domains.size()
                    + " takes " + best + "." + (why.isEmpty() ? "" : " " + why);
        }

        /** Over as few domains as possible, those with the most room first. */
        private GangVerdict spread(
                Snapshot snapshot, Group group, int at, Map<String, String> within, List<Domain> domains) {
            if (!group.parts().isEmpty()) {
                return level(snapshot, group, at + 1, within);
            }
            Level level = group.levels().get(at);
            var assignments = new ArrayList<Assignment>();
            Snapshot next = snapshot;
            List<Pod> rest = group.pods();
            for (int i = domains.size() - 1; i >= 0 && !rest.isEmpty(); i--) {
                Domain domain = domains.get(i);
                int count = (int) Math.min(rest.size(), domain.room());
                if (count > 0
                        && level(
                                        next,
                                        group.of(rest.subList(0, count)),
                                        at + 1,
                                        Domains.inside(within, level.key(), domain.value()))
                                instanceof GangVerdict.Placed placed) {
                    assignments.addAll(placed.assignments());
                    next = placed.after();
                    rest = rest.subList(count, rest.size());
                }
            }
            return finish(next, group.of(rest), within, assignments);
        }

        private GangVerdict finish(Snapshot snapshot, Group rest, Map<String, String> within, List<Assignment> before) {
            return switch (inside(snapshot, rest, within)) {
                case GangVerdict.Placed placed -> {
                    var all = new ArrayList<>(before);
                    all.addAll(placed.assignments());
                    yield new GangVerdict.Placed(List.copyOf(all), placed.after());
                }
                case GangVerdict.Refused refused ->
                    new GangVerdict.Refused(refused.message(), refused.placeable() + before.size(), refused.causes());
            };
        }

        private GangVerdict inside(Snapshot snapshot, Group group, Map<String, String> within) {
            var assignments = new ArrayList<Assignment>();
            Snapshot next = snapshot;
            for (Group part : group.parts()) {
                var fixed = new HashMap<>(within);
                fixed.putAll(part.within());
                switch (level(next, part, 0, Map.copyOf(fixed))) {
                    case GangVerdict.Placed placed -> {
                        assignments.addAll(placed.assignments());
                        next = placed.after();
                    }
                    case GangVerdict.Refused refused -> {
                        return new GangVerdict.Refused(
                                refused.message(), refused.placeable() + assignments.size(), refused.causes());
                    }
                }
            }
            Snapshot base = next;
            Tried first = tried(base, group, assignments.size(), Trial.plain(group.pods()), within);
            GangVerdict verdict = first.isPlaced()
                    ? first.verdict()
                    : new SecondTries(base, group.pods(), trial -> again(base, group, trial, within))
                            .after(first)
                            .orElse(first.verdict());
            if (verdict instanceof GangVerdict.Placed placed) {
                assignments.addAll(placed.assignments());
                return new GangVerdict.Placed(List.copyOf(assignments), placed.after());
            }
            return verdict;
        }

        private Tried again(Snapshot snapshot, Group group, Trial trial, Map<String, String> within) {
            if (retries <= 0) {
                return Tried.nothing(new GangVerdict.Refused("", 0, ANYTHING));
            }
            int before = steps;
            Tried tried = tried(snapshot, group, 0, trial, within);
            retries -= steps - before;
            return tried;
        }

        /** @param before how many others have a place already, for messages */
        private Tried tried(Snapshot snapshot, Group group, int before, Trial trial, Map<String, String> within) {
            var assignments = new ArrayList<Assignment>();
            Snapshot next = reduced(snapshot, trial);
            for (int i = 0; i < trial.order().size(); i++) {
                Pod pod = trial.order().get(i);
                int placeable = before + i;
                if (++steps > STEP_LIMIT) {
                    return Tried.nothing(new GangVerdict.Refused(
                            "no place was found within " + STEP_LIMIT + " steps.", placeable, ANYTHING));
                }
                switch (decide(next, trial, i, within)) {
                    case Verdict.Placed placed -> {
                        assignments.add(new Assignment(pod, placed));
                        next = next.edit().place(pod, placed).build();
                    }
                    case Verdict.Unplaceable no -> {
                        return new Tried(refused(group, placeable, pod, message(no), no.causes()), pod, i);
                    }
                    case Verdict.Waiting waiting -> {
                        return new Tried(refused(group, placeable, pod, waiting.message(), waiting.causes()), pod, 0);
                    }
                    case Verdict.Failed failed -> {
                        return new Tried(refused(group, placeable, pod, failed.message(), failed.causes()), pod, 0);
                    }
                }
            }
            return new Tried(
                    new GangVerdict.Placed(List.copyOf(assignments), restored(next, snapshot, trial)),
                    null,
                    assignments.size());
        }

        private Verdict decide(Snapshot snapshot, Trial trial, int index, Map<String, String> within) {
            Pod pod = trial.order().get(index);
            Map<String, Long> room = trial.together() ? together(snapshot, trial.order(), index) : Map.of();
            if (within.isEmpty() && room.isEmpty()) {
                return (trial.thrifty() ? thrifty : anywhere).decide(snapshot, pod);
            }
            PodShape shape = shapes.computeIfAbsent(List.of(within, room), w -> new IdentityHashMap<>())
                    .computeIfAbsent(pod.shape(), s -> narrowed(s, within, room));
            return (trial.thrifty() ? narrowThrifty : narrow).decide(snapshot, pod.withShape(shape));
        }
    }

    private static PodShape narrowed(PodShape shape, Map<String, String> within, Map<String, Long> room) {
        PodShape result = within.isEmpty() ? shape : shape.within(within);
        return room.isEmpty() ? result : result.requesting(room);
    }

    /** What a pod and those after it request that share a claim with it which has no devices yet; nothing when none does. */
    private static Map<String, Long> together(Snapshot snapshot, List<Pod> order, int index) {
        List<Claim> open = SecondTries.open(snapshot, order.get(index));
        var sum = new HashMap<>(order.get(index).shape().requests());
        boolean shared = false;
        for (Pod later : order.subList(index + 1, order.size())) {
            if (open.stream().anyMatch(claim -> SecondTries.uses(later, claim))) {
                shared = true;
                later.shape().requests().forEach((resource, amount) -> sum.merge(resource, amount, Long::sum));
            }
        }
        return shared ? Map.copyOf(sum) : Map.of();
    }

    /** The snapshot with the claims of some pods as if they had not named their first alternatives. */
    private static Snapshot reduced(Snapshot snapshot, Trial trial) {
        if (trial.reduced() == 0) {
            return snapshot;
        }
        var edit = snapshot.edit();
        int left = trial.reduced();
        for (Pod pod : trial.order()) {
            List<Claim> open = SecondTries.open(snapshot, pod).stream()
                    .filter(Claim::hasAlternatives)
                    .toList();
            if (left > 0 && !open.isEmpty()) {
                left--;
                open.forEach(claim -> edit.devices(edit.devices().with(claim.withoutFirst(trial.dropped()))));
            }
        }
        return edit.build();
    }

    /** The snapshot with all claims as they were written, and with the devices that they have got by now. */
    private static Snapshot restored(Snapshot placed, Snapshot before, Trial trial) {
        if (trial.reduced() == 0) {
            return placed;
        }
        var edit = placed.edit();
        for (Pod pod : trial.order()) {
            for (Claim claim : SecondTries.open(before, pod)) {
                placed.devices()
                        .claim(claim.namespace(), claim.name())
                        .ifPresent(now -> now.allocation()
                                .ifPresent(allocation -> edit.devices(
                                        edit.devices().with(claim.allocated(allocation, now.reservedFor())))));
            }
        }
        return edit.build();
    }

    private static String message(Verdict.Unplaceable unplaceable) {
        return unplaceable.message()
                + unplaceable.remedy().map(remedy -> " " + remedy.message()).orElse("");
    }

    private static GangVerdict refused(Group group, int placed, Pod pod, String message, Set<Cause> causes) {
        String who = group.pods().size() == 1 && placed == 0
                ? message
                : placed + " of " + group.allPods().size() + " pods of " + group.name() + " find a place, " + pod.name()
                        + " does not: " + message;
        return new GangVerdict.Refused(who, placed, causes);
    }
}
