package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Verdict.Cause;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitingPodsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final SchedulerConfig config = SchedulerConfig.embedded();
    private final WaitingPods waiting = new WaitingPods(config);

    private void add(String name, int priority, long created) {
        var shape = PodShape.of("default", Map.of(), Map.of());
        waiting.add(
                new io.fabric8.kubernetes.api.model.Pod(),
                new Pod(name, name, shape, priority, created, List.of(), List.of()));
    }

    private @Nullable String next() {
        WaitingPod next = waiting.next();
        return next == null ? null : next.pod.name();
    }

    @Test
    void servesByPriorityThenAge() {
        add("young", 0, 2);
        add("old", 0, 1);
        add("important", 10, 3);
        assertThat(next()).isEqualTo("important");
        assertThat(next()).isEqualTo("old");
        assertThat(next()).isEqualTo("young");
        assertThat(next()).isNull();
    }

    @Test
    void wakesARefusedPodOnlyForWhatHelpsAndNotBeforeItsBackoff() {
        add("pod", 0, 1);
        waiting.park(Objects.requireNonNull(waiting.next()), Set.of(Cause.RESOURCES), START);

        waiting.wake(Set.of(Cause.CLAIMS));
        waiting.advance(START.plus(config.firstBackoff()));
        assertThat(next()).isNull();

        waiting.wake(Set.of(Cause.RESOURCES));
        waiting.advance(START.plusMillis(1));
        assertThat(next()).isNull();
        waiting.advance(START.plus(config.firstBackoff()));
        assertThat(next()).isEqualTo("pod");
    }

    @Test
    void backsOffLongerEachTimeUpToALimit() {
        add("pod", 0, 1);
        Instant now = START;
        Duration last = Duration.ZERO;
        for (int i = 0; i < 10; i++) {
            waiting.retry(Objects.requireNonNull(waiting.next()), now);
            Instant due = Objects.requireNonNull(waiting.nextDue());
            Duration wait = Duration.between(now, due);
            assertThat(wait).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(config.backoffLimit());
            last = wait;
            now = due;
            waiting.advance(now);
        }
        assertThat(last).isEqualTo(config.backoffLimit());
    }

    @Test
    void triesARefusedPodAgainAfterTheLimitEvenWithoutAnEvent() {
        add("pod", 0, 1);
        waiting.park(Objects.requireNonNull(waiting.next()), Set.of(Cause.NODE), START);
        waiting.advance(START.plus(config.unschedulableRetry()).plusMillis(1));
        waiting.advance(START.plus(config.unschedulableRetry()).plusMillis(1));
        assertThat(next()).isEqualTo("pod");
    }

    @Test
    void aPodWhoseClaimIsOnItsWayIsTriedAsSoonAsItComes() {
        add("pod", 0, 1);
        waiting.await(Objects.requireNonNull(waiting.next()), Set.of(Cause.CLAIMS), START);
        waiting.wake(Set.of(Cause.CLAIMS));
        waiting.advance(START);
        assertThat(next()).isEqualTo("pod");
    }

    @Test
    void forgetsARemovedPod() {
        add("pod", 0, 1);
        waiting.remove("pod");
        assertThat(next()).isNull();
        assertThat(waiting.size()).isZero();
    }
}
