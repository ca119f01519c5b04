package dev.gyropilot.engines.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The exchange on a Netty channel. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails ends in Connection.channelInactive.
final class HttpExchange implements Exchange, Exchange.EventStream {
    private final Channel channel;
    private final Connection connection;
    private final String method;
    private final String path;
    private final HttpRequest head;
    private final byte[] body;
    private final boolean keepAlive;
    private final boolean chunked;
    private final List<String> headers = new ArrayList<>(4);
    private final AtomicBoolean answered = new AtomicBoolean();
    private final Semaphore roomForMore = new Semaphore(0);
    private volatile boolean gone;
    private boolean ended;
    private @Nullable Runnable goneAction;
    private @Nullable Runnable writableAction;

    HttpExchange(Channel channel, Connection connection, HttpRequest head, byte[] body) {
        this.channel = channel;
        this.connection = connection;
        this.head = head;
        this.body = body;
        this.method = head.method().name();
        String uri = head.uri();
        int query = uri.indexOf('?');
        this.path = query < 0 ? uri : uri.substring(0, query);
        this.chunked = head.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
        this.keepAlive = chunked && Connection.wantsKeepAlive(head);
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String header(String name) {
        return head.headers().get(name);
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public boolean isGone() {
        return gone;
    }

    @Override
    public void onGone(Runnable action) {
        onLoop(() -> {
            if (gone) {
                action.run();
            } else {
                goneAction = action;
            }
        });
    }

    @Override
    public void setHeader(String name, String value) {
        synchronized (headers) {
            headers.add(name);
            headers.add(value);
        }
    }

    @Override
    public void answer(int status, String contentType, byte[] content) {
        if (answered.compareAndSet(false, true)) {
            onLoop(() -> write(status, contentType, content, 0));
        }
    }

    @Override
    public void fail(ApiException error) {
        if (answered.compareAndSet(false, true)) {
            onLoop(() -> write(error.status(), "application/json", error.body(), error.retryAfterSeconds()));
        }
    }

    private void onLoop(Runnable action) {
        if (channel.eventLoop().inEventLoop()) {
            action.run();
        } else {
            channel.eventLoop().execute(action);
        }
    }

    private void write(int status, String contentType, byte[] content, int retryAfterSeconds) {
        if (gone) {
            return;
        }
        boolean stays = keepAlive && !connection.isDraining();
        ResponseHead response = ResponseHead.begin(channel.alloc(), status, content.length)
                .header("content-type", contentType)
                .header("content-length", Integer.toString(content.length));
        if (retryAfterSeconds > 0) {
            response.header("retry-after", Integer.toString(retryAfterSeconds));
        }
        ByteBuf out = ownHeaders(response, stays).end();
        if (!method.equals("HEAD")) {
            out.writeBytes(content);
        }
        finish(channel.writeAndFlush(out), stays);
    }

    private ResponseHead ownHeaders(ResponseHead response, boolean stays) {
        synchronized (headers) {
            for (int i = 0; i < headers.size(); i += 2) {
                response.header(headers.get(i), headers.get(i + 1));
            }
        }
        return stays ? response : response.header("connection", "close");
    }

    private void finish(ChannelFuture written, boolean stays) {
        ended = true;
        goneAction = null;
        writableAction = null;
        written.addListener(done -> connection.flushed());
        if (!stays) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
        connection.finished(stays);
    }

    @Override
    public EventStream stream() {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException(method + " " + path + " is answered already");
        }
        onLoop(() -> {
            if (gone) {
                return;
            }
            ResponseHead response = ResponseHead.begin(channel.alloc(), 200, 0)
                    .header("content-type", "text/event-stream; charset=utf-8")
                    .header("cache-control", "no-cache");
            if (chunked) {
                response.header("transfer-encoding", "chunked");
            }
            channel.writeAndFlush(
                    ownHeaders(response, keepAlive && !connection.isDraining()).end());
        });
        return this;
    }

    @Override
    public void send(ByteBuf events) {
        if (gone || ended) {
            events.release();
            return;
        }
        if (!chunked) {
            channel.writeAndFlush(events);
            return;
        }
        int length = events.readableBytes();
        ByteBuf out = channel.alloc().ioBuffer(length + 12);
        ResponseHead.ascii(out, Integer.toHexString(length));
        out.writeShort('\r' << 8 | '\n').writeBytes(events).writeShort('\r' << 8 | '\n');
        events.release();
        channel.writeAndFlush(out);
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void onWritable(Runnable action) {
        writableAction = action;
    }

    @Override
    public void end() {
        if (gone || ended) {
            return;
        }
        ByteBuf last = channel.alloc().ioBuffer(8);
        if (chunked) {
            ResponseHead.ascii(last, "0\r\n\r\n");
        }
        finish(channel.writeAndFlush(last), keepAlive && !connection.isDraining());
    }

    @Override
    public void cut() {
        channel.close();
    }

    @Override
    public boolean sendAndWait(byte[] event) throws InterruptedException {
        channel.eventLoop().execute(() -> {
            send(channel.alloc().ioBuffer(event.length).writeBytes(event));
            if (channel.isWritable()) {
                roomForMore.release();
            } else {
                // Released by becameWritable, or by gone when the client stays away too long.
                writableAction = () -> {
                    writableAction = null;
                    roomForMore.release();
                };
            }
        });
        roomForMore.acquire();
        return !gone;
    }

    void becameWritable() {
        Runnable action = writableAction;
        if (action != null) {
            action.run();
        }
    }

    void gone() {
        gone = true;
        Runnable action = goneAction;
        if (action != null) {
            action.run();
        }
        // Whoever waits for room learns that there will be none.
        roomForMore.release(Short.MAX_VALUE);
    }
}
