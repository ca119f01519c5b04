package dev.gyropilot.apiserver.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client connection: collects a request, hands it to the handler on a virtual thread, and waits for its answer. */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    private final HttpLimits limits;
    private final Handler handler;
    private final ArrayDeque<Object> pipelined = new ArrayDeque<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ChannelHandlerContext context;
    private @Nullable Outbound outbound;
    private @Nullable HttpRequest head;
    private @Nullable Future<?> bodyTimer;
    private boolean busy;
    private boolean discarding;
    private boolean left;
    private volatile @Nullable Thread streaming;

    Connection(HttpLimits limits, Handler handler) {
        this.limits = limits;
        this.handler = handler;
    }

    Channel channel() {
        return Objects.requireNonNull(context).channel();
    }

    Outbound outbound() {
        return Objects.requireNonNull(outbound);
    }

    @Nullable
    X509Certificate clientCertificate() {
        SslHandler tls = channel().pipeline().get(SslHandler.class);
        if (tls == null) {
            return null;
        }
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate certificate ? certificate : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** Names the thread to interrupt when the client goes away, or null for none. */
    void interruptWhenGone(@Nullable Thread thread) {
        streaming = thread;
        if (thread != null && !channel().isActive()) {
            thread.interrupt();
        }
    }

    /** The answer is on its way: the next request may come, or the connection ends. */
    void answered(boolean keepAlive) {
        if (!keepAlive) {
            closeGently();
            return;
        }
        channel().eventLoop().execute(() -> {
            busy = false;
            while (!busy && !pipelined.isEmpty()) {
                receive(Objects.requireNonNull(pipelined.poll()));
            }
            if (!busy) {
                channel().config().setAutoRead(true);
            }
        });
    }

    /** To be run in the event loop when the connection speaks WebSocket from now on. */
    Runnable upgraded() {
        return () -> {
            left = true;
            channel().config().setAutoRead(true);
        };
    }

    /** Replaces HTTP by a handler of bare bytes that reads by demand; call in the event loop. */
    void leaveHttp(ChannelHandler bare) {
        left = true;
        channel().config().setAutoRead(false);
        channel().pipeline().addLast(bare);
        channel().pipeline().remove(HttpServerCodec.class);
    }

    /** Closes after what was written has been sent. */
    void closeGently() {
        var _ = channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        this.context = context;
        this.outbound = new Outbound(context.channel(), limits.writeTimeout());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (left) {
            context.fireChannelRead(message);
        } else if (busy) {
            // A client that sends ahead waits until its first request is answered.
            pipelined.add(message);
            context.channel().config().setAutoRead(false);
        } else {
            receive(message);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        outbound().wake();
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        cancelTimer();
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
        outbound().wake();
        Thread thread = streaming;
        if (thread != null) {
            thread.interrupt();
        }
        context.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent && !busy && !left) {
            var _ = context.close();
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("connection of {} failed: {}", context.channel().remoteAddress(), cause.toString());
        var _ = context.close();
    }

    private void receive(Object message) {
        try {
            if (message instanceof HttpRequest request) {
                begin(request);
            }
            if (message instanceof HttpContent content) {
                append(content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(HttpRequest request) {
        head = request;
        body.reset();
        discarding = false;
        if (request.decoderResult().isFailure()) {
            refuse(
                    400,
                    "the request could not be read: "
                            + request.decoderResult().cause().getMessage());
        } else if (!HostCheck.allows(limits.hosts(), request.headers())) {
            refuse(
                    421,
                    "this server does not answer to the name \""
                            + request.headers().get(HttpHeaderNames.HOST, "") + "\"; call it by one of "
                            + limits.hosts());
        } else if (HttpUtil.getContentLength(request, 0L) > limits.bodyBytes()) {
            refuse(413, "Request entity too large: limit is " + limits.bodyBytes());
        } else {
            if (HttpUtil.is100ContinueExpected(request)) {
                var _ = channel()
                        .writeAndFlush(new DefaultFullHttpResponse(
                                HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            }
            bodyTimer = slowBodyTimer();
        }
    }

    private ScheduledFuture<?> slowBodyTimer() {
        return channel()
                .eventLoop()
                .schedule(
                        () -> refuse(
                                408,
                                "the request was not complete within "
                                        + limits.bodyTimeout().toSeconds() + " s"),
                        limits.bodyTimeout().toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void append(HttpContent content) {
        if (discarding || head == null) {
            return;
        }
        ByteBuf bytes = content.content();
        if (body.size() + bytes.readableBytes() > limits.bodyBytes()) {
            refuse(413, "Request entity too large: limit is " + limits.bodyBytes());
            return;
        }
        try {
            bytes.readBytes(body, bytes.readableBytes());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (content instanceof LastHttpContent) {
            cancelTimer();
            dispatch(new NetworkExchange(this, head, body.toByteArray()));
            body.reset();
        }
    }

    private void dispatch(Exchange exchange) {
        head = null;
        busy = true;
        if (exchange.wantsUpgrade()) {
            channel().config().setAutoRead(false);
        }
        Thread.ofVirtual().name("request").start(() -> {
            try {
                handler.handle(exchange);
            } catch (ClientGoneException e) {
                log.debug("{} {}: {}", exchange.method(), exchange.path(), e.getMessage());
                var _ = channel().close();
            } catch (Exception | AssertionError e) {
                log.warn("{} {} failed", exchange.method(), exchange.path(), e);
                var _ = channel().close();
            }
        });
    }

    private void refuse(int status, String message) {
        cancelTimer();
        discarding = true;
        head = null;
        byte[] text = handler.refusal(status, message);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(text));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        HttpUtil.setContentLength(response, text.length);
        HttpUtil.setKeepAlive(response, false);
        var _ = channel().writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private void cancelTimer() {
        if (bodyTimer != null) {
            bodyTimer.cancel(false);
            bodyTimer = null;
        }
    }
}
