package dev.gyropilot.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Closed-loop load on one thread: each connection sends its next request when the answer is complete. Arguments: port,
 * connections, seconds, {@code json} or {@code stream}. Prints answers, failures, seconds, and the latency's median and 99th
 * percentile in microseconds on one line.
 */
final class LoadGenerator {
    /** 916 bytes of a chat request. */
    private static final int BODY_BYTES = 916;

    private static final String KEY = "sk-bench";
    private static final byte[] STREAM_END = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final long SETTLE_MILLIS = 300;

    private final ByteBuf request;
    private final boolean stream;
    private final Histogram micros = new Histogram(TimeUnit.MINUTES.toMicros(5), 3);
    private long answers;
    private long failures;
    private boolean counting;
    private boolean stopping;

    private LoadGenerator(boolean stream) {
        this.stream = stream;
        this.request = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(request(stream)));
    }

    /** Runs the load and prints the result. */
    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        int connections = Integer.parseInt(arguments[1]);
        long millis = (long) (Double.parseDouble(arguments[2]) * 1000);
        System.out.println(new LoadGenerator(arguments[3].equals("stream")).run(port, connections, millis));
    }

    private String run(int port, int connections, long millis) throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Connection());
                    }
                });
        for (int i = 0; i < connections; i++) {
            var _ = bootstrap.connect(InetAddress.getLoopbackAddress(), port);
        }
        group.schedule(() -> counting = true, SETTLE_MILLIS, TimeUnit.MILLISECONDS)
                .sync();
        long start = System.nanoTime();
        group.schedule(() -> stopping = true, millis, TimeUnit.MILLISECONDS).sync();
        double seconds = (System.nanoTime() - start) / 1e9;
        String result = String.format(
                Locale.ROOT,
                "%d %d %.4f %d %d",
                answers,
                failures,
                seconds,
                micros.getValueAtPercentile(50),
                micros.getValueAtPercentile(99));
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(1_500);
        return result;
    }

    private static byte[] request(boolean stream) {
        String start = "{\"model\":\"m\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"";
        String end = "\"}]}";
        String body = start + "x".repeat(BODY_BYTES - start.length() - end.length()) + end;
        return ("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer " + KEY
                        + "\r\ncontent-type: application/json\r\nuser-agent: bench\r\ncontent-length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private final class Connection extends SimpleChannelInboundHandler<ByteBuf> {
        private long sentNanos;
        private long received;
        private long expected;
        private int endMatched;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
            if (received == 0 && !ok(bytes)) {
                failures++;
            }
            received += bytes.readableBytes();
            if (stream ? streamEnded(bytes) : complete(bytes)) {
                received = 0;
                if (counting && !stopping) {
                    answers++;
                    micros.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sentNanos));
                }
                send(context);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failures += stopping ? 0 : 1;
            var _ = context.close();
        }

        private void send(ChannelHandlerContext context) {
            if (!stopping) {
                sentNanos = System.nanoTime();
                var _ = context.writeAndFlush(request.duplicate());
            }
        }

        private static boolean ok(ByteBuf bytes) {
            return bytes.readableBytes() > 12 && bytes.getByte(bytes.readerIndex() + 9) == '2';
        }

        /** All answers of a server are of one length, so the first one's head is enough. */
        private boolean complete(ByteBuf bytes) {
            if (expected == 0) {
                String head = bytes.toString(StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
                int body = head.indexOf("\r\n\r\n") + 4;
                int length = head.indexOf("content-length: ") + 16;
                expected = body + Long.parseLong(head.substring(length, head.indexOf('\r', length)));
            }
            return received >= expected;
        }

        private boolean streamEnded(ByteBuf bytes) {
            boolean ended = false;
            while (bytes.isReadable()) {
                byte b = bytes.readByte();
                endMatched = b == STREAM_END[endMatched] ? endMatched + 1 : b == STREAM_END[0] ? 1 : 0;
                if (endMatched == STREAM_END.length) {
                    ended = true;
                    endMatched = 0;
                }
            }
            return ended;
        }
    }
}
