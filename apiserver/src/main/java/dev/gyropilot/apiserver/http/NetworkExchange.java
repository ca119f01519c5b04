package dev.gyropilot.apiserver.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** A request that came over the network. */
final class NetworkExchange extends Exchange {
    private final Connection connection;
    private final HttpRequest request;

    NetworkExchange(Connection connection, HttpRequest request, byte[] body) {
        super(request.method().name(), request.uri(), request.headers(), body);
        this.connection = connection;
        this.request = request;
    }

    @Override
    public @Nullable X509Certificate clientCertificate() {
        return connection.clientCertificate();
    }

    @Override
    public void respond(int status, String contentType, byte[] content) throws IOException {
        begin(status);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(content));
        response.headers().add(answerHeaders());
        if (!contentType.isEmpty()) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        }
        if (status != 304) {
            HttpUtil.setContentLength(response, content.length);
        }
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        HttpUtil.setKeepAlive(response, keepAlive);
        connection.outbound().send(response);
        connection.answered(keepAlive);
    }

    @Override
    public ResponseStream stream(int status, String contentType) throws IOException {
        begin(status);
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        response.headers().add(answerHeaders()).set(HttpHeaderNames.CONTENT_TYPE, contentType);
        HttpUtil.setTransferEncodingChunked(response, true);
        connection.interruptWhenGone(Thread.currentThread());
        connection.outbound().send(response);
        return new ResponseStream() {
            @Override
            public void write(byte[] bytes) throws IOException {
                connection.outbound().send(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
            }

            @Override
            public void close() throws IOException {
                connection.interruptWhenGone(null);
                connection.outbound().send(LastHttpContent.EMPTY_LAST_CONTENT);
                connection.answered(HttpUtil.isKeepAlive(request));
            }
        };
    }

    @Override
    public ResponseStream webSocket() throws IOException {
        begin(101);
        return WebSocketStream.accept(connection, request, answerHeaders());
    }

    @Override
    public Tunnel tunnel() throws IOException {
        begin(101);
        return Tunnel.open(connection);
    }
}
