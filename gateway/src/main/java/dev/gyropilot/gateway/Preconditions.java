package dev.gyropilot.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What HTTP demands of a request's header beyond what the decoder sees. */
final class Preconditions {
    private Preconditions() {}

    /** What is wrong; the connection cannot go on after it. */
    static @Nullable ApiError check(HttpRequest request) {
        HttpHeaders headers = request.headers();
        boolean http11 = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
        if (!http11 && !request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            return ApiError.badHttp(
                    HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED,
                    "The protocol " + request.protocolVersion() + " is not spoken here: use HTTP/1.1.");
        }
        if (http11) {
            List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
            if (hosts.size() != 1) {
                return bad("The request has " + hosts.size() + " Host header fields: HTTP/1.1 demands one");
            }
        }
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
            if (!http11 || encodings.size() != 1 || !encodings.getFirst().equalsIgnoreCase("chunked")) {
                return bad("The Transfer-Encoding " + String.join(", ", encodings)
                        + " is not understood: send Content-Length, or chunked over HTTP/1.1");
            }
        }
        if (request.method().equals(HttpMethod.POST)
                && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
                && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            return ApiError.badHttp(
                    HttpResponseStatus.LENGTH_REQUIRED,
                    "The request has neither Content-Length nor Transfer-Encoding: send one of them.");
        }
        String expectation = http11 ? headers.get(HttpHeaderNames.EXPECT) : null;
        if (expectation != null && !expectation.equalsIgnoreCase("100-continue")) {
            return ApiError.badHttp(
                    HttpResponseStatus.EXPECTATION_FAILED, "Only the expectation 100-continue is understood.");
        }
        return null;
    }

    /** The path of a request's target, without query. */
    static String path(String target) {
        String path = target;
        if (!path.startsWith("/")) {
            // Absolute form: RFC 9112, 3.2.2 wants it understood.
            int scheme = path.indexOf("://");
            int slash = scheme < 0 ? -1 : path.indexOf('/', scheme + 3);
            path = slash < 0 ? path : path.substring(slash);
        }
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    private static ApiError bad(String message) {
        return ApiError.badHttp(HttpResponseStatus.BAD_REQUEST, message + ".");
    }
}
