package dev.gyropilot.node.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Copies the raw output of one run, line by line, into a log of the CRI format ({@code time stream tag text}). The raw
 * files grow only in length: what was copied is given back to the file system as holes. Times are those of the copying,
 * so lines written while no node ran carry the time at which the next node found them.
 */
final class LogCopy {
    /** Longer lines are cut into parts, as container runtimes do. */
    static final int LINE_LIMIT_BYTES = 16 * 1024;

    private static final int CHUNK_BYTES = 256 * 1024;
    private static final long HOLE_BYTES = 1024 * 1024;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter ROTATED = DateTimeFormatter.ofPattern(
                    "yyyyMMdd-HHmmss-nnnnnnnnn", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Run run;
    private final Path log;
    private final LogLimits limits;
    private final InstantSource clock;
    private LogPosition position;
    private long holedStdout;
    private long holedStderr;
    private boolean ended;
    private long copies;

    LogCopy(Run run, Path log, LogLimits limits, InstantSource clock) throws IOException {
        this.run = run;
        this.log = log;
        this.limits = limits;
        this.clock = clock;
        Files.createDirectories(log.getParent());
        position = LogPosition.read(positionFile());
        try (FileChannel channel = open()) {
            if (channel.size() > position.logBytes()) {
                channel.truncate(position.logBytes());
            }
        }
    }

    Run run() {
        return run;
    }

    /** Copies what is there; with {@code last} also an unfinished last line, and then never again. */
    synchronized void copy(boolean last) throws IOException {
        if (ended) {
            return;
        }
        boolean more;
        do {
            long stdout = copyStream("stdout", position.stdout(), last);
            long stderr = copyStream("stderr", position.stderr(), last);
            more = stdout > 0 || stderr > 0;
            giveBack();
        } while (more);
        ended = last;
        copies++;
        notifyAll();
    }

    /** Waits until something may have been copied, or the run has ended; returns whether it has ended. */
    synchronized boolean awaitMore(long limitMillis) throws InterruptedException {
        long seen = copies;
        long deadline = System.nanoTime() + limitMillis * 1_000_000;
        long left = limitMillis;
        while (!ended && copies == seen && left > 0) {
            wait(left);
            left = (deadline - System.nanoTime()) / 1_000_000;
        }
        return ended;
    }

    synchronized boolean ended() {
        return ended;
    }

    private long copyStream(String stream, long from, boolean last) throws IOException {
        Path raw = run.directory().resolve(stream);
        byte[] chunk;
        int length;
        try (FileChannel channel = FileChannel.open(raw, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size <= from) {
                return 0;
            }
            chunk = new byte[(int) Math.min(CHUNK_BYTES, size - from)];
            ByteBuffer buffer = ByteBuffer.wrap(chunk);
            int read;
            do {
                read = channel.read(buffer, from + buffer.position());
            } while (read > 0 && buffer.hasRemaining());
            length = buffer.position();
        }
        var lines = new ByteArrayOutputStream(length * 2);
        int used = format(chunk, length, stream, last, lines);
        if (used > 0) {
            append(lines.toByteArray());
            position = stream.equals("stdout")
                    ? new LogPosition(from + used, position.stderr(), position.logBytes() + lines.size())
                    : new LogPosition(position.stdout(), from + used, position.logBytes() + lines.size());
            position.write(positionFile());
        }
        return used;
    }

    private int format(byte[] bytes, int length, String stream, boolean last, ByteArrayOutputStream out) {
        byte[] prefix = (TIME.format(clock.instant()) + " " + stream + " ").getBytes(StandardCharsets.US_ASCII);
        int begin = 0;
        for (int at = 0; at < length; at++) {
            if (bytes[at] == '\n') {
                line(out, prefix, 'F', bytes, begin, at);
                begin = at + 1;
            } else if (at - begin + 1 == LINE_LIMIT_BYTES) {
                line(out, prefix, 'P', bytes, begin, at + 1);
                begin = at + 1;
            }
        }
        if (last && begin < length && length < CHUNK_BYTES) {
            line(out, prefix, 'P', bytes, begin, length);
            begin = length;
        }
        return begin;
    }

    private static void line(ByteArrayOutputStream out, byte[] prefix, char tag, byte[] bytes, int from, int to) {
        out.writeBytes(prefix);
        out.write(tag);
        out.write(' ');
        out.write(bytes, from, to - from);
        out.write('\n');
    }

    private void append(byte[] lines) throws IOException {
        if (position.logBytes() > 0 && position.logBytes() + lines.length > limits.fileBytes()) {
            rotate();
        }
        try (FileChannel channel = open()) {
            ByteBuffer buffer = ByteBuffer.wrap(lines);
            long at = position.logBytes();
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
        }
    }

    private void rotate() throws IOException {
        Path old = log.resolveSibling(log.getFileName() + "." + ROTATED.format(clock.instant()));
        Files.move(log, old, StandardCopyOption.ATOMIC_MOVE);
        position = new LogPosition(position.stdout(), position.stderr(), 0);
        position.write(positionFile());
        List<Path> rotated = rotated(log);
        for (Path surplus : rotated.subList(0, Math.max(0, rotated.size() - (limits.files() - 1)))) {
            Files.deleteIfExists(surplus);
        }
    }

    private void giveBack() {
        Path directory = run.directory();
        if (position.stdout() - holedStdout > HOLE_BYTES
                && Posix.punchHole(directory.resolve("stdout"), position.stdout())) {
            holedStdout = position.stdout();
        }
        if (position.stderr() - holedStderr > HOLE_BYTES
                && Posix.punchHole(directory.resolve("stderr"), position.stderr())) {
            holedStderr = position.stderr();
        }
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private Path positionFile() {
        return run.directory().resolve("position");
    }

    /** The earlier parts of a log, oldest first. */
    static List<Path> rotated(Path log) throws IOException {
        String prefix = log.getFileName() + ".";
        try (Stream<Path> siblings = Files.list(log.getParent())) {
            return siblings.filter(f -> f.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }
}
