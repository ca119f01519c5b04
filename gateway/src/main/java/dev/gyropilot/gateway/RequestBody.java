package dev.gyropilot.gateway;

import dev.gyropilot.gateway.scan.Edit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pieces of a request's body as they came, kept until an answer has begun so that the request can be sent again. Large
 * pieces are never copied; small ones are gathered, or a body of single bytes would hold a buffer for each.
 */
final class RequestBody {
    private static final int GATHER_BELOW_BYTES = 1024;
    private static final int GATHERED_BYTES = 8 * 1024;

    private final List<ByteBuf> pieces = new ArrayList<>(1);
    private @Nullable ByteBuf tail;
    private long bytes;

    long bytes() {
        return bytes;
    }

    /** Adds a piece, and takes the caller's reference to it. */
    void add(ByteBufAllocator allocator, ByteBuf piece) {
        int length = piece.readableBytes();
        if (length == 0) {
            piece.release();
            return;
        }
        boolean first = bytes == 0;
        bytes += length;
        if (first || length >= GATHER_BELOW_BYTES) {
            pieces.add(piece);
            tail = null;
            return;
        }
        if (tail == null || tail.writableBytes() < length) {
            tail = allocator.buffer(GATHERED_BYTES, GATHERED_BYTES);
            pieces.add(tail);
        }
        tail.writeBytes(piece);
        piece.release();
    }

    /** Hands the body with the changes to {@code out}, piece by piece, each with a reference; the body itself stays. */
    void send(List<Edit> edits, Consumer<ByteBuf> out, ByteBufAllocator allocator) {
        if (edits.isEmpty()) {
            for (ByteBuf piece : pieces) {
                out.accept(piece.retainedSlice());
            }
            return;
        }
        List<Edit> inOrder = edits.size() == 1
                ? edits
                : edits.stream().sorted(Comparator.comparingLong(Edit::start)).toList();
        long from = 0;
        for (Edit edit : inOrder) {
            range(from, edit.start(), out);
            out.accept(edit.replacement(allocator));
            from = edit.end();
        }
        range(from, bytes, out);
    }

    void release() {
        pieces.forEach(ByteBuf::release);
        pieces.clear();
        tail = null;
    }

    private void range(long from, long to, Consumer<ByteBuf> out) {
        long pieceStart = 0;
        for (ByteBuf piece : pieces) {
            long pieceEnd = pieceStart + piece.readableBytes();
            long start = Math.max(from, pieceStart);
            long end = Math.min(to, pieceEnd);
            if (start < end) {
                out.accept(piece.retainedSlice(piece.readerIndex() + (int) (start - pieceStart), (int) (end - start)));
            }
            pieceStart = pieceEnd;
        }
    }
}
