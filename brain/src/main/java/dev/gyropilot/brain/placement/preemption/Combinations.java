package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.preemption.Preemptor.Found;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every part of little work that may be stopped, the cheapest that makes room: by branch and bound, where a branch ends that costs
 * more than what was found, or in which even all that may still be stopped makes no room.
 */
final class Combinations {
    /** Of more work there are too many parts. */
    static final int LIMIT = 16;

    private final List<Victim> victims;
    private final Rights rights;
    private final Function<Set<Victim>, @Nullable Found> placing;
    private final Preemptor.Steps steps;
    private final int stepsOfOne;
    private final Set<Victim> chosen = new LinkedHashSet<>();
    private @Nullable Found best;
    private boolean complete = true;

    /**
     * @param placing whether there is room when these are gone
     * @param stepsOfOne what it costs to ask that
     */
    Combinations(
            List<Victim> victims,
            Rights rights,
            Function<Set<Victim>, @Nullable Found> placing,
            Preemptor.Steps steps,
            int stepsOfOne) {
        this.victims = victims.stream()
                .sorted(Comparator.comparingDouble(Victim::cost).thenComparing(Victim::id))
                .toList();
        this.rights = rights;
        this.placing = placing;
        this.steps = steps;
        this.stepsOfOne = stepsOfOne;
    }

    /** Null when there is none, or none was found. */
    @Nullable
    Found cheapest() {
        choose(0, 0);
        return best;
    }

    /** Whether none was left out because the steps ran out. */
    boolean isComplete() {
        return complete;
    }

    private void choose(int at, double cost) {
        if (best != null && cost >= best.cost()) {
            return;
        }
        if (!steps.take(2 * stepsOfOne)) {
            complete = false;
            return;
        }
        var most = new LinkedHashSet<>(chosen);
        victims.subList(at, victims.size()).stream().filter(rights::allows).forEach(most::add);
        if (placing.apply(most) == null) {
            return;
        }
        Found found = placing.apply(new LinkedHashSet<>(chosen));
        if (found != null) {
            best = found;
            return;
        }
        if (at == victims.size()) {
            return;
        }
        Victim next = victims.get(at);
        if (rights.allows(next)) {
            rights.take(next);
            chosen.add(next);
            choose(at + 1, cost + next.cost());
            chosen.remove(next);
            rights.giveBack(next);
        }
        choose(at + 1, cost);
    }
}
