package dev.gyropilot.engines.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Paths and their handlers. A handler runs on the event loop and must not block. */
public final class Router {
    private final Map<String, Map<String, Consumer<Exchange>>> routes = new LinkedHashMap<>();

    /** Adds a handler for a method and an exact path. */
    public Router on(String method, String path, Consumer<Exchange> handler) {
        routes.computeIfAbsent(path, absent -> new LinkedHashMap<>()).put(method, handler);
        return this;
    }

    void handle(Exchange exchange) {
        Map<String, Consumer<Exchange>> methods = routes.get(exchange.path());
        if (methods == null) {
            throw ApiException.of(
                    404,
                    "invalid_request_error",
                    "unknown_path",
                    "There is nothing at " + exchange.path() + "; this server knows "
                            + String.join(", ", new TreeSet<>(routes.keySet())) + ".");
        }
        String method = exchange.method().equals("HEAD") ? "GET" : exchange.method();
        Consumer<Exchange> handler = methods.get(method);
        if (handler == null) {
            String allowed = String.join(", ", methods.keySet());
            exchange.setHeader("allow", allowed);
            throw ApiException.of(
                    405,
                    "invalid_request_error",
                    "method_not_allowed",
                    "The method " + exchange.method() + " is not for " + exchange.path() + "; use " + allowed + ".");
        }
        handler.accept(exchange);
    }
}
