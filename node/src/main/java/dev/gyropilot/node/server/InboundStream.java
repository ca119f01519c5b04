package dev.gyropilot.node.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Bytes from a connection for a blocking reader. While too much waits unread, the connection is not read. */
final class InboundStream extends InputStream {
    private static final int PAUSE_BYTES = 1024 * 1024;
    private static final int RESUME_BYTES = 256 * 1024;

    private final Channel channel;
    private final Deque<byte[]> blocks = new ArrayDeque<>();
    private int position;
    private int waiting;
    private boolean ended;
    private boolean closed;

    InboundStream(Channel channel) {
        this.channel = channel;
    }

    /** Takes bytes from the connection's own thread. */
    synchronized void offer(ByteBuf bytes) {
        if (ended || closed || !bytes.isReadable()) {
            return;
        }
        byte[] block = ByteBufUtil.getBytes(bytes);
        blocks.add(block);
        waiting += block.length;
        if (waiting > PAUSE_BYTES) {
            channel.config().setAutoRead(false);
        }
        notifyAll();
    }

    /** No more will come. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] target, int offset, int length) throws IOException {
        try {
            while (blocks.isEmpty() && !ended && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for input");
        }
        byte[] block = blocks.peek();
        if (block == null) {
            return -1;
        }
        int count = Math.min(length, block.length - position);
        System.arraycopy(block, position, target, offset, count);
        position += count;
        if (position == block.length) {
            blocks.remove();
            position = 0;
        }
        drained(count);
        return count;
    }

    /** The reader has gone: what still comes is dropped. */
    @Override
    public synchronized void close() {
        closed = true;
        blocks.clear();
        drained(waiting);
        notifyAll();
    }

    private void drained(int count) {
        boolean paused = waiting > PAUSE_BYTES;
        waiting -= count;
        if (waiting < RESUME_BYTES && (paused || !channel.config().isAutoRead())) {
            channel.config().setAutoRead(true);
        }
    }
}
