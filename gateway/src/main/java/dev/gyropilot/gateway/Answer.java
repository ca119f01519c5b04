package dev.gyropilot.gateway;

import dev.gyropilot.gateway.scan.EventFramer;
import dev.gyropilot.gateway.scan.UsageFinder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model server's answer on its way to the client. Streams of events pass as they come, from the first whole event on; other
 * answers are withheld until they are complete or large. Until something has passed, another replica can still take over.
 */
final class Answer {
    private static final String EVENT_STREAM = "text/event-stream";
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_BYTES = 512;
    private static final int CHUNK_FRAME_BYTES = 12;

    private final ClientConnection client;
    private final HttpResponse response;
    private final String requestId;
    private final boolean close;
    private final boolean http10;
    private final int withheldLimit;
    private final long declaredLength;
    private final boolean endsWithConnection;
    private final @Nullable UsageFinder usage;
    private final @Nullable EventFramer framer;
    private final List<ByteBuf> withheld = new ArrayList<>(2);
    private long withheldBytes;
    private long bytes;
    private boolean committed;
    private boolean chunked;

    Answer(
            ClientConnection client,
            HttpResponse response,
            String requestId,
            boolean stripUsage,
            boolean close,
            boolean http10,
            int withheldLimit) {
        this.client = client;
        this.response = response;
        this.requestId = requestId;
        this.close = close;
        this.http10 = http10;
        this.withheldLimit = withheldLimit;
        this.declaredLength = HttpUtil.getContentLength(response, -1L);
        this.endsWithConnection = declaredLength < 0 && !HttpUtil.isTransferEncodingChunked(response);
        boolean success = response.status().code() == 200;
        this.usage = success ? new UsageFinder() : null;
        String type = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
        boolean stream =
                type != null && AsciiString.regionMatches(type, true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
        this.framer = stream && usage != null ? new EventFramer(client.context().alloc(), stripUsage, usage) : null;
    }

    HttpResponseStatus status() {
        return response.status();
    }

    /** Whether the client has got something of it. */
    boolean committed() {
        return committed;
    }

    boolean isStream() {
        return framer != null;
    }

    /** Whether the client's connection must close behind it. */
    boolean closes() {
        return close || (committed && http10 && !lengthKnown());
    }

    @Nullable
    UsageFinder usage() {
        return usage;
    }

    /** Bytes of the body that the client got. */
    long bytes() {
        return bytes;
    }

    /** Takes the next piece, and the caller's reference to it. */
    void content(ByteBuf piece) {
        if (framer != null) {
            ByteBuf events = framer.feed(piece);
            if (!events.isReadable()) {
                events.release();
                return;
            }
            if (!committed) {
                commit(Heads.LENGTH_CHUNKED);
            }
            write(events);
            return;
        }
        if (usage != null) {
            usage.feed(piece);
        }
        if (committed) {
            write(piece);
            return;
        }
        withheld.add(piece);
        withheldBytes += piece.readableBytes();
        if (withheldBytes > withheldLimit) {
            commit(declaredLength >= 0 ? declaredLength : Heads.LENGTH_CHUNKED);
            passWithheld();
        }
    }

    /** The model server has ended it; false if it must be taken for cut because only the connection's end says so. */
    boolean end() {
        if (framer != null) {
            if (endsWithConnection && !framer.done()) {
                return false;
            }
            ByteBuf rest = framer.takePartial();
            if (!committed) {
                commit(Heads.LENGTH_CHUNKED);
            }
            if (rest != null) {
                write(rest);
            }
        } else if (!committed) {
            commit(hasBody() ? withheldBytes : Heads.LENGTH_NO_BODY);
            passWithheld();
        }
        endChunks();
        return true;
    }

    /** It was cut: tells the client within the stream, or returns false when only a hard close can tell. */
    boolean cut(Operation operation, ApiError error) {
        if (framer == null || !framer.atEventBoundary()) {
            return false;
        }
        write(Unpooled.wrappedBuffer(error.event(operation)));
        endChunks();
        return true;
    }

    /** A comment that keeps the connection alive through a silence. */
    void comment() {
        if (committed && framer != null && framer.atEventBoundary()) {
            write(Unpooled.wrappedBuffer(COMMENT));
            client.flush();
        }
    }

    void release() {
        withheld.forEach(ByteBuf::release);
        withheld.clear();
        if (framer != null) {
            framer.release();
        }
    }

    private boolean hasBody() {
        int code = response.status().code();
        return code != 204 && code != 304;
    }

    private boolean lengthKnown() {
        return chunked || (framer == null && declaredLength >= 0);
    }

    private void commit(long length) {
        committed = true;
        chunked = length == Heads.LENGTH_CHUNKED && !http10;
        boolean untilClose = length == Heads.LENGTH_CHUNKED && http10;
        Heads.response(
                client.room(HEAD_BYTES),
                response.status(),
                response.headers(),
                requestId,
                untilClose ? Heads.LENGTH_UNTIL_CLOSE : length,
                close || untilClose,
                http10);
    }

    private void passWithheld() {
        for (ByteBuf piece : withheld) {
            write(piece);
        }
        withheld.clear();
    }

    private void write(ByteBuf piece) {
        int length = piece.readableBytes();
        bytes += length;
        if (!chunked) {
            client.write(piece);
            return;
        }
        if (length == 0) {
            piece.release();
            return;
        }
        ByteBuf frame = client.room(CHUNK_FRAME_BYTES);
        Heads.hex(frame, length);
        frame.writeByte('\r').writeByte('\n');
        client.write(piece);
        client.room(2).writeByte('\r').writeByte('\n');
    }

    private void endChunks() {
        if (chunked) {
            client.room(LAST_CHUNK.length).writeBytes(LAST_CHUNK);
        }
    }
}
