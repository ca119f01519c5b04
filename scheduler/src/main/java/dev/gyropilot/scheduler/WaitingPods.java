package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict.Cause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pods that want a node: ready ones by priority, then age; refused ones wait for an event that could help them, never
 * shorter than their back-off and never longer than a limit. Single-threaded.
 */
final class WaitingPods {
    private static final Comparator<WaitingPod> URGENCY = Comparator.comparingInt((WaitingPod w) -> w.pod.priority())
            .reversed()
            .thenComparingLong(w -> w.pod.createdMillis())
            .thenComparingLong(w -> w.order);

    private final Duration firstBackoff;
    private final Duration backoffLimit;
    private final Duration retry;
    private final Map<String, WaitingPod> byUid = new HashMap<>();
    private final PriorityQueue<WaitingPod> active = new PriorityQueue<>(URGENCY);
    private final PriorityQueue<WaitingPod> backingOff =
            new PriorityQueue<>(Comparator.comparing((WaitingPod w) -> w.readyAt));

    /** In the order in which they were parked. */
    private final Set<WaitingPod> parked = new LinkedHashSet<>();

    /** Pods whose claims are on their way, in the order in which they came; tried again after a short while anyway. */
    private final Set<WaitingPod> awaiting = new LinkedHashSet<>();

    private long orders;

    WaitingPods(SchedulerConfig config) {
        firstBackoff = config.firstBackoff();
        backoffLimit = config.backoffLimit();
        retry = config.unschedulableRetry();
    }

    int size() {
        return byUid.size();
    }

    @Nullable
    WaitingPod find(String uid) {
        return byUid.get(uid);
    }

    void add(io.fabric8.kubernetes.api.model.Pod object, dev.gyropilot.brain.placement.Pod pod) {
        var waiting = new WaitingPod(object, pod, orders++);
        byUid.put(pod.uid(), waiting);
        active.add(waiting);
    }

    /** Takes in a changed pod; one that was refused is tried again, as the change may be what it needed. */
    void update(
            WaitingPod waiting,
            io.fabric8.kubernetes.api.model.Pod object,
            dev.gyropilot.brain.placement.Pod pod,
            boolean worthTrying) {
        boolean wasActive = active.remove(waiting);
        waiting.object = object;
        waiting.pod = pod;
        if (wasActive) {
            active.add(waiting);
        } else if (worthTrying && waiting.place == WaitingPod.Place.PARKED) {
            activate(waiting);
        }
    }

    void remove(String uid) {
        WaitingPod waiting = byUid.remove(uid);
        if (waiting != null) {
            active.remove(waiting);
            backingOff.remove(waiting);
            parked.remove(waiting);
            awaiting.remove(waiting);
            waiting.place = WaitingPod.Place.GONE;
        }
    }

    /** The most urgent ready pod, which is then being bound or refused; null when none is ready. */
    @Nullable
    WaitingPod next() {
        WaitingPod waiting = active.poll();
        if (waiting != null) {
            waiting.place = WaitingPod.Place.BINDING;
            waiting.attempts++;
        }
        return waiting;
    }

    /** Whether the API shows all that was decided. */
    boolean isQuiet() {
        return byUid.values().stream().noneMatch(w -> w.place == WaitingPod.Place.BINDING);
    }

    boolean hasReady() {
        return !active.isEmpty();
    }

    /** Keeps a refused pod until something happens in one of the areas. */
    void park(WaitingPod waiting, Set<Cause> causes, Instant now) {
        waiting.causes = causes;
        waiting.parkedAt = now;
        waiting.readyAt = now.plus(backoff(waiting));
        waiting.place = WaitingPod.Place.PARKED;
        parked.add(waiting);
    }

    /** Keeps a pod for a moment: what it lacks is usually on its way. */
    void await(WaitingPod waiting, Set<Cause> causes, Instant now) {
        waiting.causes = causes;
        waiting.parkedAt = now;
        waiting.readyAt = now;
        waiting.place = WaitingPod.Place.PARKED;
        awaiting.add(waiting);
    }

    /** Tries a pod again after its back-off whatever happens: its decision could not be carried out. */
    void retry(WaitingPod waiting, Instant now) {
        waiting.readyAt = now.plus(backoff(waiting));
        waiting.place = WaitingPod.Place.BACKING_OFF;
        backingOff.add(waiting);
    }

    /** Something happened that may help the pods parked for one of these causes. */
    void wake(Set<Cause> causes) {
        var helped = new ArrayList<WaitingPod>();
        parked.stream().filter(w -> isHelped(w, causes)).forEach(helped::add);
        awaiting.stream().filter(w -> isHelped(w, causes)).forEach(helped::add);
        helped.forEach(this::activate);
    }

    private static boolean isHelped(WaitingPod waiting, Set<Cause> causes) {
        for (Cause cause : causes) {
            if (waiting.causes.contains(cause)) {
                return true;
            }
        }
        return false;
    }

    /** Moves what is due to the ready ones. */
    void advance(Instant now) {
        while (!backingOff.isEmpty() && !backingOff.peek().readyAt.isAfter(now)) {
            WaitingPod waiting = backingOff.poll();
            waiting.place = WaitingPod.Place.ACTIVE;
            active.add(waiting);
        }
        while (!parked.isEmpty()
                && parked.iterator().next().parkedAt.plus(retry).isBefore(now)) {
            activate(parked.iterator().next());
        }
        while (!awaiting.isEmpty()
                && awaiting.iterator().next().parkedAt.plus(firstBackoff).isBefore(now)) {
            activate(awaiting.iterator().next());
        }
    }

    /** When {@link #advance} next has something to do; null when never. */
    @Nullable
    Instant nextDue() {
        Instant due = backingOff.isEmpty() ? null : backingOff.peek().readyAt;
        if (!parked.isEmpty()) {
            Instant flush = parked.iterator().next().parkedAt.plus(retry);
            due = due == null || flush.isBefore(due) ? flush : due;
        }
        if (!awaiting.isEmpty()) {
            Instant grace = awaiting.iterator().next().parkedAt.plus(firstBackoff);
            due = due == null || grace.isBefore(due) ? grace : due;
        }
        return due;
    }

    private void activate(WaitingPod waiting) {
        parked.remove(waiting);
        awaiting.remove(waiting);
        waiting.place = WaitingPod.Place.BACKING_OFF;
        backingOff.add(waiting);
    }

    private Duration backoff(WaitingPod waiting) {
        Duration delay = firstBackoff.multipliedBy(1L << Math.min(16, Math.max(0, waiting.attempts - 1)));
        return delay.compareTo(backoffLimit) > 0 ? backoffLimit : delay;
    }
}
