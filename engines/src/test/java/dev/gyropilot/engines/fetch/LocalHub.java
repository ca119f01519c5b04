package dev.gyropilot.engines.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A hub and the host behind it, both on loopback, that can misbehave as networks do. */
final class LocalHub implements AutoCloseable {
    private final HttpServer hub;
    private final HttpServer store;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();

    /** Each request's line and the headers that matter, hub first. */
    final List<String> seen = new CopyOnWriteArrayList<>();

    /** Bytes after which the store cuts the next answers. */
    final List<Integer> cuts = new CopyOnWriteArrayList<>();

    volatile String token = "";
    volatile String linkedEtag = "";
    volatile int storeStatus = 200;
    final AtomicInteger storeFailures = new AtomicInteger();

    LocalHub() throws IOException {
        hub = start(this::hub);
        store = start(this::store);
    }

    private static HttpServer start(com.sun.net.httpserver.HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", handler);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return server;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    /** The host behind, which is another origin. */
    URI storeAddress() {
        return URI.create("http://localhost:" + store.getAddress().getPort());
    }

    void put(String path, byte[] content) {
        files.put(path, content);
    }

    private void hub(HttpExchange exchange) throws IOException {
        note("hub", exchange);
        String path = exchange.getRequestURI().getPath();
        if (!token.isEmpty()
                && !("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("authorization"))) {
            exchange.getResponseHeaders().set("x-error-message", "Access to this model is restricted");
            exchange.sendResponseHeaders(token.equals("never") ? 403 : 401, -1);
        } else if (!files.containsKey(path)) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            if (!linkedEtag.isEmpty()) {
                exchange.getResponseHeaders().set("x-linked-etag", "\"" + linkedEtag + "\"");
                exchange.getResponseHeaders().set("x-linked-size", Integer.toString(files.get(path).length));
            }
            exchange.getResponseHeaders().set("location", storeAddress() + path);
            exchange.sendResponseHeaders(302, -1);
        }
        exchange.close();
    }

    private void store(HttpExchange exchange) throws IOException {
        note("store", exchange);
        byte[] content = files.get(exchange.getRequestURI().getPath());
        if (storeFailures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        if (content == null || storeStatus != 200) {
            exchange.sendResponseHeaders(content == null ? 404 : storeStatus, -1);
            exchange.close();
            return;
        }
        String etag = "\"" + java.util.Arrays.hashCode(content) + "\"";
        exchange.getResponseHeaders().set("etag", etag);
        if (etag.equals(exchange.getRequestHeaders().getFirst("if-none-match"))) {
            exchange.sendResponseHeaders(304, -1);
            exchange.close();
            return;
        }
        int from = 0;
        String range = exchange.getRequestHeaders().getFirst("range");
        if (range != null && etag.equals(exchange.getRequestHeaders().getFirst("if-range"))) {
            from = Integer.parseInt(range.replaceAll("[^0-9]", ""));
            exchange.getResponseHeaders()
                    .set("content-range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        int to = cuts.isEmpty() ? content.length : Math.min(content.length, from + cuts.removeFirst());
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(content, from, to - from);
            out.flush();
            if (to < content.length) {
                // Closing before the announced length is what a cut looks like.
                exchange.close();
            }
        } catch (IOException e) {
            // The cut, seen from here.
        }
    }

    private void note(String who, HttpExchange exchange) {
        var headers = exchange.getRequestHeaders();
        seen.add(who + " " + exchange.getRequestURI() + " range=" + headers.getFirst("range") + " auth="
                + headers.getFirst("authorization"));
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
    }
}
