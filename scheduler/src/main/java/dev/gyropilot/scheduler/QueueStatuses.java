package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.brain.placement.queue.QueueTree;
import dev.gyropilot.brain.placement.queue.Running;
import dev.gyropilot.scheduler.groups.ForeignQueues;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells each Queue what its work uses, at most once a second and only what has changed. */
final class QueueStatuses {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Actions actions;
    private final Map<String, Seen> told = new HashMap<>();
    private Instant last = Instant.MIN;

    /**
     * What was observed.
     *
     * @param problem why no work is taken from it
     */
    record Seen(QueueRules rules, Amount usage, int running, int pending, Optional<String> problem) {}

    QueueStatuses(Actions actions) {
        this.actions = actions;
    }

    void update(Jobs jobs, QueueTree tree, List<Running> running, List<Job> waiting, Instant now) {
        if (!last.equals(Instant.MIN) && now.isBefore(last.plus(PAUSE))) {
            // The next cycle tells what this one may not.
            jobs.dirty |= !jobs.queues().isEmpty() && !jobs.hasWaiting();
            return;
        }
        last = now;
        var parents = new HashMap<String, String>();
        jobs.queues().forEach(queue -> queue.parent().ifPresent(parent -> parents.put(queue.name(), parent)));
        var runs = new HashMap<String, Integer>();
        running.forEach(work -> count(runs, parents, work.queue()));
        var waits = new HashMap<String, Integer>();
        waiting.forEach(job -> count(waits, parents, job.queue()));
        for (QueueRules queue : jobs.queues()) {
            if (ForeignQueues.isForeign(queue.name())) {
                continue;
            }
            var seen = new Seen(
                    queue,
                    tree.usage(queue.name()),
                    runs.getOrDefault(queue.name(), 0),
                    waits.getOrDefault(queue.name(), 0),
                    tree.problem(queue.name()));
            if (!seen.equals(told.put(queue.name(), seen))) {
                actions.queueStatus(seen);
            }
        }
    }

    private static void count(Map<String, Integer> counts, Map<String, String> parents, String queue) {
        Set<String> path = new HashSet<>();
        for (@Nullable String at = queue; at != null && path.add(at); at = parents.get(at)) {
            counts.merge(at, 1, Integer::sum);
        }
    }
}
