package dev.gyropilot.node.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Exec over {@code v4.channel.k8s.io} and {@code v5.channel.k8s.io}: binary messages whose first byte names the stream.
 * Version 5 adds a message that closes one stream.
 */
final class WebSocketSession extends SimpleChannelInboundHandler<WebSocketFrame> implements RemoteSession {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private final Channel channel;
    private final InboundStream stdin;
    private final OutputStream stdout;
    private final OutputStream stderr;
    private final Resizes resizes = new Resizes();

    WebSocketSession(Channel channel, Writability writability) {
        this.channel = channel;
        this.stdin = new InboundStream(channel);
        this.stdout = new ChannelOutput(channel, writability, bytes -> message(STDOUT, bytes));
        this.stderr = new ChannelOutput(channel, writability, bytes -> message(STDERR, bytes));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
        switch (frame) {
            case PingWebSocketFrame ping -> {
                var _ = context.writeAndFlush(
                        new PongWebSocketFrame(ping.content().retain()));
            }
            case CloseWebSocketFrame close -> {
                stdin.end();
                var _ = context.writeAndFlush(close.retain()).addListener(ChannelFutureListener.CLOSE);
            }
            default -> data(frame.content());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        stdin.end();
        super.channelInactive(context);
    }

    private void data(ByteBuf content) {
        if (!content.isReadable()) {
            return;
        }
        int stream = content.readUnsignedByte();
        switch (stream) {
            case STDIN -> stdin.offer(content);
            case RESIZE -> resizes.accept(content.toString(StandardCharsets.UTF_8));
            case CLOSE -> {
                if (content.isReadable() && content.readUnsignedByte() == STDIN) {
                    stdin.end();
                }
            }
            default -> {
                // Only the node speaks on the other streams.
            }
        }
    }

    @Override
    public InputStream stdin() {
        return stdin;
    }

    @Override
    public OutputStream stdout() {
        return stdout;
    }

    @Override
    public OutputStream stderr() {
        return stderr;
    }

    @Override
    public void finish(String status) {
        var _ = channel.write(message(ERROR, Unpooled.copiedBuffer(status, StandardCharsets.UTF_8)));
        var _ = channel.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE))
                .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void onResize(Resize listener) {
        resizes.listen(listener);
    }

    @Override
    public void onClosed(Runnable action) {
        var _ = channel.closeFuture().addListener(closed -> action.run());
    }

    private static WebSocketFrame message(int stream, ByteBuf bytes) {
        return new BinaryWebSocketFrame(
                Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {(byte) stream}), bytes));
    }
}
