package dev.gyropilot.apiserver.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a writing process again and again: what it acknowledged must be there afterwards, and revisions must rise. */
class CrashIT {
    @TempDir
    Path directory;

    private final Map<String, Long> alive = new HashMap<>();
    private final Set<String> deleted = new HashSet<>();
    private long highest;

    @Test
    void losesNothingAcknowledgedInHundredKills() throws Exception {
        loop(100, 1);
    }

    @Test
    @Tag("soak")
    void losesNothingAcknowledgedInFiveHundredKills() throws Exception {
        loop(500, 2);
    }

    private void loop(int kills, long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < kills; i++) {
            writeAndKill("run" + i, 20 + random.nextInt(200));
            verify();
        }
        assertThat(alive.size()).isGreaterThan(kills);
    }

    private void writeAndKill(String run, int linesBeforeKill) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Dslf4j.internal.verbosity=ERROR",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashWriter.class.getName(),
                        directory.toString(),
                        run)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            int read = 0;
            String line;
            while ((line = lines.readLine()) != null) {
                if (++read == linesBeforeKill) {
                    // Whatever it prints until the signal arrives counts as acknowledged too.
                    // By its handle, which leaves the pipe open.
                    process.toHandle().destroyForcibly();
                }
                note(line);
            }
            assertThat(read).isGreaterThanOrEqualTo(linesBeforeKill);
        } finally {
            process.destroyForcibly();
        }
        process.waitFor();
    }

    private void note(String line) {
        int space = line.indexOf(' ');
        if (space < 0 || space == line.length() - 1) {
            return;
        }
        String name = line.substring(0, space);
        if (name.startsWith("-")) {
            alive.remove(name.substring(1));
            deleted.add(name.substring(1));
        } else {
            alive.put(name, Long.parseLong(line.substring(space + 1)));
        }
    }

    private void verify() {
        try (Store store = Store.open(directory, StoreLimits.DEFAULT)) {
            assertThat(store.revision()).isGreaterThan(highest);
            Map<String, Long> found = new HashMap<>();
            store.collection("pods")
                    .list("ns")
                    .objects()
                    .forEach(stored -> found.put(stored.key().name(), stored.revision()));
            alive.forEach((name, revision) -> {
                // Its deletion may have reached the disk without being acknowledged: then it is gone, and that is
                // right.
                Long actual = found.get(name);
                if (actual != null || !mayBeDeleted(name)) {
                    assertThat(actual).as(name).isEqualTo(revision);
                }
            });
            assertThat(found.keySet()).doesNotContainAnyElementsOf(deleted);
            found.values().forEach(revision -> assertThat(revision).isLessThanOrEqualTo(store.revision()));
            highest = store.revision();
        }
    }

    private static boolean mayBeDeleted(String name) {
        return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1)) % 3 == 0;
    }
}
