package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.queue.Cycle;
import dev.gyropilot.brain.placement.queue.Decision;
import dev.gyropilot.brain.placement.queue.Demand;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueTree;
import dev.gyropilot.brain.placement.queue.Remedies;
import dev.gyropilot.brain.placement.queue.Running;
import dev.gyropilot.brain.placement.queue.UsageHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a cycle over the waiting jobs whenever something has changed, and carries out what it decides. Part of the loop, on
 * its thread.
 */
final class Rounds {
    private static final Logger log = LoggerFactory.getLogger(Rounds.class);

    /** How long after the last one another is run although nothing happened: time itself may have helped. */
    private static final Duration AT_LEAST = Duration.ofSeconds(1);

    /** How soon a pod is told of a changed reason. */
    private static final Duration REPORT_PAUSE = Duration.ofSeconds(5);

    /** A gang's pods come one by one; nobody is told within this time that they are too few. */
    private static final Duration GATHERING = Duration.ofSeconds(3);

    private static final Duration RETRY = Duration.ofSeconds(1);

    /** How many remedies are worked out after one cycle; the others get theirs after the next. */
    private static final int REMEDY_LIMIT = 4;

    private final Cycle cycle;
    private final Remedies remedies;
    final UsageHistory history;
    private final Actions actions;
    private final Duration strandedLimit;
    private final Numbers numbers;
    private final QueueStatuses statuses;
    private Instant last = Instant.MIN;

    /** Gives a decision its number, and keeps what to do once it was written. */
    interface Numbers {
        long next(Decider.@Nullable Delivery delivery);
    }

    Rounds(SchedulerConfig config, Allocator allocator, Actions actions, Numbers numbers) {
        this.cycle = new Cycle(config.seed(), allocator);
        this.remedies = new Remedies(config.seed(), allocator);
        this.history = new UsageHistory(config.usageHalfLife().toMillis());
        this.strandedLimit = config.strandedLimit();
        this.actions = actions;
        this.numbers = numbers;
        this.statuses = new QueueStatuses(actions);
    }

    /** When the next cycle is due, with that much time between two at least. */
    Instant due(Jobs jobs, Duration pause) {
        boolean tell = jobs.dirty && !jobs.queues().isEmpty();
        if (!jobs.hasWaiting() && !tell) {
            return Instant.MAX;
        }
        return last.equals(Instant.MIN) ? last : last.plus(jobs.hasWaiting() && jobs.dirty ? pause : AT_LEAST);
    }

    /** Runs a cycle, and carries out what it decides. */
    void run(World world, Instant now) {
        Jobs jobs = world.jobs();
        last = now;
        jobs.dirty = false;
        Snapshot snapshot = world.snapshot();
        long millis = now.toEpochMilli();
        var running = new ArrayList<Running>();
        var waiting = new ArrayList<Job>();
        var tree = QueueTree.of(jobs.queues(), Demand.capacity(snapshot));
        for (Jobs.Gang gang : jobs.gangs()) {
            Running work = jobs.running(gang, snapshot, millis);
            if (work != null) {
                running.add(work);
                tree.charge(work.queue(), work.amount(), 1);
            }
            gather(jobs, gang, snapshot, now, waiting);
        }
        history.advance(tree, millis);
        statuses.update(jobs, tree, running, waiting, now);
        if (waiting.isEmpty()) {
            jobs.reservations = List.of();
            return;
        }
        var result = cycle.run(new Cycle.Input(snapshot, tree, waiting, running, jobs.reservations, millis));
        jobs.reservations = result.reservations();
        var remedied = new Remedied(result.after(), tree, running);
        for (Decision decision : result.decisions()) {
            switch (decision) {
                case Decision.Start start -> start(world, start);
                case Decision.Preempt preempt -> preempt(jobs, preempt);
                case Decision.Wait wait -> tell(jobs, wait, remedied, now);
            }
        }
    }

    private void gather(Jobs jobs, Jobs.Gang gang, Snapshot snapshot, Instant now, List<Job> waiting) {
        List<JobPod> waits = gang.waiting();
        if (waits.isEmpty()) {
            gang.strandedSince = Instant.MAX;
            return;
        }
        // What was stopped is gone; those that wait are new.
        gang.stopping &= gang.placed() > 0;
        String unready = jobs.unready(gang);
        if (unready.isEmpty() && !gang.stopping && !gang.retryAt.isAfter(now)) {
            waiting.addAll(jobs.waiting(gang, snapshot));
        } else if (!unready.isEmpty()) {
            waits.forEach(pod -> tell(pod, "GangIncomplete", unready, now));
        }
        heal(jobs, gang, now);
    }

