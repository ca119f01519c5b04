package dev.gyropilot.scheduler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Repeats what a journal tells: the same scheduler gets to know the same at the same times, and each of its decisions is held
 * against the one that was recorded.
 */
public final class Replay {
    private final JournalFormat format = new JournalFormat(new KubernetesSerialization());

    /**
     * A decision that was repeated.
     *
     * @param recorded as it was made, {@code {decision, pod, does, …}}; null when it was not made then
     * @param repeated as it is made now; null when it is not made now
     * @param nodes how many nodes the scheduler knew of
     * @param waiting how many pods waited after the round in which it was made
     */
    public record Repeated(
            Instant at,
            @Nullable JsonNode recorded,
            @Nullable JsonNode repeated,
            int nodes,
            int waiting) {
        public boolean isSame() {
            return recorded != null && recorded.equals(repeated);
        }
    }

    /** The parts of a journal, the oldest first; none when there is none. A file is a part by itself. */
    public static List<Path> parts(Path journal) throws IOException {
        if (Files.isDirectory(journal)) {
            return Journal.parts(journal);
        }
        return Files.exists(journal) ? List.of(journal) : List.of();
    }

    /**
     * Repeats one part, and tells of every decision in it.
     *
     * @throws IOException when the file cannot be read; one that ends within a line, as after a crash, can
     */
    public void run(Path part, Consumer<Repeated> decisions) throws IOException {
        if (Files.size(part) == 0) {
            // The scheduler was killed, or the disk was full, before the first byte.
            return;
        }
        try (var lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(part)), StandardCharsets.UTF_8))) {
            @Nullable String first = line(lines);
            if (first == null) {
                return;
            }
            JournalFormat.Start start = format.start(first);
            var recorder = new Recorder(new NoActions());
            var decider = new Decider(start.config(), recorder);
            decider.restore(start.memory());
            var readers = new Readers(start.config().schedulerNames(), (_, _) -> {}, Remarks.NONE);
            @Nullable String text = line(lines);
            while (text != null) {
                // A line is whole only when another, or the end of an orderly stop, follows; a torn one is not JSON.
                @Nullable String next = line(lines);
                JournalFormat.Entry entry;
                try {
                    entry = format.entry(text, readers);
                } catch (JsonProcessingException e) {
                    if (next == null) {
                        return;
                    }
                    throw e;
                }
                decider.run(entry.round());
                compare(entry, JournalFormat.reread(JournalFormat.out(recorder.take())), decider, decisions);
                text = next;
            }
        }
    }

    private static @Nullable String line(BufferedReader lines) throws IOException {
        try {
            return lines.readLine();
        } catch (EOFException e) {
            return null;
        }
    }

    private static void compare(
            JournalFormat.Entry entry, JsonNode repeated, Decider decider, Consumer<Repeated> decisions) {
        for (int i = 0; i < Math.max(entry.out().size(), repeated.size()); i++) {
            decisions.accept(new Repeated(
                    entry.round().at(), entry.out().get(i), repeated.get(i), decider.nodes(), decider.waiting()));
        }
    }

    /** What was decided was carried out then; the results are in the journal. */
    private static final class NoActions implements Actions {
        @Override
        public void bind(List<Bind> gang) {}

        @Override
        public void evict(long decision, String job, Pod pod, String reason, String message) {}

        @Override
        public void refuse(long decision, Pod pod, String reason, String message) {}

        @Override
        public void queueStatus(QueueStatuses.Seen seen) {}
    }
}
