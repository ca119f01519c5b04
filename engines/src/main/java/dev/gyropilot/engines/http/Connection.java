package dev.gyropilot.engines.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: collects a request, has it answered, then takes the next. All on the connection's loop.
 *
 * <p>Deadlines share one timer that is set anew only when it fires, so that a request costs no timer of its own.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails ends in channelInactive.
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** Requests sent ahead that are kept; reading stops beyond this. */
    private static final int MAX_PIPELINED_OBJECTS = 16;

    /** After an early error, how much more of the body is thrown away before the connection is closed. */
    private static final long MAX_DISCARDED_BYTES = 64L << 20;

    private static final long DISCARD_NANOS = TimeUnit.SECONDS.toNanos(2);

    private enum State {
        IDLE,
        READING,
        ANSWERING,
        DISCARDING
    }

    private final Channel channel;
    private final HttpServer.Shared shared;
    private final Deque<HttpObject> ahead = new ArrayDeque<>();
    private State state = State.IDLE;
    private long deadlineNanos;
    private boolean stalled;
    private long stallDeadlineNanos;
    private long discardedBytes;
    private boolean counted;
    private long timerNanos;
    private @Nullable Future<?> timer;
    private @Nullable HttpRequest request;
    private @Nullable ByteBuf body;
    private @Nullable HttpExchange exchange;

    Connection(Channel channel, HttpServer.Shared shared) {
        this.channel = channel;
        this.shared = shared;
        deadlineNanos = System.nanoTime() + shared.limits.idle().toNanos();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        counted = true;
        if (shared.open.incrementAndGet() > shared.limits.maxConnections()) {
            refuse(ApiException.overloaded(
                    1, "Too many open connections: the limit is " + shared.limits.maxConnections() + "."));
            return;
        }
        arm(shared.limits.idle().toNanos());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof HttpObject part)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (state == State.ANSWERING) {
            ahead.add(part);
            if (ahead.size() >= MAX_PIPELINED_OBJECTS) {
                channel.config().setAutoRead(false);
            }
            return;
        }
        take(part);
    }

    private void take(HttpObject part) {
        try {
            if (part.decoderResult().isFailure() && state != State.DISCARDING) {
                refuse(unreadable(part.decoderResult().cause()));
                return;
            }
            if (part instanceof HttpRequest head && state == State.IDLE) {
                begin(head);
            }
            if (part instanceof HttpContent content) {
                collect(content);
            }
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    private static ApiException unreadable(Throwable cause) {
        if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException) {
            return ApiException.of(
                    431,
                    "invalid_request_error",
                    "headers_too_large",
                    "The request line or headers are too large: " + cause.getMessage());
        }
        return ApiException.of(
                400, "invalid_request_error", "malformed_request", "This is not valid HTTP: " + cause.getMessage());
    }

    private void begin(HttpRequest head) {
        request = head;
        state = State.READING;
        deadlineNanos = System.nanoTime() + shared.limits.requestRead().toNanos();
        arm(shared.limits.requestRead().toNanos());
        long length = HttpUtil.getContentLength(head, -1L);
        if (length > shared.limits.maxBodyBytes()) {
            refuse(tooLarge("is " + length + " bytes"));
            return;
        }
        body = channel.alloc().buffer((int) Math.max(0, Math.min(length, 64 << 10)));
        if (HttpUtil.is100ContinueExpected(head)) {
            channel.writeAndFlush(channel.alloc()
                    .buffer()
                    .writeBytes("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
        }
    }

    private ApiException tooLarge(String how) {
        return ApiException.of(
                413,
                "invalid_request_error",
                "body_too_large",
                "The body " + how + "; the limit is " + shared.limits.maxBodyBytes() + " bytes. Send less at a time.");
    }

    private void collect(HttpContent content) {
        if (state == State.DISCARDING) {
            discardedBytes += content.content().readableBytes();
            if (content instanceof LastHttpContent || discardedBytes > MAX_DISCARDED_BYTES) {
                channel.close();
            }
            return;
        }
        ByteBuf collected = body;
        if (state != State.READING || collected == null) {
            return;
        }
        if (collected.readableBytes() + content.content().readableBytes() > shared.limits.maxBodyBytes()) {
            refuse(tooLarge("goes on beyond what is allowed"));
            return;
        }
        collected.writeBytes(content.content());
        if (content instanceof LastHttpContent) {
            serve(collected);
        }
    }

    private void serve(ByteBuf collected) {
        HttpRequest head = java.util.Objects.requireNonNull(request);
        byte[] bytes = new byte[collected.readableBytes()];
        collected.readBytes(bytes);
        collected.release();
        body = null;
        request = null;
        state = State.ANSWERING;
        shared.inFlight.incrementAndGet();
        HttpExchange current = new HttpExchange(channel, this, head, bytes);
        exchange = current;
        try {
            shared.router.handle(current);
        } catch (ApiException e) {
            current.fail(e);
        } catch (RuntimeException e) {
            LOG.error("{} {} failed", current.method(), current.path(), e);
            current.fail(ApiException.internal("The server failed on this request; its log says more."));
        }
    }

    /** The answer has left for the client, or never will: until then a drain waits. */
    void flushed() {
        shared.inFlight.decrementAndGet();
    }

    /** The exchange has handed over its whole answer. */
    void finished(boolean keepAlive) {
        exchange = null;
        if (!keepAlive) {
            state = State.DISCARDING;
            return;
        }
        state = State.IDLE;
        deadlineNanos = System.nanoTime() + shared.limits.idle().toNanos();
        // A loop, not recursion by way of take, when an answer is given at once.
        channel.eventLoop().execute(this::takeAhead);
    }

    private void takeAhead() {
        while (state != State.ANSWERING) {
            HttpObject next = ahead.poll();
            if (next == null) {
                break;
            }
            take(next);
        }
        if (ahead.isEmpty() && !channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
    }

    boolean isDraining() {
        return shared.draining;
    }

    /** Answers before the body has been read; what still comes is thrown away for a moment, so that the client reads. */
    private void refuse(ApiException error) {
        state = State.DISCARDING;
        deadlineNanos = System.nanoTime() + DISCARD_NANOS;
        arm(DISCARD_NANOS);
        releaseBody();
        boolean complete = request == null;
        channel.writeAndFlush(ResponseHead.error(channel.alloc(), error))
                .addListener(complete ? ChannelFutureListener.CLOSE : ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    private void releaseBody() {
        ByteBuf collected = body;
        if (collected != null) {
            body = null;
            collected.release();
        }
    }

    /** Sets the timer unless one fires early enough. */
    private void arm(long nanos) {
        long wanted = System.nanoTime() + nanos;
        Future<?> running = timer;
        if (running != null) {
            if (timerNanos - wanted <= 0) {
                return;
            }
            running.cancel(false);
        }
        schedule(wanted, nanos);
    }

    private void schedule(long fireNanos, long delayNanos) {
        timerNanos = fireNanos;
        timer = channel.eventLoop().schedule(this::checkDeadlines, delayNanos, TimeUnit.NANOSECONDS);
    }

    private void checkDeadlines() {
        timer = null;
        long now = System.nanoTime();
        long next;
        if (stalled && now - stallDeadlineNanos >= 0) {
            LOG.info("cut off {}: it left its answer unread", channel.remoteAddress());
            channel.close();
            return;
        }
        if (state == State.ANSWERING) {
            next = shared.limits.stalledWrite().toNanos();
        } else if (now - deadlineNanos >= 0) {
            expire();
            return;
        } else {
            next = deadlineNanos - now;
        }
        if (stalled) {
            next = Math.min(next, stallDeadlineNanos - now);
        }
        schedule(now + next, next);
    }

    private void expire() {
        switch (state) {
            case READING ->
                refuse(ApiException.of(
                        408,
                        "invalid_request_error",
                        "request_timeout",
                        "The request did not arrive whole within "
                                + shared.limits.requestRead().toSeconds() + " seconds."));
            case IDLE, DISCARDING, ANSWERING -> channel.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = channel.isWritable();
        if (!writable && !stalled) {
            long limit = shared.limits.stalledWrite().toNanos();
            stallDeadlineNanos = System.nanoTime() + limit;
            arm(limit);
        }
        stalled = !writable;
        HttpExchange current = exchange;
        if (writable && current != null) {
            current.becameWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        if (counted) {
            shared.open.decrementAndGet();
        }
        releaseBody();
        for (HttpObject part : ahead) {
            ReferenceCountUtil.release(part);
        }
        ahead.clear();
        HttpExchange current = exchange;
        if (current != null) {
            exchange = null;
            shared.inFlight.decrementAndGet();
            current.gone();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.warn("connection of {} failed", channel.remoteAddress(), cause);
        }
        context.close();
    }

    static boolean wantsKeepAlive(HttpRequest head) {
        return HttpUtil.isKeepAlive(head) && !head.headers().contains(HttpHeaderNames.UPGRADE);
    }
}
