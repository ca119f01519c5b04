package dev.gyropilot.scheduler;

import dev.gyropilot.api.config.Setting;
import java.time.Duration;
import java.util.Set;

/**
 * How a scheduler works.
 *
 * @param schedulerNames the values of {@code spec.schedulerName} of the pods that are ours
 * @param claimController whether this process makes claims from templates, releases them, and stops pods whose devices
 *     are tainted; false where the cluster has a kube-controller-manager
 * @param seed decides between nodes of equal score
 * @param thriftyDevices whether claims get the devices that cost others least, in place of the first in their driver's order
 * @param bindParallelism how many bindings are written at once
 * @param undeliveredLimit how many decisions may wait to be written before no further ones are made
 * @param firstBackoff how long a refused pod waits at least before its second attempt; doubles with each attempt
 * @param backoffLimit the longest of these waits
 * @param unschedulableRetry after this long a refused pod is tried again even if no event spoke for it
 * @param usageHalfLife after which what a queue used counts half in its share
 * @param strandedLimit how long a gang may run in part before it gives back what it holds
 * @param journalMebibytes how much is kept of what it saw and decided; 0: nothing
 * @param syncLimit how long the first lists may take
 */
public record SchedulerConfig(
        Set<String> schedulerNames,
        boolean claimController,
        @Setting("Decides between nodes of equal score.") long seed,

        @Setting(
                "Whether claims get the devices that cost others least, such as the smallest partitions that will do, in place"
                        + " of the first in their driver's order.")
        boolean thriftyDevices,

        @Setting("How many bindings are written at once.") int bindParallelism,

        @Setting("How many decisions may wait to be written before no further ones are made.")
        int undeliveredLimit,

        @Setting("How long a refused pod waits at least before its second attempt; doubles with each attempt.")
        Duration firstBackoff,

        @Setting("The longest of these waits.") Duration backoffLimit,

        @Setting("After this long a refused pod is tried again even if no event spoke for it.")
        Duration unschedulableRetry,

        @Setting("What a queue used counts half in its share after this long.")
        Duration usageHalfLife,

        @Setting("A gang of which some pods run and the others find no place for this long gives back what it holds.")
        Duration strandedLimit,

        @Setting("How much is kept of what the scheduler saw and decided, for `gyro replay`; 0 keeps nothing.")
        int journalMebibytes,

        Duration syncLimit) {
    /** The name by which a pod on any cluster asks for this scheduler. */
    public static final String NAME = "gyropilot";

    public SchedulerConfig {
        schedulerNames = Set.copyOf(schedulerNames);
        if (schedulerNames.isEmpty()) {
            throw new IllegalArgumentException("schedulerNames is empty: no pod would be ours. Maybe \"" + NAME + "\"");
        }
        if (bindParallelism < 1 || undeliveredLimit < bindParallelism) {
            throw new IllegalArgumentException("bindParallelism " + bindParallelism
                    + " must be at least 1, and undeliveredLimit " + undeliveredLimit + " not below it");
        }
        if (journalMebibytes < 0) {
            throw new IllegalArgumentException("journalMebibytes is " + journalMebibytes + ": it must be 0 or more");
        }
    }

    /** The only scheduler of the embedded API. */
    public static SchedulerConfig embedded() {
        return alongside(Set.of("default-scheduler", NAME)).withClaimController(true);
    }

    /** A further scheduler on a real cluster. */
    public static SchedulerConfig alongside(Set<String> schedulerNames) {
        return new SchedulerConfig(
                schedulerNames,
                false,
                0,
                true,
                64,
                1024,
                Duration.ofMillis(500),
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                Duration.ofHours(24),
                Duration.ofSeconds(60),
                256,
                Duration.ofSeconds(60));
    }

    public SchedulerConfig withClaimController(boolean on) {
        return new SchedulerConfig(
                schedulerNames,
                on,
                seed,
                thriftyDevices,
                bindParallelism,
                undeliveredLimit,
                firstBackoff,
                backoffLimit,
                unschedulableRetry,
                usageHalfLife,
                strandedLimit,
                journalMebibytes,
                syncLimit);
    }
}
