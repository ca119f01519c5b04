package dev.gyropilot.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that records is killed: at most the records of one flush interval are missing. */
class LedgerCrashIT {
    private static final Duration FLUSH = Duration.ofMillis(300);

    /** The flush interval, and as long again for a busy machine to write the batch. */
    private static final Duration WINDOW = Duration.ofMillis(1_300);

    @TempDir
    Path directory;

    @Test
    void losesNothingBeyondTheFlushWindow() throws Exception {
        List<Long> recorded = new ArrayList<>();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Recorder.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long killedAt;
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            while (recorded.size() < 2_000) {
                recorded.add(System.nanoTime());
                if (!lines.readLine().equals(Integer.toString(recorded.size() - 1))) {
                    throw new AssertionError("the recorder lost count");
                }
            }
            killedAt = System.nanoTime();
            process.destroyForcibly();
            process.waitFor(10, TimeUnit.SECONDS);
        }
        long certain =
                recorded.stream().filter(at -> killedAt - at > WINDOW.toNanos()).count();
        try (Ledger ledger = Ledger.open(LedgerConfig.embedded(directory), InstantSource.system())) {
            long found = ledger.sum(
                            UsageQuery.between(Instant.EPOCH, Instant.now().plusSeconds(60)))
                    .getFirst()
                    .requests();
            assertThat(certain).isPositive();
            assertThat(found).isGreaterThanOrEqualTo(certain - 1);
        }
    }

    /** Records one after the other, a thousand a second, and tells each. */
    static final class Recorder {
        private Recorder() {}

        public static void main(String[] arguments) throws IOException {
            try (Ledger ledger = Ledger.open(
                    LedgerConfig.embedded(Path.of(arguments[0])).withFlushInterval(FLUSH), InstantSource.system())) {
                for (int i = 0; true; i++) {
                    ledger.record(Records.record("r" + i));
                    System.out.println(i);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                }
            }
        }
    }
}
