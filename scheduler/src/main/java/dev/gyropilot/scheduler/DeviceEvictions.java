package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.Eviction;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Stops the pods that hold a device with a {@code NoExecute} taint which their claim does not tolerate, or no longer, as
 * kube-controller-manager's device taint eviction does. Part of the {@link Decider}.
 */
final class DeviceEvictions {
    /** How often is looked, and so how late a pod is stopped at most. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** After how long a pod that is still there is stopped again. */
    private static final Duration RETRY = Duration.ofSeconds(30);

    /** The reasons of the event and of the condition. */
    static final String EVENT = "DeviceTaintManagerEviction";

    static final String CONDITION = "DeletionByDeviceTaintManager";

    private final Actions actions;
    private final Rounds.Numbers numbers;

    /** When pods that were stopped are stopped again, by uid. */
    private final Map<String, Instant> stopped = new HashMap<>();

    private Instant next = Instant.MIN;

    DeviceEvictions(Actions actions, Rounds.Numbers numbers) {
        this.actions = actions;
        this.numbers = numbers;
    }

    void run(World world, Instant now) {
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(PAUSE);
        stopped.values().removeIf(again -> !again.isAfter(now));
        if (!world.mayEvict()) {
            return;
        }
        Devices devices = world.snapshot().devices();
        for (Claim claim : world.claims()) {
            if (!claim.reservedFor().isEmpty()) {
                devices.eviction(claim)
                        .filter(eviction -> eviction.atMillis() <= now.toEpochMilli())
                        .ifPresent(eviction -> stop(world.jobs(), claim, eviction, now));
            }
        }
    }

    private void stop(Jobs jobs, Claim claim, Eviction eviction, Instant now) {
        String message = "device " + eviction.device() + " of claim " + claim.name() + " has the taint "
                + eviction.taint() + ", which the claim does not tolerate"
                + (eviction.atMillis() > eviction.taint().addedMillis() ? " any longer" : "");
        // In an order that is the same in each process, as decisions are to be made again.
        for (String uid : new TreeSet<>(claim.reservedFor())) {
            JobPod pod = jobs.find(uid);
            if (pod != null
                    && !pod.isWaiting()
                    && pod.object.getMetadata().getDeletionTimestamp() == null
                    && stopped.putIfAbsent(uid, now.plus(RETRY)) == null) {
                actions.evict(numbers.next(null), Jobs.id(pod), pod.object, EVENT, message);
            }
        }
    }
}
