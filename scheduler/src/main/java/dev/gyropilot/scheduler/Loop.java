package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.scheduler.groups.Membership;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns the scheduler's state: takes in changes, decides, and hands decisions to the {@link Writer}, whose
 * results come back as changes.
 */
final class Loop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Loop.class);

    /** How many changes may wait; whoever brings more is held up. */
    private static final int INBOX_LIMIT = 65_536;

    /** How many decisions are made before changes are looked at again. */
    private static final int DECISIONS_PER_ROUND = 64;

    /** How long a round waits at most when there is nothing to do. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(1);

    /** How often it is learned what work to expect, and at most which part of the time that takes, as one in this many. */
    private static final Duration LEARN_PAUSE = Duration.ofSeconds(30);

    private static final int LEARNING_SHARE = 100;

    private final InstantSource clock;
    private final Placement placement;
    private final Writer writer;
    private final int undeliveredLimit;
    private final BlockingQueue<Change> inbox = new LinkedBlockingQueue<>(INBOX_LIMIT);
    private final World world = new World();
    private final WaitingPods waiting;
    private final Rounds rounds;

    /** Refusals that hold until something that could help happens, so that equal pods are judged once. */
    private final IdentityHashMap<PodShape, Verdict.Unplaceable> refusals = new IdentityHashMap<>();

    private Instant learnAgain = Instant.MIN;
    private int undelivered;
    private boolean deciding;
    private volatile boolean closed;
    private final Thread thread;

    /** Something that happened; applied on the loop's thread. */
    @FunctionalInterface
    interface Change {
        /** Returns the causes of refusal that may no longer hold. */
        Set<Cause> apply(World world, WaitingPods waiting);
    }

    Loop(SchedulerConfig config, InstantSource clock, Placement placement, Allocator allocator, Writer writer) {
        this.clock = clock;
        this.placement = placement;
        this.writer = writer;
        this.undeliveredLimit = config.undeliveredLimit();
        this.waiting = new WaitingPods(config);
        this.rounds = new Rounds(config, allocator, writer, this::delivered);
        this.thread = Thread.ofPlatform().name("scheduler").daemon().unstarted(this::run);
    }

    /** Begins to take in changes; nothing is decided yet. */
    void listen() {
        thread.start();
    }

    /** Lets decisions begin: all that was listed has been handed in. */
    void open() throws InterruptedException {
        submit((world, waiting) -> {
            deciding = true;
            return Set.of();
        });
    }

    /** A change that says that one decision is no longer on its way. */
    private void delivered(Change change) throws InterruptedException {
        submit((world, waiting) -> {
            undelivered--;
            return change.apply(world, waiting);
        });
    }

    /** Hands in a change; waits while too many are pending. */
    void submit(Change change) throws InterruptedException {
        inbox.put(change);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        while (!closed) {
            try {
                takeChanges();
                waiting.advance(clock.instant());
                learn();
                cycle();
                decide();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                log.error("a scheduling round failed; the next one goes on", e);
            }
        }
    }

    private void learn() {
        Instant now = clock.instant();
        if (deciding && !now.isBefore(learnAgain)) {
            long begin = System.nanoTime();
            world.learn();
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            Duration pause = took.multipliedBy(LEARNING_SHARE);
            learnAgain = now.plus(pause.compareTo(LEARN_PAUSE) > 0 ? pause : LEARN_PAUSE);
        }
    }

    private void takeChanges() throws InterruptedException {
        boolean mayDecide = deciding && waiting.hasReady() && undelivered < undeliveredLimit;
        Change first = mayDecide ? inbox.poll() : inbox.poll(idle().toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        var changes = new ArrayList<Change>();
        changes.add(first);
        inbox.drainTo(changes);
        for (Change change : changes) {
            try {
                Set<Cause> helped = change.apply(world, waiting);
                if (!helped.isEmpty()) {
                    refusals.clear();
                    waiting.wake(helped);
                    world.jobs().dirty = true;
                }
            } catch (RuntimeException e) {
                log.error("a change could not be taken in", e);
            }
        }
    }

    private void cycle() {
        Instant now = clock.instant();
        if (deciding
                && undelivered < undeliveredLimit
                && !rounds.due(world.jobs()).isAfter(now)) {
            undelivered += rounds.run(world, now);
        }
    }

    private Duration idle() {
        Instant next = waiting.nextDue();
        Instant round = deciding ? rounds.due(world.jobs()) : Instant.MAX;
        Instant due = next == null || round.isBefore(next) ? round : next;
        if (due.equals(Instant.MAX)) {
            return IDLE_LIMIT;
        }
        if (due.equals(Instant.MIN)) {
            return Duration.ZERO;
        }
        Duration until = Duration.between(clock.instant(), due);
        return until.isNegative() ? Duration.ZERO : until.compareTo(IDLE_LIMIT) < 0 ? until.plusMillis(1) : IDLE_LIMIT;
    }

    private void decide() {
        for (int n = 0; deciding && n < DECISIONS_PER_ROUND && undelivered < undeliveredLimit; n++) {
            WaitingPod next = waiting.next();
            if (next == null) {
                return;
            }
            if (!world.jobs().reservations.isEmpty()) {
                adopt(next);
                continue;
            }
            if (world.sharesUnwrittenClaim(next.pod)) {
                waiting.await(next, Set.of(Cause.CLAIMS), clock.instant());
                continue;
            }
            try {
                carryOut(next, judge(next));
            } catch (RuntimeException e) {
                log.error("pod {}/{} could not be judged", next.pod.namespace(), next.pod.name(), e);
                waiting.park(next, Set.of(Cause.NODE), clock.instant());
            }
        }
    }

    /** From now on the pod is decided in cycles, which know whose room is kept and what may be stopped for whom. */
    private void adopt(WaitingPod next) {
        waiting.remove(next.pod.uid());
        world.jobs().waits(next.object, next.pod, PodFacts.of(next.object), Membership.NONE);
    }

    private Verdict judge(WaitingPod next) {
        PodShape shape = next.pod.shape();
        boolean own = next.pod.hasClaims();
        Verdict.Unplaceable known = own ? null : refusals.get(shape);
        if (known != null) {
            return known;
        }
        Verdict verdict = placement.decide(world.snapshot(), next.pod);
        if (!own && verdict instanceof Verdict.Unplaceable refusal) {
            refusals.put(shape, refusal);
        }
        return verdict;
    }

    private void carryOut(WaitingPod next, Verdict verdict) {
        switch (verdict) {
            case Verdict.Placed placed -> {
                Set<Cause> helped = world.decided(next.pod, placed);
                undelivered++;
                writer.bind(
                        next.object, next.pod.claims(), placed, result -> submit(bindingWritten(next, placed, result)));
                waiting.wake(helped);
                if (helped.contains(Cause.PODS)) {
                    refusals.values().removeIf(refusal -> refusal.causes().contains(Cause.PODS));
                }
            }
            case Verdict.Unplaceable ignored when mayPreempt(next) -> adopt(next);
            case Verdict.Unplaceable refusal -> refuse(next, withRemedy(refusal), refusal.causes(), "Unschedulable");
            case Verdict.Waiting missing
            when next.attempts == 1 -> waiting.await(next, missing.causes(), clock.instant());
            case Verdict.Waiting missing -> refuse(next, missing.message(), missing.causes(), "Unschedulable");
            case Verdict.Failed failed -> refuse(next, failed.message(), failed.causes(), "SchedulerError");
        }
    }

    private boolean mayPreempt(WaitingPod next) {
        return world.jobs().mayPreempt(next.pod.priority())
                && PodFacts.of(next.object).mayPreempt();
    }

    /** What kube-scheduler would say, which programs parse, and then the smallest change that would help. */
    private static String withRemedy(Verdict.Unplaceable refusal) {
        return refusal.message()
                + refusal.remedy().map(remedy -> " " + remedy.message()).orElse("");
    }

    private void refuse(WaitingPod next, String message, Set<Cause> causes, String reason) {
        waiting.park(next, causes, clock.instant());
        if (!next.reported.equals(message)) {
            next.reported = message;
            writer.refused(next.object, reason, message);
        }
    }

    private Change bindingWritten(WaitingPod bound, Verdict.Placed placed, Writer.Result result) {
        return (w, pods) -> {
            undelivered--;
            w.written(placed, result.claimVersions());
            if (result.failure().isEmpty()) {
                return placed.allocations().isEmpty() ? Set.of() : Set.of(Cause.CLAIMS);
            }
            Set<Cause> freed = w.undone(bound.pod, placed);
            if (bound.place != WaitingPod.Place.GONE) {
                pods.retry(bound, clock.instant());
            }
            return freed;
        };
    }
}
