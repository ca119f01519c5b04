package dev.gyropilot.apiserver.http;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request and the ways to answer it, of which exactly one is to be used. */
public abstract class Exchange {
    private final String method;
    private final String uri;
    private final String path;
    private final Query query;
    private final HttpHeaders headers;
    private final byte[] body;
    private final HttpHeaders answerHeaders = new DefaultHttpHeaders();
    private volatile boolean answered;
    private int status;

    /** @param uri path and query, percent-encoded */
    protected Exchange(String method, String uri, HttpHeaders headers, byte[] body) {
        this.method = method;
        this.uri = uri;
        this.headers = headers;
        this.body = body;
        int mark = uri.indexOf('?');
        this.path = mark < 0 ? uri : uri.substring(0, mark);
        this.query = Query.parse(mark < 0 ? "" : uri.substring(mark + 1));
    }

    public final String method() {
        return method;
    }

    /** The path as sent, still percent-encoded. */
    public final String path() {
        return path;
    }

    /** Path and query as sent. */
    public final String uri() {
        return uri;
    }

    public final Query query() {
        return query;
    }

    public final byte[] body() {
        return body;
    }

    /** The first value of a request header, or empty. */
    public final String header(String name) {
        String value = headers.get(name);
        return value == null ? "" : value;
    }

    public final List<Map.Entry<String, String>> headers() {
        return headers.entries();
    }

    public abstract @Nullable X509Certificate clientCertificate();

    /** Whether the client wants to leave HTTP on this connection. */
    public final boolean wantsUpgrade() {
        return headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
    }

    public final boolean wantsWebSocket() {
        return wantsUpgrade() && headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }

    /** Adds a header to the answer to come. */
    public final void answerHeader(String name, String value) {
        answerHeaders.add(name, value);
    }

    protected final HttpHeaders answerHeaders() {
        return answerHeaders;
    }

    public final boolean answered() {
        return answered;
    }

    /** The status of the answer given, 0 before. */
    public final int status() {
        return status;
    }

    /** Answers in one piece. */
    public abstract void respond(int status, String contentType, byte[] content) throws IOException;

    /** Answers piece by piece. When the client goes away the thread that calls this is interrupted. */
    public abstract ResponseStream stream(int status, String contentType) throws IOException;

    /** Accepts a WebSocket on which each piece is a text message. When the client goes away the calling thread is interrupted. */
    public abstract ResponseStream webSocket() throws IOException;

    /** Leaves HTTP: from now on bytes are passed as they are. Nothing has been answered yet. */
    public abstract Tunnel tunnel() throws IOException;

    /** Notes that this is the answer. */
    protected final void begin(int status) {
        if (answered) {
            throw new IllegalStateException("already answered with " + this.status);
        }
        this.status = status;
        answered = true;
    }
}
