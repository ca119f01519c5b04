package dev.gyropilot.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** A connection to a replica, on the event loop of the client that it serves. */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
    private final UpstreamPool pool;
    private final ReplicaState replica;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Delivery delivery;
    private long uses;
    private long idleSinceNanos;
    private boolean interim;
    private boolean keepAlive;

    UpstreamConnection(UpstreamPool pool, ReplicaState replica) {
        this.pool = pool;
        this.replica = replica;
    }

    ReplicaState replica() {
        return replica;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    /** Whether the connection has served a request before, so that its end may only mean that the replica tidied up. */
    boolean reused() {
        return uses > 1;
    }

    boolean usable() {
        return context().channel().isActive();
    }

    void begin(Delivery next) {
        delivery = next;
        uses++;
        interim = false;
        next.upstreamReady(this);
    }

    void write(ByteBuf bytes) {
        Wire.write(context(), bytes);
    }

    void flush() {
        context().flush();
    }

    /** Stops or resumes reading: the back-pressure of a slow client. */
    void reading(boolean wanted) {
        if (context().channel().config().isAutoRead() != wanted) {
            context().channel().config().setAutoRead(wanted);
        }
    }

    /** The delivery has no more interest in what comes. */
    void abandon() {
        delivery = null;
        close();
    }

    void close() {
        Wire.close(context());
    }

    /** Waits for the next request. */
    void park() {
        delivery = null;
        idleSinceNanos = System.nanoTime();
        reading(true);
        pool.park(this);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        HttpObject part = (HttpObject) message;
        Delivery current = delivery;
        if (current == null) {
            // Nothing was asked: whatever this is, nobody must get it as an answer.
            ReferenceCountUtil.release(part);
            Wire.close(ctx);
            return;
        }
        if (part.decoderResult().isFailure()) {
            ReferenceCountUtil.release(part);
            delivery = null;
            Wire.close(ctx);
            current.upstreamFailed(UpstreamFault.MALFORMED, part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpResponse response) {
            interim = response.status().code() < 200;
            keepAlive = HttpUtil.isKeepAlive(response);
            if (!interim) {
                current.upstreamHead(response);
            }
        }
        if (part instanceof HttpContent content) {
            content(current, content);
        }
    }

    private void content(Delivery current, HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        if (interim || delivery != current) {
            content.release();
            interim = interim && !last;
            return;
        }
        ByteBuf bytes = content.content();
        if (bytes.isReadable()) {
            current.upstreamContent(bytes);
        } else {
            content.release();
        }
        if (last && delivery == current) {
            delivery = null;
            if (keepAlive && usable()) {
                park();
            } else {
                close();
            }
            current.upstreamEnd();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        Delivery current = delivery;
        if (current != null) {
            current.upstreamReadComplete();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Wire.close(ctx);
        ended(cause);
    }

    private void ended(@Nullable Throwable cause) {
        Delivery current = delivery;
        delivery = null;
        if (current != null) {
            current.upstreamFailed(UpstreamFault.CLOSED, cause);
        } else {
            pool.forget(this);
        }
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext current = context;
        if (current == null) {
            throw new IllegalStateException("the connection has no channel yet");
        }
        return current;
    }
}
