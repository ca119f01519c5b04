package dev.gyropilot.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A model server that thinks nothing: the same answer to each request, or a stream of {@link #EVENTS} events, one write for
 * each and a pause between, as an engine sends tokens. Arguments: port, {@code json} or {@code stream}.
 */
final class CannedBackend {
    static final int EVENTS = 32;
    private static final long PAUSE_MILLIS = 2;

    static final String JSON =
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"m\","
                    + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                    + "word ".repeat(12)
                    + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":180,\"completion_tokens\":12,"
                    + "\"total_tokens\":192}}";

    private static final byte[] ANSWER = ascii("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
            + JSON.length() + "\r\n\r\n" + JSON);
    private static final byte[] STREAM_HEAD =
            ascii("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    private static final byte[] EVENT = chunk("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
            + "\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
            + "\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private static final byte[] DONE = ascii("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");

    private CannedBackend() {}

    /** Serves until it is killed. */
    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        boolean stream = arguments[1].equals("stream");
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Channel channel = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        client.pipeline().addLast(new HttpRequestDecoder(), new Answers(stream));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
        channel.closeFuture().sync();
    }

    private static final class Answers extends ChannelInboundHandlerAdapter {
        private final boolean stream;

        Answers(boolean stream) {
            this.stream = stream;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            boolean last = message instanceof LastHttpContent;
            ReferenceCountUtil.release(message);
            if (!last) {
                return;
            }
            if (stream) {
                send(context, STREAM_HEAD);
                next(context, 0);
            } else {
                send(context, ANSWER);
            }
        }

        /** The load ends as it likes. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            var _ = context.close();
        }

        private static void next(ChannelHandlerContext context, int sent) {
            if (sent == EVENTS) {
                send(context, DONE);
                return;
            }
            send(context, EVENT);
            var _ = context.executor().schedule(() -> next(context, sent + 1), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }

        private static void send(ChannelHandlerContext context, byte[] bytes) {
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            var _ = context.writeAndFlush(buffer);
        }
    }

    private static byte[] chunk(String text) {
        return ascii(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
