package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.queue.RunTimes;
import dev.gyropilot.brain.placement.queue.UsageHistory;
import dev.gyropilot.scheduler.groups.Membership;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scheduler's state and its decisions, which follow from the rounds alone: the same rounds give the same decisions, so that
 * a recorded run can be repeated. Single-threaded.
 */
final class Decider {
    private static final Logger log = LoggerFactory.getLogger(Decider.class);

    /** How many pods are decided before changes are looked at again. */
    private static final int DECISIONS_PER_ROUND = 64;

    private final Placement placement;
    private final Actions actions;
    private final int undeliveredLimit;
    private final World world = new World();
    private final WaitingPods waiting;
    private final Rounds rounds;

    /** Absent where the cluster's own controller does it. */
    private final Optional<DeviceEvictions> evictions;

    /** Refusals that hold until something that could help happens, so that equal pods are judged once. */
    private final IdentityHashMap<PodShape, Verdict.Unplaceable> refusals = new IdentityHashMap<>();

    /** Decisions that are being written, by number. */
    private final Map<Long, Delivery> undelivered = new HashMap<>();

    private boolean deciding;
    private long decisions;
    private Instant now = Instant.MIN;

    /** What to do once a decision was written, or could not be. */
    @FunctionalInterface
    interface Delivery {
        Set<Cause> take(Input.Written result);
    }

    Decider(SchedulerConfig config, Actions actions) {
        var inOrder = new Allocator(Features.ALL, new CelSelectors());
        Allocator allocator = config.thriftyDevices() ? inOrder.thrifty() : inOrder;
        this.actions = actions;
        this.placement = new Placement(config.seed(), allocator);
        this.undeliveredLimit = config.undeliveredLimit();
        this.waiting = new WaitingPods(config);
        this.rounds = new Rounds(config, allocator, actions, this::number);
        this.evictions =
                config.claimController() ? Optional.of(new DeviceEvictions(actions, this::number)) : Optional.empty();
    }

    /**
     * What a round took of the thread's time.
     *
     * @param learning zero when nothing was learned
     */
    record Spent(Duration learning, Duration cycle) {}

    /** Takes in what happened, and decides what can be decided now. */
    Spent run(Round round) {
        now = round.at();
        world.at(now);
        round.inputs().forEach(this::take);
        waiting.advance(now);
        if (deciding) {
            evictions.ifPresent(all -> all.run(world, now));
        }
        long begin = System.nanoTime();
        boolean learns = deciding && round.learns();
        if (learns) {
            world.learn();
        }
        long learned = System.nanoTime();
        boolean cycles = deciding
                && hasRoom()
                && !rounds.due(world.jobs(), round.cyclePause()).isAfter(now);
        if (cycles) {
            rounds.run(world, now);
        }
        long cycled = System.nanoTime();
        if (deciding) {
            decide();
        }
        return new Spent(
                learns ? Duration.ofNanos(learned - begin) : Duration.ZERO,
                cycles ? Duration.ofNanos(cycled - learned) : Duration.ZERO);
    }

    /** What was learned of the past, which objects do not tell. */
    record Memory(UsageHistory.State usage, Map<String, RunTimes.Mean> runTimes) {}

    Memory memory() {
        return new Memory(rounds.history.state(), world.jobs().runTimes.state());
    }

    /** Goes on with what another had learned. */
    void restore(Memory memory) {
        rounds.history.restore(memory.usage());
        world.jobs().runTimes.restore(memory.runTimes());
    }

    /** Whether a new one that sees the same objects would know the same. */
    boolean isQuiet() {
        return undelivered.isEmpty() && !waiting.hasReady() && waiting.isQuiet() && world.isQuiet();
    }

    int nodes() {
        return world.snapshot().nodes().size();
    }

    int waiting() {
        return waiting.size() + world.jobs().waitingPods().size();
    }

    /** Whether a further round decides something even when nothing happens. */
    boolean isReady() {
        return deciding && waiting.hasReady() && hasRoom();
    }

    /** When a further round has something to do even when nothing happens; {@link Instant#MAX} when never. */
    Instant due(Duration cyclePause) {
        Instant next = waiting.nextDue();
        Instant cycle = deciding ? rounds.due(world.jobs(), cyclePause) : Instant.MAX;
        return next == null || cycle.isBefore(next) ? cycle : next;
    }

    private boolean hasRoom() {
        return undelivered.size() < undeliveredLimit;
    }

    private long number(@Nullable Delivery delivery) {
        decisions++;
        if (delivery != null) {
            undelivered.put(decisions, delivery);
        }
        return decisions;
    }

    private void take(Input input) {
        try {
            Set<Cause> helped = switch (input) {
                case Input.Seen seen -> seen.change().apply(world, waiting);
                case Input.Written written -> {
                    Delivery delivery = undelivered.remove(written.decision());
                    yield delivery == null ? Set.of() : delivery.take(written);
                }
                case Input.Opened() -> {
                    deciding = true;
                    yield Set.of();
                }
                case Input.NotStopped failed -> {
                    world.jobs().notStopped(failed.job());
                    yield Set.of();
                }
            };
            if (!helped.isEmpty()) {
                refusals.clear();
                waiting.wake(helped);
                world.jobs().dirty = true;
            }
        } catch (RuntimeException e) {
            log.error("a change could not be taken in", e);
        }
    }

    private void decide() {
        for (int n = 0; n < DECISIONS_PER_ROUND && hasRoom(); n++) {
            WaitingPod next = waiting.next();
            if (next == null) {
                return;
            }
            if (!world.jobs().reservations.isEmpty()) {
                adopt(next);
                continue;
            }
            if (world.sharesUnwrittenClaim(next.pod)) {
                waiting.await(next, Set.of(Cause.CLAIMS), now);
                continue;
            }
            try {
                carryOut(next, judge(next));
            } catch (RuntimeException e) {
                log.error("pod {}/{} could not be judged", next.pod.namespace(), next.pod.name(), e);
                waiting.park(next, Set.of(Cause.NODE), now);
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
        boolean own = world.snapshot().devices().concern(next.pod);
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
                long number = number(result -> bindingWritten(next, placed, result));
                actions.bind(List.of(new Actions.Bind(number, next.object, next.pod.claims(), placed)));
                waiting.wake(helped);
                if (helped.contains(Cause.PODS)) {
                    refusals.values().removeIf(refusal -> refusal.causes().contains(Cause.PODS));
                }
            }
            case Verdict.Unplaceable ignored when mayPreempt(next) -> adopt(next);
            case Verdict.Unplaceable refusal -> refuse(next, withRemedy(refusal), refusal.causes(), "Unschedulable");
            case Verdict.Waiting missing when next.attempts == 1 -> waiting.await(next, missing.causes(), now);
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
        waiting.park(next, causes, now);
        if (!next.reported.equals(message)) {
            next.reported = message;
            actions.refuse(number(null), next.object, reason, message);
        }
    }

    private Set<Cause> bindingWritten(WaitingPod bound, Verdict.Placed placed, Input.Written result) {
        world.written(placed, result.claimVersions());
        if (result.failure().isEmpty()) {
            return placed.allocations().isEmpty() ? Set.of() : Set.of(Cause.CLAIMS);
        }
        Set<Cause> freed = world.undone(bound.pod, placed);
        if (bound.place != WaitingPod.Place.GONE) {
            waiting.retry(bound, now);
        }
        return freed;
    }
}
