package dev.gyropilot.node.server;

import dev.gyropilot.api.tls.Tls;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.node.NodeException;
import dev.gyropilot.node.process.LogReader;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** The HTTPS endpoint that API servers ask for logs, exec, attach and port-forward; on loopback, for known callers only. */
public final class KubeletServer implements AutoCloseable {
    private static final int WRITE_LOW_BYTES = 64 * 1024;
    private static final int WRITE_HIGH_BYTES = 256 * 1024;
    private static final long CLOSE_LIMIT_SECONDS = 2;

    private final EventLoopGroup loops;
    private final Channel channel;

    private KubeletServer(EventLoopGroup loops, Channel channel) {
        this.loops = loops;
        this.channel = channel;
    }

    /** @param port 0 takes a free one */
    public static KubeletServer start(
            int port, NodeCredentials credentials, ServedPods pods, LogReader logs, InstantSource clock) {
        SSLContext tls = tls(credentials);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel ch) {
                        SslHandler ssl = new SslHandler(Tls.server(tls, Tls.ClientCertificate.REQUIRED));
                        ch.pipeline().addLast("tls", ssl);
                        ch.pipeline().addLast("http", new HttpServerCodec());
                        ch.pipeline()
                                .addLast(
                                        "kubelet",
                                        new KubeletHandler(ssl, credentials.clientNames(), pods, logs, clock));
                    }
                });
        var bound = bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        bound.awaitUninterruptibly();
        if (!bound.isSuccess()) {
            var _ = loops.shutdownGracefully();
            throw new NodeException(
                    NodeException.Code.PORT,
                    "port " + port + " for the kubelet endpoint is not free: "
                            + bound.cause().getMessage() + "; choose another or 0",
                    bound.cause());
        }
        return new KubeletServer(loops, bound.channel());
    }

    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private static SSLContext tls(NodeCredentials credentials) {
        try {
            return Tls.context(credentials.key(), credentials.chain(), credentials.clientAuthorities());
        } catch (GeneralSecurityException e) {
            throw new NodeException(
                    NodeException.Code.INVALID_CONFIGURATION,
                    "the node's certificate and key do not make a TLS server: " + e.getMessage(),
                    e);
        }
    }
}
