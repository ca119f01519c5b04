package dev.gyropilot.node.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** Reads a container's log as {@code kubectl logs} asks for it. */
public final class LogReader {
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final long FOLLOW_PAUSE_MILLIS = 1_000;
    private static final long RENAME_PAUSE_NANOS = 1_000_000;

    private final Function<Path, Optional<LogCopy>> copying;

    public LogReader(LogCollector collector) {
        this.copying = collector::copying;
    }

    private LogReader() {
        this.copying = log -> Optional.empty();
    }

    /** For nodes whose pods write no logs. */
    public static LogReader none() {
        return new LogReader();
    }

    /**
     * What to read.
     *
     * @param stream {@code stdout}, {@code stderr} or empty for both
     */
    public record Options(
            boolean follow,
            OptionalLong tailLines,
            Optional<Instant> since,
            boolean timestamps,
            OptionalLong limitBytes,
            String stream) {}

    /** Writes the log, and while following what is added to it, until the run ends or the reader goes away. */
    public void read(Path log, Options options, OutputStream out) throws IOException, InterruptedException {
        var parts = new ArrayList<>(LogCopy.rotated(log));
        if (Files.exists(log)) {
            parts.add(log);
        }
        var sink = new Sink(options, out);
        var start = options.tailLines().isPresent()
                ? tail(parts, options.tailLines().getAsLong())
                : new Start(0, 0);
        for (int i = start.part(); i < parts.size(); i++) {
            long offset = i == start.part() ? start.offset() : 0;
            boolean go;
            if (options.follow() && parts.get(i).equals(log)) {
                go = follow(log, offset, sink);
            } else {
                try (var file = new RandomAccessFile(parts.get(i).toFile(), "r")) {
                    file.seek(offset);
                    go = sink.copy(file);
                }
            }
            if (!go) {
                break;
            }
        }
        sink.flush();
    }

    /** Reads on until the run has ended; false when the byte limit was reached. */
    private boolean follow(Path log, long offset, Sink sink) throws IOException, InterruptedException {
        long from = offset;
        while (true) {
            Object key = key(log);
            try (var file = new RandomAccessFile(log.toFile(), "r")) {
                file.seek(from);
                boolean current = true;
                while (current) {
                    // In this order: what was copied before the end was seen, or before the file was replaced, is read.
                    Optional<LogCopy> copy = copying.apply(log);
                    boolean ended = copy.isEmpty() || copy.get().ended();
                    current = key.equals(key(log));
                    if (!sink.copy(file)) {
                        return false;
                    }
                    sink.flush();
                    if (current && ended) {
                        return true;
                    }
                    if (current) {
                        copy.orElseThrow().awaitMore(FOLLOW_PAUSE_MILLIS);
                    }
                }
            }
            from = 0;
        }
    }

    /** Tells a log from the one that takes its name after a rotation. */
    private static Object key(Path log) throws IOException {
        while (true) {
            try {
                Object key =
                        Files.readAttributes(log, BasicFileAttributes.class).fileKey();
                return key == null ? log : key;
            } catch (NoSuchFileException e) {
                // Just renamed; the next part comes with the line that did not fit.
                LockSupport.parkNanos(RENAME_PAUSE_NANOS);
            }
        }
    }

    private record Start(int part, long offset) {}

    /** Where the last {@code lines} lines begin. */
    private static Start tail(List<Path> parts, long lines) throws IOException {
        long wanted = lines;
        for (int i = parts.size() - 1; i >= 0; i--) {
            try (var file = new RandomAccessFile(parts.get(i).toFile(), "r")) {
                long end = file.length();
                if (wanted <= 0) {
                    return new Start(i, end);
                }
                byte[] block = new byte[BLOCK_BYTES];
                // The newline at the very end closes the last line and begins none.
                for (long at = end - 1; at > 0; ) {
                    long from = Math.max(0, at - BLOCK_BYTES);
                    file.seek(from);
                    file.readFully(block, 0, (int) (at - from));
                    for (int j = (int) (at - from) - 1; j >= 0; j--) {
                        if (block[j] == '\n' && --wanted == 0) {
                            return new Start(i, from + j + 1);
                        }
                    }
                    at = from;
                }
                if (end > 0) {
                    wanted--;
                }
            }
            if (wanted == 0) {
                return new Start(i, 0);
            }
        }
        return new Start(0, 0);
    }

    /** Turns log lines back into what the program wrote. */
    private static final class Sink {
        private final Options options;
        private final OutputStream out;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final byte[] block = new byte[BLOCK_BYTES];
        private long left;

        Sink(Options options, OutputStream out) {
            this.options = options;
            this.out = out;
            this.left = options.limitBytes().orElse(Long.MAX_VALUE);
        }

        void flush() throws IOException {
            out.flush();
        }

        /** Copies to the end of the file; false when the byte limit is reached. */
        boolean copy(RandomAccessFile file) throws IOException {
            int read;
            while (left > 0 && (read = file.read(block)) > 0) {
                int begin = 0;
                for (int at = 0; at < read; at++) {
                    if (block[at] == '\n') {
                        line.write(block, begin, at - begin);
                        emit(line.toByteArray());
                        line.reset();
                        begin = at + 1;
                    }
                }
                line.write(block, begin, read - begin);
            }
            return left > 0;
        }

        private void emit(byte[] record) throws IOException {
            int time = indexOf(record, 0);
            int stream = indexOf(record, time + 1);
            int tag = indexOf(record, stream + 1);
            if (time < 0 || stream < 0 || tag < 0) {
                return;
            }
            if (!options.stream().isEmpty()
                    && !options.stream()
                            .equals(new String(record, time + 1, stream - time - 1, StandardCharsets.US_ASCII))) {
                return;
            }
            String stamp = new String(record, 0, time, StandardCharsets.US_ASCII);
            if (options.since().isPresent()
                    && Instant.parse(stamp).isBefore(options.since().get())) {
                return;
            }
            if (options.timestamps()) {
                write(record, 0, time + 1);
            }
            write(record, tag + 1, record.length - tag - 1);
            if (record[stream + 1] == 'F') {
                write(new byte[] {'\n'}, 0, 1);
            }
        }

        private void write(byte[] bytes, int offset, int length) throws IOException {
            int allowed = (int) Math.min(length, left);
            out.write(bytes, offset, allowed);
            left -= allowed;
        }

        private static int indexOf(byte[] bytes, int from) {
            for (int i = Math.max(0, from); i < bytes.length; i++) {
                if (bytes[i] == ' ') {
                    return i;
                }
            }
            return -1;
        }
    }
}
