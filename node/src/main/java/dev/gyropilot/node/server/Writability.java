package dev.gyropilot.node.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.io.InterruptedIOException;

/** Lets writing threads wait until a channel's buffer has room again, or the channel is closed. */
final class Writability extends ChannelInboundHandlerAdapter {
    private static final long LOOK_MILLIS = 5_000;

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        wake();
        super.channelWritabilityChanged(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        wake();
        super.channelInactive(context);
    }

    /** @throws IOException when the channel is closed */
    synchronized void await(Channel channel) throws IOException {
        try {
            while (channel.isActive() && !channel.isWritable()) {
                wait(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the peer did not read");
        }
        if (!channel.isActive()) {
            throw new IOException("the connection was closed by the peer");
        }
    }

    private synchronized void wake() {
        notifyAll();
    }
}
