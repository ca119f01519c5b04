package dev.gyropilot.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;

/** Writes whose outcome nobody waits for: a failed one closes the channel, and that is what handlers look at. */
final class Wire {
    private Wire() {}

    static void write(ChannelHandlerContext context, ByteBuf bytes) {
        var _ = context.write(bytes, context.voidPromise());
    }

    static void closeAfterWrites(ChannelHandlerContext context) {
        var _ = context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    static void shutdownOutputAfterWrites(ChannelHandlerContext context) {
        var _ = context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) written -> {
            var _ = ((DuplexChannel) written.channel()).shutdownOutput();
        });
    }

    static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }
}
