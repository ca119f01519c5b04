package dev.gyropilot.ledger;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records that wait on disk while the database is away: files of frames (length, checksum, record), oldest file first. A
 * frame that was cut by a crash ends its file. Used by one thread.
 */
final class Spill {
    private static final Logger log = LoggerFactory.getLogger(Spill.class);
    private static final String SUFFIX = ".usage";
    private static final long SEGMENT_BYTES = 8 << 20;
    private static final int FRAME_LIMIT_BYTES = 1 << 20;

    private final Path directory;
    private final long bytesLimit;
    private final List<Path> segments = new ArrayList<>();
    private final AtomicLong bytes = new AtomicLong();
    private long nextSegment;
    private long lastSegmentBytes;
    private boolean lastSegmentOpen;

    Spill(Path directory, long bytesLimit) throws IOException {
        this.directory = directory;
        this.bytesLimit = bytesLimit;
        Files.createDirectories(directory);
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.getFileName().toString().endsWith(SUFFIX))
                    .sorted()
                    .forEach(segments::add);
        }
        for (Path segment : segments) {
            bytes.addAndGet(Files.size(segment));
            String name = segment.getFileName().toString();
            nextSegment = Long.parseLong(name.substring(0, name.length() - SUFFIX.length())) + 1;
        }
    }

    boolean isEmpty() {
        return segments.isEmpty();
    }

    /** Bytes on disk; may be read by other threads. */
    long bytes() {
        return bytes.get();
    }

    /** Writes the records and syncs them; false when the spill is full. */
    boolean append(List<UsageRecord> records) throws IOException {
        ByteArrayOutputStream buffer = new ByteArrayOutputStream(records.size() * 256);
        DataOutputStream out = new DataOutputStream(buffer);
        for (UsageRecord usage : records) {
            byte[] frame = encode(usage);
            out.writeInt(frame.length);
            out.writeInt(checksum(frame));
            out.write(frame);
        }
        if (bytes.get() + buffer.size() > bytesLimit) {
            return false;
        }
        if (!lastSegmentOpen || lastSegmentBytes > SEGMENT_BYTES) {
            segments.add(directory.resolve("%012d%s".formatted(nextSegment++, SUFFIX)));
            lastSegmentBytes = 0;
            lastSegmentOpen = true;
        }
        try (FileChannel file = FileChannel.open(
                segments.getLast(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            ByteBuffer frames = ByteBuffer.wrap(buffer.toByteArray());
            while (frames.hasRemaining()) {
                file.write(frames);
            }
            file.force(false);
        } catch (IOException e) {
            // What was written of it may be cut: nothing more goes behind it.
            lastSegmentOpen = false;
            throw e;
        }
        lastSegmentBytes += buffer.size();
        bytes.addAndGet(buffer.size());
        return true;
    }

    /** The records of the oldest file. */
    List<UsageRecord> oldest() throws IOException {
        lastSegmentOpen = lastSegmentOpen && segments.size() > 1;
        List<UsageRecord> records = new ArrayList<>();
        byte[] content = Files.exists(segments.getFirst()) ? Files.readAllBytes(segments.getFirst()) : new byte[0];
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
        while (in.available() >= 8) {
            int length = in.readInt();
            int checksum = in.readInt();
            if (length < 0 || length > FRAME_LIMIT_BYTES || length > in.available()) {
                log.warn("the usage spill {} ends in a record that was cut", segments.getFirst());
                break;
            }
            byte[] frame = in.readNBytes(length);
            if (checksum(frame) != checksum) {
                log.warn("the usage spill {} has a damaged record; what follows it is left out", segments.getFirst());
                break;
            }
            records.add(decode(frame));
        }
        return records;
    }

    /** Removes the oldest file. */
    void removeOldest() throws IOException {
        Path oldest = segments.getFirst();
        long size = Files.exists(oldest) ? Files.size(oldest) : 0;
        Files.deleteIfExists(oldest);
        segments.removeFirst();
        bytes.addAndGet(-size);
        if (segments.isEmpty()) {
            bytes.set(0);
            lastSegmentOpen = false;
        }
    }

    private static int checksum(byte[] frame) {
        CRC32C crc = new CRC32C();
        crc.update(frame);
        return (int) crc.getValue();
    }

    private static byte[] encode(UsageRecord usage) throws IOException {
        ByteArrayOutputStream buffer = new ByteArrayOutputStream(256);
        DataOutputStream out = new DataOutputStream(buffer);
        out.writeUTF(usage.id());
        out.writeLong(usage.time().toEpochMilli());
        out.writeUTF(usage.keyId());
        out.writeUTF(usage.namespace());
        out.writeUTF(usage.modelService());
        out.writeUTF(usage.revision());
        out.writeUTF(usage.replica());
        out.writeUTF(usage.operation());
        out.writeLong(usage.inputTokens());
        out.writeLong(usage.outputTokens());
        out.writeLong(usage.cachedTokens());
        out.writeInt(usage.status());
        out.writeBoolean(usage.streamed());
        Long firstToken = usage.firstTokenMicros();
        out.writeLong(firstToken == null ? -1 : firstToken);
        out.writeLong(usage.durationMicros());
        out.writeLong(usage.requestBytes());
        out.writeLong(usage.responseBytes());
        return buffer.toByteArray();
    }

    private static UsageRecord decode(byte[] frame) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(frame));
        return new UsageRecord(
                in.readUTF(),
                Instant.ofEpochMilli(in.readLong()),
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readInt(),
                in.readBoolean(),
                orNull(in.readLong()),
                in.readLong(),
                in.readLong(),
                in.readLong());
    }

    private static @Nullable Long orNull(long value) {
        return value < 0 ? null : value;
    }
}
