package dev.gyropilot.node.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects pairs of streams, one for data and one for errors, with ports of a pod. */
final class PortForward implements Consumer<SpdyStream> {
    private static final Logger log = LoggerFactory.getLogger(PortForward.class);
    private static final int CONNECT_LIMIT_MILLIS = 10_000;
    private static final int BLOCK_BYTES = 16 * 1024;

    private final String podIp;
    private final Map<String, SpdyStream> errors = new HashMap<>();
    private final Map<String, SpdyStream> data = new HashMap<>();
    private final Consumer<SpdyStream> done;

    /** @param done called for each stream that is over */
    PortForward(String podIp, Consumer<SpdyStream> done) {
        this.podIp = podIp;
        this.done = done;
    }

    @Override
    public void accept(SpdyStream stream) {
        String request = stream.header("requestid");
        (stream.header("streamtype").equals("error") ? errors : data).put(request, stream);
        SpdyStream error = errors.get(request);
        SpdyStream bytes = data.get(request);
        if (error != null && bytes != null) {
            errors.remove(request);
            data.remove(request);
            Thread.ofVirtual().name("port-forward " + bytes.header("port")).start(() -> forward(bytes, error));
        }
    }

    private void forward(SpdyStream stream, SpdyStream error) {
        try (var socket = new Socket()) {
            int port = Integer.parseInt(stream.header("port"));
            socket.connect(new InetSocketAddress(podIp, port), CONNECT_LIMIT_MILLIS);
            socket.setTcpNoDelay(true);
            Thread up = Thread.ofVirtual().start(() -> upload(stream, socket));
            copy(socket.getInputStream(), stream.output());
            var _ = stream.endOutput();
            up.interrupt();
        } catch (IOException | NumberFormatException e) {
            tell(
                    error,
                    "failed to connect to " + podIp + ":" + stream.header("port") + " of the pod: " + e.getMessage()
                            + "; does the program listen there, on $(POD_IP) or 0.0.0.0?");
            var _ = stream.endOutput();
        } finally {
            stream.input().close();
            var _ = error.endOutput();
            done.accept(stream);
            done.accept(error);
        }
    }

    private static void upload(SpdyStream stream, Socket socket) {
        try {
            copy(stream.input(), socket.getOutputStream());
            socket.shutdownOutput();
        } catch (IOException e) {
            log.debug("port-forward upload ended: {}", e.toString());
        }
    }

    private static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        int read;
        while ((read = in.read(block)) >= 0) {
            out.write(block, 0, read);
            out.flush();
        }
    }

    private static void tell(SpdyStream error, String message) {
        try {
            error.output().write(message.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            log.debug("{} (nobody listens any more)", message);
        }
    }
}
