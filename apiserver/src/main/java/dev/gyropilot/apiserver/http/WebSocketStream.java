package dev.gyropilot.apiserver.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.io.IOException;

/** One-way messages to a client by WebSocket; what the client says is ignored but for ping and close. */
final class WebSocketStream implements ResponseStream {
    private static final int MAX_INBOUND_FRAME_BYTES = 64 << 10;
    private static final int NORMAL_CLOSURE = 1000;

    private final Connection connection;

    private WebSocketStream(Connection connection) {
        this.connection = connection;
    }

    static WebSocketStream accept(Connection connection, HttpRequest request, HttpHeaders answerHeaders)
            throws IOException {
        Channel channel = connection.channel();
        String url = "wss://" + request.headers().get("Host") + request.uri();
        WebSocketServerHandshaker handshaker =
                new WebSocketServerHandshakerFactory(url, "*", false, MAX_INBOUND_FRAME_BYTES).newHandshaker(request);
        if (handshaker == null) {
            throw new IOException(
                    "unknown version of WebSocket: " + request.headers().get("Sec-WebSocket-Version"));
        }
        connection.interruptWhenGone(Thread.currentThread());
        var whole = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                request.method(),
                request.uri(),
                Unpooled.EMPTY_BUFFER,
                request.headers(),
                EmptyHttpHeaders.INSTANCE);
        var upgraded = connection.upgraded();
        handshaker
                .handshake(channel, whole, answerHeaders, channel.newPromise())
                .addListener(done -> {
                    if (done.isSuccess()) {
                        channel.pipeline().addLast(new Inbound());
                        upgraded.run();
                    } else {
                        var _ = channel.close();
                    }
                });
        return new WebSocketStream(connection);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        connection.outbound().send(new TextWebSocketFrame(Unpooled.wrappedBuffer(bytes)));
    }

    @Override
    public void close() throws IOException {
        connection.interruptWhenGone(null);
        connection.outbound().send(new CloseWebSocketFrame(NORMAL_CLOSURE, ""));
        connection.closeGently();
    }

    private static final class Inbound extends SimpleChannelInboundHandler<WebSocketFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
            if (frame instanceof PingWebSocketFrame ping) {
                var _ = context.writeAndFlush(
                        new PongWebSocketFrame(ping.content().retain()));
            } else if (frame instanceof CloseWebSocketFrame) {
                var _ = context.close();
            }
        }
    }
}