    /** Some of a gang run and wait in vain for the others: after a while they give back what they hold. */
    private void heal(Jobs jobs, Jobs.Gang gang, Instant now) {
        long placed = gang.placed();
        if (placed == 0 || placed >= jobs.size(gang) || gang.stopping) {
            gang.strandedSince = Instant.MAX;
        } else if (gang.strandedSince.equals(Instant.MAX)) {
            gang.strandedSince = now;
        } else if (now.isAfter(gang.strandedSince.plus(strandedLimit))) {
            log.info("{} is stranded: {} of {} pods run", gang.id, placed, jobs.size(gang));
            stop(
                    gang,
                    "StrandedGang",
                    gang.id + " needs " + jobs.size(gang) + " pods together and only " + placed
                            + " found a place within " + strandedLimit.toSeconds()
                            + " s: it gives back what it holds and starts again as a whole");
        }
    }

    private void start(World world, Decision.Start start) {
        var bindings = new ArrayList<Actions.Bind>();
        for (Assignment assignment : start.assignments()) {
            JobPod pod = world.jobs().find(assignment.pod().uid());
            if (pod != null) {
                Verdict.Placed placed = assignment.placed();
                world.decided(pod.pod, placed);
                world.jobs().decided(pod, placed.node());
                long number = numbers.next(result -> written(world, pod, placed, result));
                bindings.add(new Actions.Bind(number, pod.object, pod.pod.claims(), placed));
            }
        }
        if (!bindings.isEmpty()) {
            actions.bind(bindings);
        }
    }

    private Set<Verdict.Cause> written(World world, JobPod pod, Verdict.Placed placed, Input.Written result) {
        world.written(placed, result.claimVersions());
        pod.binding = false;
        if (result.failure().isEmpty()) {
            return placed.allocations().isEmpty() ? Set.of() : Set.of(Verdict.Cause.CLAIMS);
        }
        var freed = world.undone(pod.pod, placed);
        world.jobs().returned(pod, last.plus(RETRY));
        return freed;
    }

    private void preempt(Jobs jobs, Decision.Preempt preempt) {
        String queue = preempt.job().queue();
        String whom = preempt.job().id() + (queue.isEmpty() ? "" : " of queue " + queue);
        for (Running victim : preempt.victims()) {
            Jobs.Gang gang = jobs.gang(victim.id());
            if (gang != null) {
                boolean same = victim.queue().equals(queue);
                stop(
                        gang,
                        "Preempted",
                        same
                                ? "stopped to make room for " + whom + ", whose priority "
                                        + preempt.job().priority() + " is above " + victim.priority()
                                : "stopped to make room for " + whom + ", which takes back what it is guaranteed and "
                                        + (victim.queue().isEmpty()
                                                ? "work without a queue has"
                                                : "queue " + victim.queue() + " has borrowed"));
            }
        }
    }

    private void stop(Jobs.Gang gang, String reason, String message) {
        gang.stopping = true;
        for (JobPod pod : List.copyOf(gang.pods.values())) {
            if (!pod.isWaiting()) {
                actions.evict(numbers.next(null), gang.id, pod.object, reason, message);
            }
        }
    }

    /** Works out what would help, for the first few that are to be told. */
    private final class Remedied {
        private final Snapshot snapshot;
        private final QueueTree tree;
        private final List<Running> running;
        private int made;

        Remedied(Snapshot snapshot, QueueTree tree, List<Running> running) {
            this.snapshot = snapshot;
            this.tree = tree;
            this.running = running;
        }

        boolean isExhausted() {
            return made >= REMEDY_LIMIT;
        }

        String of(Job job) {
            made++;
            return remedies.of(snapshot, tree, job, running);
        }
    }

    /** The reason of the pod's condition. */
    static String reason(Decision.Why why) {
        return switch (why) {
            case QUEUE -> "QueueNotReady";
            case QUOTA -> "QuotaExceeded";
            case ROOM -> "Unschedulable";
            case RESERVED -> "Reserved";
            case STOPPING -> "Preempting";
        };
    }

    private void tell(Jobs jobs, Decision.Wait wait, Remedied remedied, Instant now) {
        List<JobPod> pods = wait.job().group().allPods().stream()
                .map(member -> jobs.find(member.uid()))
                .filter(pod -> pod != null && !pod.reported.equals(wait.message()) && isDue(pod, now))
                .toList();
        boolean room = wait.why() == Decision.Why.ROOM
                && !jobs.hasReservation(wait.job().id());
        if (pods.isEmpty() || (room && remedied.isExhausted())) {
            return;
        }
        String remedy = room ? remedied.of(wait.job()) : "";
        pods.forEach(pod -> tell(pod, reason(wait.why()), wait.message(), remedy, now));
    }

    private static boolean isDue(JobPod pod, Instant now) {
        boolean gathering = now.toEpochMilli() - pod.pod.createdMillis() < GATHERING.toMillis();
        return !gathering && (pod.reported.isEmpty() || now.isAfter(pod.reportedAt.plus(REPORT_PAUSE)));
    }

    private void tell(JobPod pod, String reason, String message, Instant now) {
        if (!pod.reported.equals(message) && isDue(pod, now)) {
            tell(pod, reason, message, "", now);
        }
    }

    private void tell(JobPod pod, String reason, String message, String remedy, Instant now) {
        pod.reported = message;
        pod.reportedAt = now;
        actions.refuse(numbers.next(null), pod.object, reason, message + remedy);
    }
}
