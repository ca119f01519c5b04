package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A model server written by hand: real sockets, and a script that says byte by byte what goes out. */
final class Backend implements AutoCloseable {
    /** What the server does with one request. */
    @FunctionalInterface
    interface Script {
        void answer(Request request, Wire wire) throws IOException, InterruptedException;
    }

    /** A request as it came; header names in lower case. */
    record Request(String line, Map<String, String> headers, String body) {}

    private final ServerSocket listener;
    private final Script script;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<Integer> connections = new CopyOnWriteArrayList<>();

    private Backend(int port, Script script) throws IOException {
        this.script = script;
        this.listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
        Thread.ofVirtual().start(this::accept);
    }

    static Backend start(Script script) throws IOException {
        return new Backend(0, script);
    }

    static Backend start(int port, Script script) throws IOException {
        return new Backend(port, script);
    }

    /** Answers each request with this JSON. */
    static Script json(String body) {
        return (request, wire) -> wire.json(200, body);
    }

    int port() {
        return listener.getLocalPort();
    }

    Catalog.Replica replica() {
        return new Catalog.Replica("127.0.0.1", port(), "pod-" + port(), "rev1");
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            // A killed process: the kernel resets what was open.
            kill(socket);
        }
    }

    private static void kill(Socket socket) throws IOException {
        if (!socket.isClosed()) {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                connections.add(socket.getPort());
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Wire wire = new Wire(socket);
            while (true) {
                Request request = read(in);
                if (request == null) {
                    return;
                }
                requests.add(request);
                script.answer(request, wire);
            }
        } catch (IOException e) {
            // The gateway closed the connection, or the script did.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        String line = line(in);
        if (line == null) {
            return null;
        }
        Map<String, String> headers = new TreeMap<>();
        for (String field = line(in); field != null && !field.isEmpty(); field = line(in)) {
            int colon = field.indexOf(':');
            headers.put(
                    field.substring(0, colon).toLowerCase(Locale.ROOT),
                    field.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        return new Request(line, headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    private static @Nullable String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return null;
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** What a script writes to. */
    static final class Wire {
        private final Socket socket;
        private final OutputStream out;

        Wire(Socket socket) throws IOException {
            this.socket = socket;
            this.out = socket.getOutputStream();
        }

        void raw(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        void json(int status, String body) throws IOException {
            raw("HTTP/1.1 " + status + " X\r\ncontent-type: application/json\r\ncontent-length: "
                    + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
        }

        void streamHead() throws IOException {
            raw(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
        }

        void chunk(String text) throws IOException {
            raw(Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length) + "\r\n" + text + "\r\n");
        }

        void event(String json) throws IOException {
            chunk("data: " + json + "\n\n");
        }

        void end() throws IOException {
            raw("0\r\n\r\n");
        }

        /** As a killed process: the connection is reset. */
        void kill() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** As a process that ends: what was written still arrives. */
        void close() throws IOException {
            socket.close();
        }

        boolean clientGone() {
            try {
                return socket.getInputStream().read() < 0;
            } catch (IOException e) {
                return true;
            }
        }
    }
}
