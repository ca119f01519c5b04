package dev.gyropilot.node.pod;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a container that ended waits before its next start: nothing the first time, then 10 s, doubled each time up
 * to 5 minutes, forgotten once it has run for 10 minutes.
 *
 * @param delay the wait that the next end will meet
 * @param startedAt when it was last started under this back-off
 */
public record RestartBackOff(Duration delay, Instant startedAt) {
    static final Duration FIRST = Duration.ofSeconds(10);
    static final Duration LIMIT = Duration.ofMinutes(5);
    static final Duration FORGET = LIMIT.multipliedBy(2);
    static final RestartBackOff NONE = new RestartBackOff(Duration.ZERO, Instant.EPOCH);

    /** When a container that ended at that time may start again. */
    Instant notBefore(Instant ended) {
        return forgotten(ended) ? ended : ended.plus(delay);
    }

    /** The back-off after a start at {@code now} of a container that ended at {@code ended}. */
    RestartBackOff afterRestart(Instant ended, Instant now) {
        if (delay.isZero() || forgotten(ended)) {
            return new RestartBackOff(FIRST, now);
        }
        Duration doubled = delay.multipliedBy(2);
        return new RestartBackOff(doubled.compareTo(LIMIT) > 0 ? LIMIT : doubled, now);
    }

    private boolean forgotten(Instant ended) {
        return Duration.between(startedAt, ended).compareTo(FORGET) > 0;
    }
}
