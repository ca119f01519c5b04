package dev.gyropilot.acceptance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A model hub with one file: the first download breaks off in the middle, later ones may go on from there. */
final class CuttingHub implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");

    private final byte[] content;
    private final String tag;
    private final HttpServer server;
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicLong resumedAt = new AtomicLong();

    CuttingHub(byte[] content, String path) throws IOException, GeneralSecurityException {
        this.content = content;
        this.tag = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(path, this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** How many downloads were broken off. */
    int cuts() {
        return cuts.get();
    }

    /** The byte from which a download went on; 0 when none did. */
    long resumedAt() {
        return resumedAt.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().add("ETag", "\"" + tag + "\"");
            exchange.getResponseHeaders().add("Accept-Ranges", "bytes");
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            String range = exchange.getRequestHeaders().getFirst("Range");
            Matcher from = RANGE.matcher(range == null ? "" : range);
            int start = from.find() ? Integer.parseInt(from.group(1)) : 0;
            int rest = content.length - start;
            if (start > 0) {
                resumedAt.set(start);
                exchange.getResponseHeaders()
                        .add("Content-Range", "bytes " + start + "-" + (content.length - 1) + "/" + content.length);
            }
            exchange.sendResponseHeaders(start > 0 ? 206 : 200, rest);
            if (cuts.compareAndSet(0, 1)) {
                exchange.getResponseBody().write(content, start, rest / 2);
                exchange.getResponseBody().flush();
                // Closing before all was sent breaks the connection off.
                return;
            }
            exchange.getResponseBody().write(content, start, rest);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
