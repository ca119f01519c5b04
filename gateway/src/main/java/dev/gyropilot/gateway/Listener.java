package dev.gyropilot.gateway;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The event loops and the listening socket. */
final class Listener implements AutoCloseable {
    private static final int BACKLOG = 1024;
    private static final long SWEEP_MILLIS = 100;
    private static final long STOP_LIMIT_MILLIS = 2_000;

    private final Gateway gateway;
    private final EventLoopGroup group;
    private final IdentityHashMap<EventLoop, Loop> loops = new IdentityHashMap<>();
    private final boolean epoll = Epoll.isAvailable();
    private volatile boolean lameDuck;
    private @Nullable Channel channel;

    Listener(Gateway gateway, long seed) {
        this.gateway = gateway;
        int threads = gateway.config().eventLoops() > 0
                ? gateway.config().eventLoops()
                : Runtime.getRuntime().availableProcessors();
        group = new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory("gateway", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        long next = seed;
        for (EventExecutor executor : group) {
            EventLoop eventLoop = (EventLoop) executor;
            UpstreamPool upstreams = new UpstreamPool(
                    eventLoop,
                    epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                    gateway.config(),
                    gateway.metrics());
            loops.put(eventLoop, new Loop(gateway, eventLoop, upstreams, next));
            next = next * 31 + 17;
        }
    }

    void open() {
        GatewayConfig config = gateway.config();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        accept(client);
                    }
                });
        ChannelFuture bound = bootstrap
                .bind(new InetSocketAddress(config.bindAddress(), config.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new GatewayException(
                    GatewayException.Reason.ADDRESS_IN_USE,
                    "the gateway cannot listen on " + config.bindAddress() + ":" + config.port() + " ("
                            + bound.cause().getMessage()
                            + "): stop what uses that port, or choose another one (--gateway-port; 0 takes a free one)",
                    bound.cause());
        }
        channel = bound.channel();
        for (Loop loop : loops.values()) {
            var _ = loop.eventLoop()
                    .scheduleWithFixedDelay(loop::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
        var _ = group.scheduleWithFixedDelay(gateway::probeHeld, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void accept(Channel client) {
        Loop loop = loops.get(client.eventLoop());
        if (loop == null) {
            throw new IllegalStateException("a connection came on an event loop that is not the gateway's");
        }
        ClientConnection connection = new ClientConnection(loop);
        client.pipeline().addLast(new RequestDecoder(gateway.config().limits(), connection), connection);
    }

    int port() {
        Channel open = channel;
        if (open == null) {
            throw new IllegalStateException("the gateway does not listen yet");
        }
        return ((InetSocketAddress) open.localAddress()).getPort();
    }

    boolean isLameDuck() {
        return lameDuck;
    }

    /** Says that it is not ready while it still takes requests, so that balancers turn away in time. */
    void lameDuck(long millis) {
        if (millis <= 0) {
            return;
        }
        lameDuck = true;
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes the port and idle connections. */
    void drain() {
        Channel open = channel;
        if (open != null) {
            open.close().awaitUninterruptibly(STOP_LIMIT_MILLIS);
        }
        for (Loop loop : loops.values()) {
            loop.eventLoop().execute(() -> new ArrayList<>(loop.clients()).forEach(ClientConnection::drain));
        }
    }

    @Override
    public void close() {
        Channel open = channel;
        if (open != null) {
            open.close().awaitUninterruptibly(STOP_LIMIT_MILLIS);
        }
        Future<?> stopped = group.shutdownGracefully(0, STOP_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        stopped.awaitUninterruptibly(STOP_LIMIT_MILLIS);
    }
}
