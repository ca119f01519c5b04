package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the scheduler got to know and what it decided, so that every decision can be repeated. It lies in parts; each
 * begins with all that was known, so that the oldest can go when there is too much. Written by a thread of its own: what the
 * disk cannot take is left out, and deciding goes on.
 */
final class Journal implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Journal.class);
    static final String SUFFIX = ".jsonl.gz";

    private static final int PARTS = 4;

    /** How many rounds may wait to be written; when there are more the part breaks off. */
    private static final int BACKLOG = 4096;

    /** How often what was written reaches the disk; a scheduler that is idle still has a round a second. */
    private static final Duration FLUSH = Duration.ofSeconds(1);

    /** How soon a new part is tried after one that broke off. */
    private static final Duration RETRY = Duration.ofMinutes(1);

    private final Path folder;
    private final SchedulerConfig config;
    private final long limit;
    private final JournalFormat format;
    private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>(BACKLOG);
    private final Thread thread;

    /** The objects as the rounds have shown them, which the next part begins with. */
    private final Map<String, Input.Seen> present = new LinkedHashMap<>();

    /** How large the present part is, and was when all that was known at its beginning had been written. */
    private volatile long written;

    private volatile long begun;
    private volatile boolean broken;
    private Instant brokenSince = Instant.MIN;

    /** Something to write: the beginning of a part, or a round. */
    private sealed interface Line {
        record Begin(Instant at, Decider.Memory memory) implements Line {}

        record Entry(Round round, List<Outcome> outcomes) implements Line {}

        record End() implements Line {}
    }

    /** @param limit how many bytes all parts take together */
    Journal(Path folder, long limit, SchedulerConfig config, KubernetesSerialization objects) {
        this.folder = folder;
        this.limit = limit;
        this.config = config;
        this.format = new JournalFormat(objects);
        this.thread = Thread.ofPlatform().name("scheduler-journal").daemon().unstarted(this::write);
    }

    void start(Instant at, Decider.Memory memory) {
        lines.add(new Line.Begin(at, memory));
        thread.start();
    }

    /** Adds a round. */
    void add(Round round, List<Outcome> outcomes) {
        for (Input input : round.inputs()) {
            if (input instanceof Input.Seen seen) {
                String key = seen.kind() + " " + Key.of(seen.object()).cacheKey();
                present.remove(key);
                if (!seen.gone()) {
                    present.put(key, seen);
                }
            }
        }
        if (!broken && !lines.offer(new Line.Entry(round, outcomes))) {
            breakOff("the disk is too slow: " + BACKLOG + " rounds wait to be written", null);
        }
        if (broken && brokenSince.equals(Instant.MIN)) {
            brokenSince = round.at();
        }
    }

    /** Whether a new part should begin. */
    boolean isFull(Instant now) {
        return broken
                ? !brokenSince.equals(Instant.MIN) && now.isAfter(brokenSince.plus(RETRY))
                : written > Math.max(limit / PARTS, 2 * begun);
    }

    /** Begins a new part; returns what a scheduler that starts now gets to know. */
    List<Input> next(Instant at, Decider.Memory memory) {
        written = 0;
        begun = 0;
        broken = false;
        brokenSince = Instant.MIN;
        if (!lines.offer(new Line.Begin(at, memory))) {
            breakOff("the disk is too slow", null);
        }
        List<Input> inputs = new ArrayList<>(present.values());
        inputs.add(new Input.Opened());
        return inputs;
    }

    private void breakOff(String why, @Nullable Exception cause) {
        broken = true;
        log.warn("decisions from now on cannot be replayed, until the journal in {} can go on: {}", folder, why, cause);
    }

    private void write() {
        @Nullable Part part = null;
        long flushed = System.nanoTime();
        try {
            Line line = lines.take();
            while (!(line instanceof Line.End)) {
                try {
                    part = write(part, line);
                    boolean first = begun == 0 && line instanceof Line.Entry;
                    if (part != null && (first || System.nanoTime() - flushed > FLUSH.toNanos())) {
                        part.flush();
                        written = part.size();
                        begun = first ? written : begun;
                        flushed = System.nanoTime();
                    }
                } catch (IOException | RuntimeException e) {
                    close(part);
                    part = null;
                    breakOff(e.toString(), e);
                }
                line = lines.take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(part);
        }
    }

    private @Nullable Part write(@Nullable Part part, Line line) throws IOException {
        switch (line) {
            case Line.Begin begin -> {
                close(part);
                clean();
                Part fresh = new Part(folder.resolve(
                        begin.at().truncatedTo(ChronoUnit.MILLIS).toString().replace(":", "") + SUFFIX));
                fresh.line(format.start(new JournalFormat.Start(config, begin.memory())));
                return fresh;
            }
            case Line.Entry entry
            when part != null -> {
                part.line(format.entry(entry.round(), entry.outcomes()));
            }
            case Line.Entry _, Line.End _ -> {
                // The part has broken off.
            }
        }
        return part;
    }

    /** Deletes the oldest parts, so that with a new one there is not too much. */
    private void clean() throws IOException {
        Files.createDirectories(folder);
        List<Path> parts = parts(folder);
        long sum = 0;
        for (Path part : parts.reversed()) {
            sum += Files.size(part);
            if (sum > limit - limit / PARTS) {
                Files.delete(part);
            }
        }
    }

    /** The parts in a folder, the oldest first. */
    static List<Path> parts(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX))
                    .sorted(Comparator.comparing(Path::getFileName))
                    .toList();
        }
    }

    private static void close(@Nullable Part part) {
        if (part != null) {
            try {
                part.close();
            } catch (IOException e) {
                log.debug("closing the journal failed", e);
            }
        }
    }

    @Override
    public void close() {
        try {
            lines.put(new Line.End());
            thread.join(FLUSH);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One file. */
    private static final class Part implements AutoCloseable {
        private final Path file;
        private final BufferedWriter writer;

        Part(Path file) throws IOException {
            this.file = file;
            this.writer = new BufferedWriter(new OutputStreamWriter(
                    new GZIPOutputStream(Files.newOutputStream(file), true), StandardCharsets.UTF_8));
        }

        void line(String text) throws IOException {
            writer.write(text);
            writer.write('\n');
        }

        long size() throws IOException {
            return Files.size(file);
        }

        void flush() throws IOException {
            writer.flush();
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }
}
