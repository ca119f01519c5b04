package dev.gyropilot.node.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.function.Function;

/** Blocking output to a channel; waits while the peer does not read. */
final class ChannelOutput extends OutputStream {
    private static final int BLOCK_BYTES = 32 * 1024;

    private final Channel channel;
    private final Writability writability;
    private final Function<ByteBuf, Object> frame;

    /** @param frame wraps bytes into what the channel's codec takes */
    ChannelOutput(Channel channel, Writability writability, Function<ByteBuf, Object> frame) {
        this.channel = channel;
        this.writability = writability;
        this.frame = frame;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int at = 0; at < length; at += BLOCK_BYTES) {
            int block = Math.min(BLOCK_BYTES, length - at);
            writability.await(channel);
            byte[] copy = Arrays.copyOfRange(bytes, offset + at, offset + at + block);
            var _ = channel.writeAndFlush(frame.apply(Unpooled.wrappedBuffer(copy)), channel.voidPromise());
        }
    }
}
