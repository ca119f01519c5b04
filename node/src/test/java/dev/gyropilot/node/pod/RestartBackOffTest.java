package dev.gyropilot.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestartBackOffTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void restartsAtOnceThenWaitsTwiceAsLongEachTimeUpToFiveMinutes() {
        List<Long> waits = new ArrayList<>();
        RestartBackOff backOff = RestartBackOff.NONE;
        Instant now = START;
        for (int i = 0; i < 8; i++) {
            Instant ended = now.plusSeconds(1);
            Instant next = backOff.notBefore(ended);
            waits.add(Duration.between(ended, next).toSeconds());
            backOff = backOff.afterRestart(ended, next);
            now = next;
        }
        assertThat(waits).containsExactly(0L, 10L, 20L, 40L, 80L, 160L, 300L, 300L);
    }

    @Test
    void forgetsAfterTenMinutesOfRunning() {
        RestartBackOff backOff = new RestartBackOff(Duration.ofMinutes(5), START);
        Instant ended = START.plus(Duration.ofMinutes(11));
        assertThat(backOff.notBefore(ended)).isEqualTo(ended);
        assertThat(backOff.afterRestart(ended, ended).delay()).isEqualTo(Duration.ofSeconds(10));
    }
}
