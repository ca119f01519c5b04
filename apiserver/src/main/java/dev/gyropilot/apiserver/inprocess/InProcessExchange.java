package dev.gyropilot.apiserver.inprocess;

import dev.gyropilot.apiserver.http.ClientGoneException;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.http.ResponseStream;
import dev.gyropilot.apiserver.http.Tunnel;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardHttpRequest.ByteArrayBodyContent;
import io.fabric8.kubernetes.client.http.StandardHttpRequest.InputStreamBodyContent;
import io.fabric8.kubernetes.client.http.StandardHttpRequest.StringBodyContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request of this process to itself. */
final class InProcessExchange extends Exchange {
    private final StandardHttpRequest request;
    private final InProcessBody answer;
    private final CompletableFuture<HttpResponse<AsyncBody>> response = new CompletableFuture<>();

    InProcessExchange(StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer, Duration readLimit)
            throws IOException {
        super(request.method(), pathAndQuery(request.uri()), headers(request), body(request));
        this.request = request;
        this.answer = new InProcessBody(consumer, readLimit);
    }

    CompletableFuture<HttpResponse<AsyncBody>> response() {
        return response;
    }

    /** The server cannot answer, or not to the end. */
    void fail(Throwable cause) {
        response.completeExceptionally(cause);
        answer.fail(cause);
    }

    /** As when a connection breaks. */
    void stop() {
        fail(new IOException("the API server has stopped"));
    }

    /** Nobody can come between: the token says who calls. */
    @Override
    public @Nullable X509Certificate clientCertificate() {
        return null;
    }

    @Override
    public void respond(int status, String contentType, byte[] content) throws IOException {
        begin(status);
        try (answer) {
            head(status, contentType);
            if (content.length > 0) {
                answer.write(content);
            }
        }
    }

    @Override
    public ResponseStream stream(int status, String contentType) throws IOException {
        begin(status);
        answer.interruptWhenCancelled(Thread.currentThread());
        head(status, contentType);
        return answer;
    }

    @Override
    public ResponseStream webSocket() throws IOException {
        throw new IOException("there are no WebSockets inside the process");
    }

    @Override
    public Tunnel tunnel() throws IOException {
        throw new IOException("there are no tunnels inside the process");
    }

    private void head(int status, String contentType) throws ClientGoneException {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : answerHeaders()) {
            headers.computeIfAbsent(header.getKey(), _ -> new ArrayList<>()).add(header.getValue());
        }
        if (!contentType.isEmpty()) {
            headers.put(HttpHeaderNames.CONTENT_TYPE.toString(), List.of(contentType));
        }
        if (!response.complete(new InProcessResponse(request, status, headers, answer))) {
            throw new ClientGoneException("the caller did not wait for the answer");
        }
    }

    private static String pathAndQuery(URI uri) {
        return uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + '?' + uri.getRawQuery();
    }

    private static HttpHeaders headers(StandardHttpRequest request) {
        HttpHeaders headers = new DefaultHttpHeaders();
        request.headers().forEach(headers::add);
        if (request.getContentType() != null) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, request.getContentType());
        }
        return headers;
    }

    private static byte[] body(StandardHttpRequest request) throws IOException {
        return switch (request.body()) {
            case null -> new byte[0];
            case StringBodyContent text -> text.getContent().getBytes(StandardCharsets.UTF_8);
            case ByteArrayBodyContent bytes -> bytes.getContent();
            case InputStreamBodyContent stream -> stream.getContent().readAllBytes();
            default ->
                throw new IOException(
                        "a body of the unknown kind " + request.body().getClass());
        };
    }
}
