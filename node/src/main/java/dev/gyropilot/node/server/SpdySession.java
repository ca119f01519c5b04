package dev.gyropilot.node.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Exec over SPDY/3.1: the client opens one stream for each of error, stdin, stdout, stderr and resize. */
final class SpdySession implements RemoteSession, Consumer<SpdyStream> {
    private static final Logger log = LoggerFactory.getLogger(SpdySession.class);
    private static final int RESIZE_LIMIT_BYTES = 1024;

    private final Channel channel;
    private final Set<String> expected;
    private final Consumer<RemoteSession> complete;
    private final Map<String, SpdyStream> streams = new HashMap<>();
    private final Resizes resizes = new Resizes();

    /**
     * @param expected the kinds of streams that the request announced
     * @param complete called once all of them are open
     */
    SpdySession(Channel channel, Set<String> expected, Consumer<RemoteSession> complete) {
        this.channel = channel;
        this.expected = expected;
        this.complete = complete;
    }

    @Override
    public void accept(SpdyStream stream) {
        String type = stream.header("streamtype");
        streams.put(type, stream);
        if (type.equals("resize")) {
            Thread.ofVirtual().name("resize").start(() -> readSizes(stream.input()));
        }
        if (streams.keySet().containsAll(expected)) {
            complete.accept(this);
        }
    }

    @Override
    public InputStream stdin() {
        SpdyStream stream = streams.get("stdin");
        return stream == null ? InputStream.nullInputStream() : stream.input();
    }

    @Override
    public OutputStream stdout() {
        return output("stdout");
    }

    @Override
    public OutputStream stderr() {
        return output("stderr");
    }

    @Override
    public void finish(String status) {
        try {
            OutputStream error = output("error");
            error.write(status.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            log.debug("how a command ended could not be told: {}", e.toString());
        }
        ChannelFuture last = channel.newSucceededFuture();
        for (SpdyStream stream : streams.values()) {
            last = stream.endOutput();
        }
        var _ = last.addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void onResize(Resize listener) {
        resizes.listen(listener);
    }

    @Override
    public void onClosed(Runnable action) {
        var _ = channel.closeFuture().addListener(closed -> action.run());
    }

    private OutputStream output(String type) {
        SpdyStream stream = streams.get(type);
        return stream == null ? OutputStream.nullOutputStream() : stream.output();
    }

    /** Sizes come as JSON objects one after another. */
    private void readSizes(InputStream in) {
        var object = new ByteArrayOutputStream();
        try {
            int read;
            while ((read = in.read()) >= 0) {
                object.write(read);
                if (read == '}') {
                    resizes.accept(object.toString(StandardCharsets.UTF_8));
                    object.reset();
                }
                if (object.size() > RESIZE_LIMIT_BYTES) {
                    return;
                }
            }
        } catch (IOException e) {
            log.debug("no more terminal sizes: {}", e.toString());
        }
    }
}
