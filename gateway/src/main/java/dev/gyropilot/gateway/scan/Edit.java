package dev.gyropilot.gateway.scan;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A replacement of some bytes of a body, the rest of which stays as it is. */
public final class Edit {
    private final long start;
    private final long end;
    private final byte[] bytes;

    Edit(long start, long end, byte[] bytes) {
        this.start = start;
        this.end = end;
        this.bytes = bytes;
    }

    /** Offset of the first byte that is replaced. */
    public long start() {
        return start;
    }

    /** Offset of the first byte behind what is replaced. */
    public long end() {
        return end;
    }

    /** By how much the body grows. */
    public long growth() {
        return bytes.length - (end - start);
    }

    /** What takes the place, in a new buffer. */
    public ByteBuf replacement(ByteBufAllocator allocator) {
        return allocator.buffer(bytes.length).writeBytes(bytes);
    }
}
