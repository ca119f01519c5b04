package dev.gyropilot.node.server;

import dev.gyropilot.node.server.KubeletHandler.Refused;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** Turns a request into a two-way connection: a WebSocket, or SPDY/3.1. */
final class Upgrade {
    private static final String STREAM_VERSION = "X-Stream-Protocol-Version";
    private static final List<String> COMMAND_VERSIONS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
    private static final String FORWARD_VERSION = "portforward.k8s.io";
    private static final String TUNNEL = "SPDY/3.1+" + FORWARD_VERSION;
    private static final int FRAME_LIMIT_BYTES = 1024 * 1024;

    private final ChannelHandlerContext context;
    private final HttpRequest request;
    private final Writability writability;

    Upgrade(ChannelHandlerContext context, HttpRequest request, Writability writability) {
        this.context = context;
        this.request = request;
        this.writability = writability;
    }

    /**
     * For exec and attach.
     *
     * @param streams the kinds of streams that the request announced
     * @param ready called on a thread of its own once they are open
     */
    void command(Set<String> streams, Consumer<RemoteSession> ready) throws Refused {
        Consumer<RemoteSession> start =
                session -> Thread.ofVirtual().name("command").start(() -> ready.accept(session));
        if (isWebSocket()) {
            requireOffer(wanted(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL.toString()), COMMAND_VERSIONS);
            handshake(String.join(",", COMMAND_VERSIONS), () -> {
                var session = new WebSocketSession(channel(), writability);
                channel().pipeline().addLast("session", session);
                start.accept(session);
            });
        } else {
            // Without version 5: that one is for WebSockets.
            String version = requireOffer(wanted(STREAM_VERSION), COMMAND_VERSIONS.subList(1, 2));
            spdy(version, streamsOf -> new SpdySession(channel(), streams, start));
        }
    }

    /** For port-forward. */
    void portForward(String podIp) throws Refused {
        if (isWebSocket()) {
            requireOffer(wanted(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL.toString()), List.of(TUNNEL));
            handshake(TUNNEL, () -> {
                channel().pipeline().addLast("tunnel", new TunnelFrames());
                addSpdy(channel().pipeline(), streams -> new PortForward(podIp, streams::forget));
            });
        } else {
            String version = requireOffer(wanted(STREAM_VERSION), List.of(FORWARD_VERSION));
            spdy(version, streams -> new PortForward(podIp, streams::forget));
        }
    }

    private Channel channel() {
        return context.channel();
    }

    private boolean isWebSocket() throws Refused {
        String upgrade = request.headers().get(HttpHeaderNames.UPGRADE, "");
        if (upgrade.equalsIgnoreCase("websocket")) {
            return true;
        }
        if (upgrade.equalsIgnoreCase("SPDY/3.1")) {
            return false;
        }
        throw new Refused(
                HttpResponseStatus.BAD_REQUEST,
                "Upgrade is \"" + upgrade + "\"; this endpoint needs an upgrade to websocket or SPDY/3.1");
    }

    private Set<String> wanted(String header) {
        var result = new HashSet<String>();
        for (String line : request.headers().getAll(header)) {
            Arrays.stream(line.split(",", -1)).map(String::strip).forEach(result::add);
        }
        return result;
    }

    private static String requireOffer(Set<String> wanted, List<String> offered) throws Refused {
        return offered.stream()
                .filter(wanted::contains)
                .findFirst()
                .orElseThrow(() -> new Refused(
                        HttpResponseStatus.FORBIDDEN,
                        "unable to upgrade: the caller speaks " + wanted + ", this endpoint " + offered));
    }

    private void handshake(String protocols, Runnable then) throws Refused {
        var factory = new WebSocketServerHandshakerFactory(null, protocols, false, FRAME_LIMIT_BYTES);
        var handshaker = factory.newHandshaker(request);
        if (handshaker == null) {
            throw new Refused(HttpResponseStatus.UPGRADE_REQUIRED, "only version 13 of WebSocket is spoken here");
        }
        var whole = new DefaultFullHttpRequest(
                request.protocolVersion(), request.method(), request.uri(), Unpooled.EMPTY_BUFFER);
        whole.headers().set(request.headers());
        context.pipeline().remove("kubelet");
        var _ = handshaker.handshake(channel(), whole);
        channel().pipeline().addLast("whole-messages", new WebSocketFrameAggregator(FRAME_LIMIT_BYTES));
        then.run();
    }

    private void spdy(String version, Function<SpdyStreams, Consumer<SpdyStream>> streams) {
        var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, "SPDY/3.1")
                .set(STREAM_VERSION, version);
        var _ = context.writeAndFlush(response);
        ChannelPipeline pipeline = channel().pipeline();
        addSpdy(pipeline, streams);
        pipeline.remove("kubelet");
        pipeline.remove("http");
    }

    private void addSpdy(ChannelPipeline pipeline, Function<SpdyStreams, Consumer<SpdyStream>> consumer) {
        pipeline.addLast("spdy", new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
        var late = new LateConsumer();
        var streams = new SpdyStreams(channel(), writability, late);
        late.to = consumer.apply(streams);
        pipeline.addLast("streams", streams);
    }

    /** Streams and their consumer need each other; no stream opens before both are there. */
    private static final class LateConsumer implements Consumer<SpdyStream> {
        private Consumer<SpdyStream> to = stream -> {};

        @Override
        public void accept(SpdyStream stream) {
            to.accept(stream);
        }
    }
}
