package dev.gyropilot.node.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The streams that a Kubernetes client opens on a SPDY/3.1 connection. As the clients do not use SPDY's flow control, the
 * connection's own back-pressure holds.
 */
final class SpdyStreams extends SimpleChannelInboundHandler<SpdyFrame> {
    private static final int STREAM_LIMIT = 1000;

    private final Channel channel;
    private final Writability writability;
    private final Consumer<SpdyStream> opened;
    private final Map<Integer, SpdyStream> streams = new HashMap<>();

    /** @param opened called on the connection's thread for each new stream */
    SpdyStreams(Channel channel, Writability writability, Consumer<SpdyStream> opened) {
        this.channel = channel;
        this.writability = writability;
        this.opened = opened;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, SpdyFrame frame) {
        switch (frame) {
            case SpdySynStreamFrame open -> open(context, open);
            case SpdyDataFrame data -> {
                SpdyStream stream = streams.get(data.streamId());
                if (stream != null) {
                    stream.input().offer(data.content());
                    if (data.isLast()) {
                        stream.input().end();
                    }
                }
            }
            case SpdyPingFrame ping -> {
                var _ = context.writeAndFlush(ping);
            }
            case SpdyRstStreamFrame reset -> {
                SpdyStream stream = streams.remove(reset.streamId());
                if (stream != null) {
                    stream.input().end();
                }
            }
            default -> {
                // Settings, windows and going away need no answer.
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        streams.values().forEach(s -> s.input().end());
        super.channelInactive(context);
    }

    private void open(ChannelHandlerContext context, SpdySynStreamFrame frame) {
        if (streams.size() >= STREAM_LIMIT) {
            var _ = context.writeAndFlush(
                    new DefaultSpdyRstStreamFrame(frame.streamId(), SpdyStreamStatus.REFUSED_STREAM));
            return;
        }
        var reply = new DefaultSpdySynReplyFrame(frame.streamId());
        // An empty block of headers would be left out of the frame, which Go's decoder takes for a broken connection.
        reply.headers().set("accepted", "true");
        var _ = context.writeAndFlush(reply);
        var stream = new SpdyStream(channel, writability, frame.streamId(), frame.headers());
        streams.put(frame.streamId(), stream);
        if (frame.isLast()) {
            stream.input().end();
        }
        opened.accept(stream);
    }

    /** Forgets a stream that is done, so that long port-forwards do not gather them. */
    void forget(SpdyStream stream) {
        channel.eventLoop().execute(() -> streams.values().remove(stream));
    }
}
