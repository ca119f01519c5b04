package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.gang.Domains.Domain;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.gang.Group.Level;
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
 * spread over as few as possible. One thread at a time.
 */
public final class GangPlacement {
    /** How many decisions about single pods one group may cost. */
    private static final int STEP_LIMIT = 200_000;

    private static final Set<Cause> ANYTHING = Set.copyOf(EnumSet.allOf(Cause.class));

    private final Placement anywhere;

    /** @param seed decides between nodes of equal score */
    public GangPlacement(long seed, Allocator allocator) {
        this.anywhere = new Placement(seed, allocator);
    }

    /** Finds a place for all pods of the group, on a snapshot that stays as it is. */
    public GangVerdict place(Snapshot snapshot, Group group) {
        // What one attempt knows about shapes bound to a domain is of no use to the next, and large.
        var attempt = new Attempt(anywhere.fresh());
        return attempt.level(snapshot, group, 0, group.within());
    }

    private final class Attempt {
        private final Placement narrow;
        private final Map<Map<String, String>, Map<PodShape, PodShape>> shapes = new HashMap<>();
        private int steps;

        Attempt(Placement narrow) {
            this.narrow = narrow;
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
            for (Pod pod : group.pods()) {
                if (++steps > STEP_LIMIT) {
                    return new GangVerdict.Refused(
                            "no place was found within " + STEP_LIMIT + " steps.", assignments.size(), ANYTHING);
                }
                switch (decide(next, pod, within)) {
                    case Verdict.Placed placed -> {
                        assignments.add(new Assignment(pod, placed));
                        next = next.edit().place(pod, placed).build();
                    }
                    case Verdict.Unplaceable unplaceable -> {
                        return refused(group, assignments.size(), pod, message(unplaceable), unplaceable.causes());
                    }
                    case Verdict.Waiting waiting -> {
                        return refused(group, assignments.size(), pod, waiting.message(), waiting.causes());
                    }
                    case Verdict.Failed failed -> {
                        return refused(group, assignments.size(), pod, failed.message(), failed.causes());
                    }
                }
            }
            return new GangVerdict.Placed(List.copyOf(assignments), next);
        }

        private Verdict decide(Snapshot snapshot, Pod pod, Map<String, String> within) {
            if (within.isEmpty()) {
                return anywhere.decide(snapshot, pod);
            }
            PodShape shape = shapes.computeIfAbsent(within, w -> new IdentityHashMap<>())
                    .computeIfAbsent(pod.shape(), s -> s.within(within));
            return narrow.decide(snapshot, pod.withShape(shape));
        }
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
