package dev.gyropilot.scheduler;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What of a pod matters for its turn and for stopping it.
 *
 * @param startedMillis 0 until it is known
 * @param savedMillis when it last saved its work; 0: never
 * @param expectedMillis how long it says that it will run; 0: it does not say
 * @param ends whether it ends by itself
 * @param stoppable whether it may be stopped for other work at all
 * @param mayPreempt whether other work may be stopped for it
 */
record PodFacts(
        long startedMillis,
        long savedMillis,
        long expectedMillis,
        boolean ends,
        boolean stoppable,
        boolean mayPreempt) {
    /** Priorities from here on belong to the system. */
    private static final int SYSTEM_PRIORITY = 2_000_000_000;

    static PodFacts of(Pod pod) {
        var spec = pod.getSpec();
        Map<String, String> annotations =
                Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
        boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
        boolean system = spec.getPriority() != null && spec.getPriority() >= SYSTEM_PRIORITY;
        boolean ofNode = annotations.containsKey("kubernetes.io/config.mirror")
                || pod.getMetadata().getOwnerReferences().stream().anyMatch(o -> "DaemonSet".equals(o.getKind()));
        String started = pod.getStatus() == null ? null : pod.getStatus().getStartTime();
        return new PodFacts(
                millis(started),
                millis(annotations.get(Names.ANNOTATION_LAST_CHECKPOINT)),
                1000 * seconds(annotations.get(Names.ANNOTATION_EXPECTED_SECONDS)),
                !"Always".equals(Objects.requireNonNullElse(spec.getRestartPolicy(), "Always")),
                !system && !ofNode && !deleting,
                !"Never".equals(spec.getPreemptionPolicy()));
    }

    /** A time that cannot be read counts as none: it only makes a choice between victims less good. */
    private static long millis(@Nullable String time) {
        try {
            return time == null ? 0 : Instant.parse(time).toEpochMilli();
        } catch (DateTimeException e) {
            return 0;
        }
    }

    private static long seconds(@Nullable String number) {
        try {
            return number == null ? 0 : Math.clamp(Long.parseLong(number), 0, Integer.MAX_VALUE);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
