package dev.gyropilot.apiserver.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** The bare bytes of a connection that left HTTP. One thread may read while another writes. */
public final class Tunnel implements AutoCloseable {
    private static final byte[] END = new byte[0];

    private final Connection connection;
    private final Channel channel;
    private final BlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();

    private Tunnel(Connection connection) {
        this.connection = connection;
        this.channel = connection.channel();
    }

    static Tunnel open(Connection connection) throws IOException {
        Tunnel tunnel = new Tunnel(connection);
        try {
            connection
                    .channel()
                    .eventLoop()
                    .submit(() -> connection.leaveHttp(tunnel.new Inbound()))
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientGoneException("the client closed the connection");
        } catch (ExecutionException e) {
            throw new IOException("leaving HTTP failed", e);
        }
        return tunnel;
    }

    /** The next bytes of the client, or null when it has ended. At most one network read is held in memory. */
    public byte @Nullable [] read() throws InterruptedException {
        if (arrived.isEmpty()) {
            channel.read();
        }
        byte[] bytes = arrived.take();
        if (bytes.length == 0) {
            arrived.add(END);
            return null;
        }
        return bytes;
    }

    public void write(byte[] bytes, int length) throws IOException {
        connection.outbound().send(Unpooled.copiedBuffer(bytes, 0, length));
    }

    @Override
    public void close() {
        connection.closeGently();
    }

    /** Reading is by demand: the channel does not read by itself. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (message instanceof ByteBuf buffer && buffer.isReadable()) {
                    arrived.add(ByteBufUtil.getBytes(buffer));
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            // TLS may have read a record that carried no data.
            if (arrived.isEmpty()) {
                context.read();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            arrived.add(END);
            context.fireChannelInactive();
        }
    }
}
