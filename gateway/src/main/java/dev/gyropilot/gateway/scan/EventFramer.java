package dev.gyropilot.gateway.scan;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of server-sent events at the events' ends, so that what a client gets is always whole events: an upstream
 * that breaks off in the middle of one then leaves no half line behind, and single events can be taken out.
 *
 * <p>A piece that ends at an event's end passes as it is, without a copy. Only the part of an event that was cut by the network
 * is kept until its rest is there, up to {@link #PARTIAL_LIMIT_BYTES}; a longer event passes in pieces.
 */
public final class EventFramer {
    /** How much of an unfinished event is kept back. */
    public static final int PARTIAL_LIMIT_BYTES = 64 * 1024;

    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COMPLETED = "event: response.completed".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CHOICES = "\"choices\"".getBytes(StandardCharsets.US_ASCII);

    private final ByteBufAllocator allocator;
    private final boolean stripUsage;
    private final UsageFinder usage;
    private @Nullable ByteBuf partial;
    private int partialScanned;
    private boolean lineEmpty = true;
    private boolean oversized;
    private boolean done;
    private long events;

    /**
     * @param stripUsage whether events that carry only the usage are taken out
     * @param usage is fed all events
     */
    public EventFramer(ByteBufAllocator allocator, boolean stripUsage, UsageFinder usage) {
        this.allocator = allocator;
        this.stripUsage = stripUsage;
        this.usage = usage;
    }

    /**
     * Takes the next piece, and the caller's reference to it.
     *
     * @return what may pass now, with a reference for the caller; may be empty
     */
    public ByteBuf feed(ByteBuf piece) {
        usage.feed(piece);
        ByteBuf all = piece;
        int scanFrom = piece.readerIndex();
        if (partial != null) {
            all = partial;
            scanFrom = all.readerIndex() + partialScanned;
            all.writeBytes(piece);
            piece.release();
            partial = null;
        }
        return cut(all, scanFrom);
    }

    /** Whether the event that ends the stream has passed. */
    public boolean done() {
        return done;
    }

    /** How many events have passed or were taken out. */
    public long events() {
        return events;
    }

    /** Whether nothing of an unfinished event has passed: the place for a comment or an event of our own. */
    public boolean atEventBoundary() {
        return !oversized;
    }

    /** What is kept of an unfinished event; the caller gets the reference. Null if there is none. */
    public @Nullable ByteBuf takePartial() {
        ByteBuf rest = partial;
        partial = null;
        return rest;
    }

    /** Frees what is kept. */
    public void release() {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }

    private ByteBuf cut(ByteBuf all, int scanFrom) {
        int start = all.readerIndex();
        int end = all.writerIndex();
        int eventStart = start;
        @Nullable ByteBuf kept = null;
        int keptFrom = start;
        int index = scanFrom;
        while (index < end) {
            int newline = all.indexOf(index, end, (byte) '\n');
            if (newline < 0) {
                lineEmpty = lineEmpty && isBlank(all, index, end);
                break;
            }
            boolean blank = lineEmpty && isBlank(all, index, newline);
            index = newline + 1;
            lineEmpty = true;
            if (!blank) {
                continue;
            }
            if (index - eventStart > 2 || oversized) {
                events++;
            }
            if (endsEvent(all, eventStart, index)) {
                // The usage event goes: what stood before it is kept, what follows begins anew.
                kept = append(kept, all, keptFrom, eventStart);
                keptFrom = index;
            }
            eventStart = index;
            oversized = false;
        }
        return pass(all, kept, keptFrom, eventStart, end);
    }

    private ByteBuf pass(ByteBuf all, @Nullable ByteBuf kept, int keptFrom, int eventStart, int end) {
        int passTo = eventStart;
        if (end - eventStart > PARTIAL_LIMIT_BYTES || (oversized && end > eventStart)) {
            oversized = true;
            passTo = end;
        }
        if (passTo < end) {
            ByteBuf rest = allocator.buffer(Math.max(1024, 2 * (end - passTo)));
            rest.writeBytes(all, passTo, end - passTo);
            partial = rest;
            partialScanned = end - passTo;
        }
        if (kept == null) {
            return all.readerIndex(keptFrom).writerIndex(Math.max(keptFrom, passTo));
        }
        kept = append(kept, all, keptFrom, passTo);
        all.release();
        return kept;
    }

    private ByteBuf append(@Nullable ByteBuf kept, ByteBuf all, int from, int to) {
        ByteBuf target = kept == null ? allocator.buffer(Math.max(64, all.writerIndex() - from)) : kept;
        if (to > from) {
            target.writeBytes(all, from, to - from);
        }
        return target;
    }

    /** Notes what the event says; true when it is to be taken out. */
    private boolean endsEvent(ByteBuf all, int from, int to) {
        if (to - from < 4) {
            return false;
        }
        if (startsWith(all, from, to, DATA)) {
            int value = from + DATA.length;
            while (value < to && all.getByte(value) == ' ') {
                value++;
            }
            if (startsWith(all, value, to, DONE)) {
                done = true;
                return false;
            }
        } else if (startsWith(all, from, to, COMPLETED)) {
            done = true;
        }
        return stripUsage && !oversized && carriesOnlyUsage(all, from, to);
    }

    /** The event with usage has an empty list of choices; nothing else that engines send has. */
    private static boolean carriesOnlyUsage(ByteBuf all, int from, int to) {
        int index = from;
        while (true) {
            index = all.indexOf(index, to, (byte) '"');
            if (index < 0) {
                return false;
            }
            if (startsWith(all, index, to, CHOICES)) {
                int next = skipSpaces(all, index + CHOICES.length, to);
                if (next < to && all.getByte(next) == ':') {
                    next = skipSpaces(all, next + 1, to);
                    if (next < to && all.getByte(next) == '[') {
                        next = skipSpaces(all, next + 1, to);
                        return next < to && all.getByte(next) == ']' && hasUsage(all, from, to);
                    }
                }
            }
            index++;
        }
    }

    private static boolean hasUsage(ByteBuf all, int from, int to) {
        UsageFinder finder = new UsageFinder();
        finder.feed(all.slice(from, to - from));
        return finder.found() > 0;
    }

    private static int skipSpaces(ByteBuf all, int from, int to) {
        int index = from;
        while (index < to && (all.getByte(index) == ' ' || all.getByte(index) == '\t')) {
            index++;
        }
        return index;
    }

    private static boolean isBlank(ByteBuf all, int from, int to) {
        return from == to || (to - from == 1 && all.getByte(from) == '\r');
    }

    private static boolean startsWith(ByteBuf all, int from, int to, byte[] prefix) {
        if (to - from < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (all.getByte(from + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
