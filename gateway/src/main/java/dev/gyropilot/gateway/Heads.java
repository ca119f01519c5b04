package dev.gyropilot.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes HTTP/1.1 heads straight into buffers, leaving out what must not travel on. */
final class Heads {
    static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");

    /** Between two hops only (RFC 9110, 7.6.1), and what the framing sets anew. */
    private static final HeaderNames HOP_BY_HOP = new HeaderNames(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "content-length",
            "x-request-id");

    /** Never told to a model server: secrets of the client, what the gateway decides, and encodings that hide usage. */
    private static final HeaderNames NOT_TO_ENGINES = new HeaderNames(
            "host",
            "authorization",
            "api-key",
            "x-api-key",
            "cookie",
            "expect",
            "accept-encoding",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "x-prefiller-host-port",
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-data-parallel-rank",
            "x-kv-cache-source-host-port",
            "x-slo-ttft-ms",
            "x-slo-tpot-ms",
            "x-session-id",
            "x-session-token",
            "x-session-affinity",
            "test-epp-endpoint-selection");

    /** Control headers of gateways: read here or nowhere. */
    private static final List<AsciiString> CONTROL_PREFIXES = List.of(
            AsciiString.cached("x-gateway-"),
            AsciiString.cached("x-llm-d-"),
            AsciiString.cached("x-gyropilot-"),
            AsciiString.cached("x-conformance-"));

    private static final byte[] POST = ascii("POST ");
    private static final byte[] VERSION_HOST = ascii(" HTTP/1.1\r\nhost: ");
    private static final byte[] REQUEST_ID_FIELD = ascii("\r\nx-request-id: ");
    private static final byte[] LENGTH_FIELD = ascii("\r\ncontent-length: ");
    private static final byte[] CHUNKED_FIELD = ascii("\r\ntransfer-encoding: chunked");
    private static final byte[] CLOSE_FIELD = ascii("\r\nconnection: close");
    private static final byte[] KEEP_ALIVE_FIELD = ascii("\r\nconnection: keep-alive");
    private static final byte[] VERSION = ascii("HTTP/1.1 ");
    private static final byte[] OK = ascii("HTTP/1.1 200 OK");
    private static final byte[] END = ascii("\r\n\r\n");

    /** How the end of an answer's body is told. */
    static final long LENGTH_CHUNKED = -1;

    static final long LENGTH_UNTIL_CLOSE = -2;
    static final long LENGTH_NO_BODY = -3;

    private Heads() {}

    /** The head of a request to a model server. */
    static void request(
            ByteBuf out, String path, AsciiString authority, HttpHeaders client, String requestId, long length) {
        out.writeBytes(POST);
        ByteBufUtil.writeAscii(out, path);
        out.writeBytes(VERSION_HOST);
        ByteBufUtil.writeAscii(out, authority);
        String connection = client.get(HttpHeaderNames.CONNECTION);
        for (Iterator<Map.Entry<CharSequence, CharSequence>> fields = client.iteratorCharSequence();
                fields.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            CharSequence name = field.getKey();
            if (!HOP_BY_HOP.contains(name)
                    && !NOT_TO_ENGINES.contains(name)
                    && !isControl(name)
                    && !isNamed(connection, name)) {
                field(out, name, field.getValue());
            }
        }
        out.writeBytes(REQUEST_ID_FIELD);
        ByteBufUtil.writeAscii(out, requestId);
        out.writeBytes(LENGTH_FIELD);
        decimal(out, length);
        out.writeBytes(END);
    }

    /**
     * The head of an answer that passes.
     *
     * @param length of the body, or one of the {@code LENGTH_} constants
     */
    static void response(
            ByteBuf out,
            HttpResponseStatus status,
            HttpHeaders upstream,
            String requestId,
            long length,
            boolean close,
            boolean http10) {
        status(out, status);
        String connection = upstream.get(HttpHeaderNames.CONNECTION);
        for (Iterator<Map.Entry<CharSequence, CharSequence>> fields = upstream.iteratorCharSequence();
                fields.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            if (!HOP_BY_HOP.contains(field.getKey()) && !isNamed(connection, field.getKey())) {
                field(out, field.getKey(), field.getValue());
            }
        }
        end(out, requestId, length, close, http10);
    }

    /** The head of an answer of the gateway's own. */
    static void own(
            ByteBuf out,
            HttpResponseStatus status,
            String contentType,
            @Nullable String requestId,
            long length,
            boolean close,
            boolean http10,
            String... fields) {
        status(out, status);
        field(out, HttpHeaderNames.CONTENT_TYPE, contentType);
        for (int i = 0; i < fields.length; i += 2) {
            field(out, fields[i], fields[i + 1]);
        }
        end(out, requestId, length, close, http10);
    }

    private static void status(ByteBuf out, HttpResponseStatus status) {
        if (status.code() == 200) {
            out.writeBytes(OK);
            return;
        }
        out.writeBytes(VERSION);
        decimal(out, status.code());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, status.reasonPhrase());
    }

    private static void end(ByteBuf out, @Nullable String requestId, long length, boolean close, boolean http10) {
        if (requestId != null) {
            out.writeBytes(REQUEST_ID_FIELD);
            ByteBufUtil.writeAscii(out, requestId);
        }
        if (length >= 0) {
            out.writeBytes(LENGTH_FIELD);
            decimal(out, length);
        } else if (length == LENGTH_CHUNKED) {
            out.writeBytes(CHUNKED_FIELD);
        }
        if (close) {
            out.writeBytes(CLOSE_FIELD);
        } else if (http10) {
            out.writeBytes(KEEP_ALIVE_FIELD);
        }
        out.writeBytes(END);
    }

    private static void field(ByteBuf out, CharSequence name, CharSequence value) {
        out.writeByte('\r').writeByte('\n');
        ByteBufUtil.writeAscii(out, name);
        out.writeByte(':').writeByte(' ');
        ByteBufUtil.writeAscii(out, value);
    }

    private static boolean isControl(CharSequence name) {
        if (name.length() < 8 || (name.charAt(0) | 0x20) != 'x') {
            return false;
        }
        for (AsciiString prefix : CONTROL_PREFIXES) {
            if (AsciiString.regionMatchesAscii(name, true, 0, prefix, 0, prefix.length())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the Connection header names this field as one of the hop's own. */
    private static boolean isNamed(@Nullable String connection, CharSequence name) {
        if (connection == null
                || AsciiString.contentEqualsIgnoreCase(connection, "keep-alive")
                || AsciiString.contentEqualsIgnoreCase(connection, "close")) {
            return false;
        }
        for (String token : connection.split(",", -1)) {
            if (AsciiString.contentEqualsIgnoreCase(token.strip(), name)) {
                return true;
            }
        }
        return false;
    }

    static void decimal(ByteBuf out, long value) {
        if (value >= 10) {
            decimal(out, value / 10);
        }
        out.writeByte('0' + (int) (value % 10));
    }

    static void hex(ByteBuf out, int value) {
        boolean begun = false;
        for (int shift = 28; shift >= 0; shift -= 4) {
            int digit = (value >>> shift) & 15;
            if (digit != 0 || begun || shift == 0) {
                out.writeByte(digit < 10 ? '0' + digit : 'a' + digit - 10);
                begun = true;
            }
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
