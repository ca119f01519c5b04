package dev.gyropilot.apiserver.http;

import dev.gyropilot.api.tls.Tls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** An HTTPS endpoint whose requests are answered by blocking code on virtual threads. */
public final class HttpServer implements AutoCloseable {
    private static final int EVENT_LOOPS = 2;
    private static final int MAX_LINE_BYTES = 64 << 10;
    private static final int MAX_HEADER_BYTES = 64 << 10;
    private static final int GRACE_MILLIS = 2_000;

    private final EventLoopGroup loops;
    private final ChannelGroup clients;
    private final Channel channel;

    private HttpServer(EventLoopGroup loops, ChannelGroup clients, Channel channel) {
        this.loops = loops;
        this.clients = clients;
        this.channel = channel;
    }

    /**
     * Binds and starts to answer.
     *
     * @throws IOException when the address cannot be bound; the message names it
     */
    public static HttpServer start(InetSocketAddress address, SSLContext tls, HttpLimits limits, Handler handler)
            throws IOException {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                EVENT_LOOPS, new DefaultThreadFactory("api-io", true), NioIoHandler.newFactory());
        ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        if (clients.size() >= limits.connections()) {
                            var _ = client.close();
                            return;
                        }
                        clients.add(client);
                        HttpDecoderConfig decoder = new HttpDecoderConfig()
                                .setMaxInitialLineLength(MAX_LINE_BYTES)
                                .setMaxHeaderSize(MAX_HEADER_BYTES);
                        client.pipeline()
                                .addLast(new SslHandler(Tls.server(tls, Tls.ClientCertificate.OPTIONAL)))
                                .addLast(new IdleStateHandler(
                                        0, 0, limits.idleTimeout().toSeconds(), TimeUnit.SECONDS))
                                .addLast(new HttpServerCodec(decoder))
                                .addLast(new Connection(limits, handler));
                    }
                });
        try {
            Channel channel = bootstrap.bind(address).syncUninterruptibly().channel();
            return new HttpServer(loops, clients, channel);
        } catch (Exception e) {
            var _ = loops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + ": " + e.getMessage()
                            + "; is another program using the port?",
                    e);
        }
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    public int connections() {
        return clients.size();
    }

    /** Stops listening, then ends the connections. */
    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        clients.close().awaitUninterruptibly(GRACE_MILLIS);
        loops.shutdownGracefully(0, GRACE_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(GRACE_MILLIS);
    }
}
