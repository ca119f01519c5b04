package dev.gyropilot.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** {@code /livez}, {@code /readyz} and {@code /metrics} of a role, for the kubelet and Prometheus: nothing else, and nothing secret. */
final class HealthServer implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final HttpServer server;

    private HealthServer(HttpServer server) {
        this.server = server;
    }

    /**
     * @param live whether the process is well; where it is not, a restart helps
     * @param ready whether the role does its work, or waits for its turn to lead
     * @param metrics a Prometheus text
     */
    static HealthServer start(
            String address, int port, BooleanSupplier live, BooleanSupplier ready, Supplier<String> metrics) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(address, port), BACKLOG);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/livez", exchange -> verdict(exchange, live.getAsBoolean()));
            server.createContext("/readyz", exchange -> verdict(exchange, ready.getAsBoolean()));
            server.createContext(
                    "/metrics", exchange -> answer(exchange, 200, "text/plain; version=0.0.4", metrics.get()));
            server.start();
            return new HealthServer(server);
        } catch (IOException e) {
            throw new CliError(
                    "cannot listen on " + address + ":" + port + " (" + e.getMessage() + ")",
                    "Choose another port with --health-port PORT (0 takes a free one).",
                    e);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void verdict(HttpExchange exchange, boolean well) throws IOException {
        answer(exchange, well ? 200 : 503, "text/plain", well ? "ok\n" : "not ok\n");
    }

    private static void answer(HttpExchange exchange, int code, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(code, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
