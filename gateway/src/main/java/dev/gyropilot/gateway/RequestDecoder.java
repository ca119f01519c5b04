package dev.gyropilot.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Reads requests as strictly as a proxy must: what two programs could read differently is refused. */
final class RequestDecoder extends HttpRequestDecoder {
    private static final int PIECE_BYTES = 64 * 1024;

    private final ClientConnection connection;

    RequestDecoder(GatewayConfig.Limits limits, ClientConnection connection) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxChunkSize(PIECE_BYTES)
                .setValidateHeaders(true));
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        connection.bytesCame();
        super.channelRead(ctx, message);
    }

    /** A length beside chunks is how requests are smuggled (RFC 9112, 11.2). */
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding are given: send one");
    }
}
