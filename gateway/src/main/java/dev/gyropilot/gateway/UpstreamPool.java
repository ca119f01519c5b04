package dev.gyropilot.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One event loop's connections to replicas: kept open between requests, the most recently used one first. */
final class UpstreamPool {
    private static final int HEADER_LIMIT_BYTES = 32 * 1024;
    private static final int LINE_LIMIT_BYTES = 8 * 1024;
    private static final int PIECE_BYTES = 64 * 1024;
    /** A machine that is gone says nothing: what it does not acknowledge for so long makes its connections fail. */
    private static final int SILENCE_MILLIS = 5_000;
    /** The same while only an answer is awaited: asked after so many seconds, and again after each of these, so often. */
    private static final int PROBE_AFTER_SECONDS = 5;

    private static final int PROBE_EVERY_SECONDS = 2;
    private static final int PROBES = 3;

    private final Bootstrap bootstrap;
    private final GatewayConfig config;
    private final GatewayMetrics metrics;
    private final Map<ReplicaState, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();

    UpstreamPool(
            EventLoop eventLoop, Class<? extends Channel> channelType, GatewayConfig config, GatewayMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
        this.bootstrap = new Bootstrap()
                .group(eventLoop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        config.timeouts().connectMillis())
                .option(ChannelOption.SO_KEEPALIVE, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpResponseDecoder(new HttpDecoderConfig()
                                        .setMaxInitialLineLength(LINE_LIMIT_BYTES)
                                        .setMaxHeaderSize(HEADER_LIMIT_BYTES)
                                        .setMaxChunkSize(PIECE_BYTES)));
                    }
                });
        if (EpollSocketChannel.class.isAssignableFrom(channelType)) {
            bootstrap
                    .option(EpollChannelOption.TCP_USER_TIMEOUT, SILENCE_MILLIS)
                    .option(EpollChannelOption.TCP_KEEPIDLE, PROBE_AFTER_SECONDS)
                    .option(EpollChannelOption.TCP_KEEPINTVL, PROBE_EVERY_SECONDS)
                    .option(EpollChannelOption.TCP_KEEPCNT, PROBES);
        }
    }

    /** Finds or opens a connection; the delivery hears of it by {@code upstreamReady} or {@code upstreamFailed}. */
    void acquire(ReplicaState replica, Delivery delivery, boolean fresh) {
        ArrayDeque<UpstreamConnection> waiting = fresh ? null : idle.get(replica);
        if (waiting != null) {
            UpstreamConnection connection = waiting.pollLast();
            while (connection != null && !connection.usable()) {
                connection = waiting.pollLast();
            }
            if (connection != null) {
                connection.begin(delivery);
                return;
            }
        }
        connect(replica, delivery);
    }

    private void connect(ReplicaState replica, Delivery delivery) {
        metrics.upstreamConnect();
        int attempt = delivery.attempt();
        var _ = bootstrap.connect(replica.address()).addListener((ChannelFutureListener) connected -> {
            if (!connected.isSuccess()) {
                if (delivery.attempt() == attempt) {
                    delivery.upstreamFailed(UpstreamFault.CONNECT, connected.cause());
                }
                return;
            }
            UpstreamConnection connection = new UpstreamConnection(this, replica);
            connected.channel().pipeline().addLast(connection);
            if (delivery.attempt() == attempt) {
                connection.begin(delivery);
            } else {
                connection.park();
            }
        });
    }

    /** Takes a connection back; closes it if there are enough. */
    void park(UpstreamConnection connection) {
        ArrayDeque<UpstreamConnection> waiting =
                idle.computeIfAbsent(connection.replica(), replica -> new ArrayDeque<>(4));
        if (waiting.size() >= config.limits().idleUpstreams()) {
            connection.close();
        } else {
            waiting.addLast(connection);
        }
    }

    void forget(UpstreamConnection connection) {
        ArrayDeque<UpstreamConnection> waiting = idle.get(connection.replica());
        if (waiting != null) {
            waiting.remove(connection);
        }
    }

    /** Closes what was not used for long, oldest first. */
    void sweep(long nowNanos) {
        long limit = TimeUnit.MILLISECONDS.toNanos(config.timeouts().upstreamIdleMillis());
        for (Iterator<ArrayDeque<UpstreamConnection>> each = idle.values().iterator(); each.hasNext(); ) {
            ArrayDeque<UpstreamConnection> waiting = each.next();
            UpstreamConnection oldest = waiting.peekFirst();
            while (oldest != null && nowNanos - oldest.idleSinceNanos() > limit) {
                waiting.removeFirst();
                oldest.close();
                oldest = waiting.peekFirst();
            }
            if (waiting.isEmpty()) {
                each.remove();
            }
        }
    }
}
