package dev.gyropilot.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection: one request after the other, each an {@link Exchange}. Knows the phases and their deadlines, gathers
 * small writes, and closes so that a refused client still reads why.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int COPY_BELOW_BYTES = 8 * 1024;
    private static final int PENDING_BYTES = 1024;

    private enum Phase {
        /** Between two requests. */
        IDLE,
        /** The first byte of a request is there. */
        HEADER,
        /** The header is there. */
        BODY,
        /** The whole request is there. */
        ANSWER,
        /** The answer is written; what still comes is dropped until the client closes. */
        LINGER
    }

    private final Loop loop;
    private final GatewayConfig config;
    private final Credentials credentials;
    private final ArrayDeque<HttpObject> pipelined = new ArrayDeque<>(0);
    private @Nullable ChannelHandlerContext context;
    private Phase phase = Phase.IDLE;
    private long deadlineNanos;
    private long unwritableSinceNanos;
    private @Nullable Exchange exchange;
    private @Nullable ByteBuf pending;
    private boolean draining;
    private boolean replaying;

    ClientConnection(Loop loop) {
        this.loop = loop;
        this.config = loop.gateway().config();
        this.credentials = new Credentials(loop);
    }

    Loop loop() {
        return loop;
    }

    Credentials credentials() {
        return credentials;
    }

    ChannelHandlerContext context() {
        ChannelHandlerContext current = context;
        if (current == null) {
            throw new IllegalStateException("the connection is not open yet");
        }
        return current;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        deadline(config.timeouts().headerMillis());
        loop.clients().add(this);
        if (loop.gateway().connectionOpened()) {
            ApiError full = ApiError.unavailable("The gateway has too many connections: try again in a moment.", 1);
            phase = Phase.ANSWER;
            refuse(full, null);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        loop.clients().remove(this);
        loop.gateway().connectionClosed();
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.clientGone();
        }
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            log.warn("a client's connection is closed after an unexpected failure", cause);
        }
        Wire.close(ctx);
    }

    /** The socket has bytes of the client, whether or not they make something whole. */
    void bytesCame() {
        if (phase == Phase.IDLE) {
            phase = Phase.HEADER;
            deadline(config.timeouts().headerMillis());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        HttpObject part = (HttpObject) message;
        if (phase == Phase.LINGER) {
            ReferenceCountUtil.release(part);
        } else if (phase == Phase.ANSWER || !pipelined.isEmpty()) {
            pipelined.add(part);
            if (pipelined.size() >= config.limits().pipelinedMessages()) {
                ctx.channel().config().setAutoRead(false);
            }
        } else {
            handle(part);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean writable = ctx.channel().isWritable();
        unwritableSinceNanos = writable ? 0 : System.nanoTime();
        if (exchange != null) {
            exchange.clientWritable(writable);
        }
    }

    private void handle(HttpObject part) {
        if (part.decoderResult().isFailure()) {
            ReferenceCountUtil.release(part);
            malformed(part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpRequest request) {
            phase = Phase.BODY;
            deadline(config.timeouts().bodyMillis());
            exchange = new Exchange(this, request);
            exchange.begin();
        }
        if (part instanceof HttpContent content) {
            Exchange current = exchange;
            if (current == null || phase == Phase.LINGER) {
                content.release();
                return;
            }
            boolean last = part instanceof LastHttpContent;
            if (last) {
                phase = Phase.ANSWER;
            }
            current.body(content.content(), last);
        }
    }

    private void malformed(Throwable cause) {
        ApiError error = switch (cause) {
            case TooLongHttpHeaderException e ->
                ApiError.badHttp(
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                        "The request's header is larger than " + config.limits().headerBytes() + " bytes.");
            case TooLongHttpLineException e ->
                ApiError.badHttp(
                        HttpResponseStatus.REQUEST_URI_TOO_LONG,
                        "The request's first line is longer than "
                                + config.limits().requestLineBytes() + " bytes.");
            default ->
                ApiError.badHttp(
                        HttpResponseStatus.BAD_REQUEST, "The request is not valid HTTP: " + cause.getMessage() + ".");
        };
        Exchange current = exchange;
        if (current != null) {
            current.failAndClose(error);
        } else {
            loop.gateway().metrics().refused(error.status().code());
            refuse(error, null);
        }
    }

    /** Says that the body may come. */
    void sendContinue() {
        room(CONTINUE.length).writeBytes(CONTINUE);
        flush();
    }

    /** Space for at least so many bytes in what will be written next. */
    ByteBuf room(int bytes) {
        if (pending == null) {
            pending = context().alloc().buffer(Math.max(PENDING_BYTES, bytes));
        } else {
            pending.ensureWritable(bytes);
        }
        return pending;
    }

    /** Writes bytes, and takes the caller's reference to them. */
    void write(ByteBuf bytes) {
        if (bytes.readableBytes() < COPY_BELOW_BYTES) {
            room(bytes.readableBytes()).writeBytes(bytes);
            bytes.release();
            return;
        }
        writePending();
        Wire.write(context(), bytes);
    }

    /** Hands to the socket what was written. */
    void flush() {
        writePending();
        ChannelHandlerContext current = context;
        if (current != null) {
            current.flush();
        }
    }

    private void writePending() {
        ByteBuf ready = pending;
        if (ready != null) {
            pending = null;
            Wire.write(context(), ready);
        }
    }

    /** The answer is complete. */
    void answered(boolean keepAlive) {
        exchange = null;
        if (!keepAlive || draining) {
            flush();
            Wire.closeAfterWrites(context());
            phase = Phase.LINGER;
            deadline(config.timeouts().clientWriteMillis());
            return;
        }
        phase = Phase.IDLE;
        deadline(config.timeouts().clientIdleMillis());
        if (!replaying) {
            replayPipelined();
        }
    }

    /** Takes up what the client has sent ahead; a loop, not a recursion, however many requests there are. */
    private void replayPipelined() {
        replaying = true;
        while (phase != Phase.ANSWER && phase != Phase.LINGER && !pipelined.isEmpty()) {
            handle(pipelined.removeFirst());
        }
        replaying = false;
        if (pipelined.isEmpty() && !context().channel().config().isAutoRead()) {
            context().channel().config().setAutoRead(true);
        }
        flush();
    }

    /** Answers with an error and closes once the client has had time to read it. */
    void refuse(ApiError error, @Nullable String requestId) {
        byte[] json = error.json();
        ByteBuf out = room(json.length + 512);
        Exchange.writeErrorHead(out, error, requestId, json.length, true);
        out.writeBytes(json);
        exchange = null;
        linger();
    }

    /** Ends the connection's writing side and drops what comes, or the client's kernel would throw the answer away. */
    private void linger() {
        phase = Phase.LINGER;
        deadline(config.timeouts().lingerMillis());
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
        context().channel().config().setAutoRead(true);
        writePending();
        Wire.shutdownOutputAfterWrites(context());
    }

    /** Closes without a proper end, so that a cut answer cannot be taken for a whole one. */
    void abort() {
        exchange = null;
        Wire.close(context());
    }

    /** No further requests: closes now if idle, else after the answer. */
    void drain() {
        draining = true;
        if (phase == Phase.IDLE || (phase == Phase.HEADER && exchange == null)) {
            Wire.close(context());
        }
    }

    void sweep(long nowNanos) {
        if (unwritableSinceNanos != 0
                && nowNanos - unwritableSinceNanos > millis(config.timeouts().clientWriteMillis())) {
            log.debug("a client that reads nothing is cut off");
            loop.gateway().metrics().slowClientCut();
            Wire.close(context());
            return;
        }
        Exchange current = exchange;
        if (phase == Phase.ANSWER) {
            if (current != null) {
                current.sweep(nowNanos);
            }
            return;
        }
        if (nowNanos - deadlineNanos < 0) {
            return;
        }
        switch (phase) {
            case BODY -> {
                if (current != null) {
                    current.failAndClose(ApiError.bodyTimeout(config.timeouts().bodyMillis()));
                }
            }
            case HEADER ->
                refuse(
                        ApiError.badHttp(
                                HttpResponseStatus.REQUEST_TIMEOUT,
                                "The request's header did not end within "
                                        + config.timeouts().headerMillis() + " ms."),
                        null);
            case IDLE, LINGER, ANSWER -> Wire.close(context());
        }
    }

    private void deadline(long afterMillis) {
        deadlineNanos = System.nanoTime() + millis(afterMillis);
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
