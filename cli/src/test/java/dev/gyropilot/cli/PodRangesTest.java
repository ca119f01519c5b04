package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PodRangesTest {
    private static final String RANGE = "127.192.0.0/16";

    @Test
    void twoInstallationsNeverHoldTheSamePart() throws Exception {
        try (var one = new PodRanges();
                var other = new PodRanges()) {
            String first = one.hold(RANGE, 24, "same");
            assertThat(other.hold(RANGE, 24, "same")).isNotEqualTo(first);
        }
    }

    @Test
    void theSameInstallationGetsItsPartAgain() throws Exception {
        String before;
        try (var one = new PodRanges()) {
            before = one.hold(RANGE, 24, "again");
        }
        try (var one = new PodRanges()) {
            assertThat(one.hold(RANGE, 24, "again")).isEqualTo(before);
        }
    }
}
