package dev.gyropilot.node.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyHeaders;
import java.io.OutputStream;

/** One stream of a SPDY connection. */
final class SpdyStream {
    private final Channel channel;
    private final int id;
    private final SpdyHeaders headers;
    private final InboundStream input;
    private final OutputStream output;

    SpdyStream(Channel channel, Writability writability, int id, SpdyHeaders headers) {
        this.channel = channel;
        this.id = id;
        this.headers = headers;
        this.input = new InboundStream(channel);
        this.output = new ChannelOutput(channel, writability, bytes -> new DefaultSpdyDataFrame(id, bytes));
    }

    String header(String name) {
        String value = headers.getAsString(name);
        return value == null ? "" : value;
    }

    InboundStream input() {
        return input;
    }

    OutputStream output() {
        return output;
    }

    /** Says that no more will be written. */
    ChannelFuture endOutput() {
        var last = new DefaultSpdyDataFrame(id, Unpooled.EMPTY_BUFFER);
        last.setLast(true);
        return channel.writeAndFlush(last);
    }
}
