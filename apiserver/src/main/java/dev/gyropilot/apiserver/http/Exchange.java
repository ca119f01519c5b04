package dev.gyropilot.apiserver.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request and the ways to answer it, of which exactly one is to be used. */
public final class Exchange {
    private final Connection connection;
    private final HttpRequest request;
    private final byte[] body;
    private final String path;
    private final Query query;
    private final HttpHeaders answerHeaders = new DefaultHttpHeaders();
    private volatile boolean answered;
    private int status;

    Exchange(Connection connection, HttpRequest request, byte[] body) {
        this.connection = connection;
        this.request = request;
        this.body = body;
        String uri = request.uri();
        int mark = uri.indexOf('?');
        this.path = mark < 0 ? uri : uri.substring(0, mark);
        this.query = Query.parse(mark < 0 ? "" : uri.substring(mark + 1));
    }

    public String method() {
        return request.method().name();
    }

    /** The path as sent, still percent-encoded. */
    public String path() {
        return path;
    }

    /** Path and query as sent. */
    public String uri() {
        return request.uri();
    }

    public Query query() {
        return query;
    }

    public byte[] body() {
        return body;
    }

    /** The first value of a request header, or empty. */
    public String header(String name) {
        String value = request.headers().get(name);
        return value == null ? "" : value;
    }

    public List<Map.Entry<String, String>> headers() {
        return request.headers().entries();
    }

    public @Nullable X509Certificate clientCertificate() {
        return connection.clientCertificate();
    }

    public SocketAddress remoteAddress() {
        return channel().remoteAddress();
    }

    /** Whether the client wants to leave HTTP on this connection. */
    public boolean wantsUpgrade() {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
    }

    public boolean wantsWebSocket() {
        return wantsUpgrade()
                && request.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }

    /** Adds a header to the answer to come. */
    public void answerHeader(String name, String value) {
        answerHeaders.add(name, value);
    }

    public boolean answered() {
        return answered;
    }

    /** The status of the answer given, 0 before. */
    public int status() {
        return status;
    }

    /** Answers in one piece. */
    public void respond(int status, String contentType, byte[] content) throws IOException {
        begin(status);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(content));
        response.headers().add(answerHeaders);
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

    /** Answers piece by piece. When the client goes away the thread that calls this is interrupted. */
    public ResponseStream stream(int status, String contentType) throws IOException {
        begin(status);
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        response.headers().add(answerHeaders).set(HttpHeaderNames.CONTENT_TYPE, contentType);
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

    /** Accepts a WebSocket on which each piece is a text message. When the client goes away the calling thread is interrupted. */
    public ResponseStream webSocket() throws IOException {
        begin(101);
        return WebSocketStream.accept(connection, request, answerHeaders);
    }

    /** Leaves HTTP: from now on bytes are passed as they are. Nothing has been answered yet. */
    public Tunnel tunnel() throws IOException {
        begin(101);
        return Tunnel.open(connection);
    }

    private void begin(int status) {
        if (answered) {
            throw new IllegalStateException("already answered with " + this.status);
        }
        this.status = status;
        answered = true;
    }

    private Channel channel() {
        return connection.channel();
    }
}
