package dev.gyropilot.engines.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Writes response heads straight into a buffer: an engine's answers need nothing that a general encoder offers. */
final class ResponseHead {
    private final ByteBuf out;

    private ResponseHead(ByteBuf out, int status) {
        this.out = out;
        ascii(out, "HTTP/1.1 ");
        ascii(out, HttpResponseStatus.valueOf(status).toString());
        ascii(out, "\r\n");
    }

    static ResponseHead begin(ByteBufAllocator allocator, int status, int roomForBody) {
        return new ResponseHead(allocator.ioBuffer(256 + roomForBody), status);
    }

    ResponseHead header(String name, String value) {
        ascii(out, name);
        ascii(out, ": ");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            // What could end the header early, or is not ASCII, is replaced.
            out.writeByte(c < ' ' || c > '~' ? '?' : c);
        }
        ascii(out, "\r\n");
        return this;
    }

    ByteBuf end() {
        ascii(out, "\r\n");
        return out;
    }

    /** A whole error answer that closes the connection. */
    static ByteBuf error(ByteBufAllocator allocator, ApiException error) {
        byte[] body = error.body();
        ResponseHead head = begin(allocator, error.status(), body.length)
                .header("content-type", "application/json")
                .header("content-length", Integer.toString(body.length))
                .header("connection", "close");
        if (error.retryAfterSeconds() > 0) {
            head.header("retry-after", Integer.toString(error.retryAfterSeconds()));
        }
        return head.end().writeBytes(body);
    }

    static void ascii(ByteBuf out, String text) {
        out.writeCharSequence(text, java.nio.charset.StandardCharsets.US_ASCII);
    }
}
