package dev.gyropilot.engines.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 server for one replica of a model server.
 *
 * <p>It reads requests one at a time per connection, whole, within {@link HttpLimits}, and answers errors in OpenAI's
 * shape. {@link #drain} stops it without cutting an answer.
 */
public final class HttpServer implements AutoCloseable {
    /** How long idle connections stay after the drain began, so that a request on its way is still answered. */
    private static final Duration DRAIN_QUIET = Duration.ofMillis(300);

    private final Channel listener;
    private final ChannelGroup connections;
    private final Shared shared;

    /** What all connections of a server share. */
    static final class Shared {
        final Router router;
        final HttpLimits limits;
        final AtomicInteger inFlight = new AtomicInteger();
        final AtomicInteger open = new AtomicInteger();
        volatile boolean draining;

        Shared(Router router, HttpLimits limits) {
            this.router = router;
            this.limits = limits;
        }
    }

    private HttpServer(Channel listener, ChannelGroup connections, Shared shared) {
        this.listener = listener;
        this.connections = connections;
        this.shared = shared;
    }

    /** Event loops on the fastest transport of this system. */
    public static EventLoopGroup newLoops(int threads, String name) {
        IoHandlerFactory handlers = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), handlers);
    }

    /**
     * Starts to listen; all connections live on the given loops, which stay the caller's. When the address cannot be had,
     * it throws what Netty throws: BindException, undeclared.
     */
    public static HttpServer start(InetSocketAddress address, EventLoopGroup loops, HttpLimits limits, Router router) {
        Shared shared = new Shared(router, limits);
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        Class<? extends ServerChannel> transport =
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Channel listener = new ServerBootstrap()
                .group(loops, loops)
                .channel(transport)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 << 10, 64 << 10))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(
                                        new HttpRequestDecoder(new HttpDecoderConfig()
                                                .setMaxInitialLineLength(limits.maxHeaderBytes())
                                                .setMaxHeaderSize(limits.maxHeaderBytes())),
                                        new Connection(channel, shared));
                    }
                })
                .bind(address)
                .syncUninterruptibly()
                .channel();
        return new HttpServer(listener, connections, shared);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Requests that are being answered. */
    public int inFlight() {
        return shared.inFlight.get();
    }

    /** Whether {@link #drain} has begun. */
    public boolean isDraining() {
        return shared.draining;
    }

    /**
     * Takes no new connections, lets requests in flight end, then closes.
     *
     * @return whether all ended within the grace period; those that did not are cut
     */
    public boolean drain(Duration grace) throws InterruptedException {
        shared.draining = true;
        listener.close().syncUninterruptibly();
        long deadline = System.nanoTime() + grace.toNanos();
        long quiet = System.nanoTime() + Math.min(grace.toNanos(), DRAIN_QUIET.toNanos());
        while (System.nanoTime() < deadline && (shared.inFlight.get() > 0 || System.nanoTime() < quiet)) {
            if (connections.isEmpty()) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        boolean clean = shared.inFlight.get() == 0;
        close();
        return clean;
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        connections.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
