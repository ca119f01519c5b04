package dev.gyropilot.apiserver.discovery;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.KubernetesDocuments;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.registry.CustomDefinitions;
import dev.gyropilot.apiserver.registry.Registry;
import dev.gyropilot.apiserver.rest.Answers;
import dev.gyropilot.apiserver.rest.Api;
import dev.gyropilot.apiserver.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import java.util.zip.CRC32C;

/** The pages that describe the server: discovery, OpenAPI, version, health, metrics. */
public final class SelfDescription implements Api.Pages {
    private static final String AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Store store;
    private final Metrics metrics;
    private final IntSupplier watches;
    private final Discovery discovery;
    private final OpenApi openApi;

    public SelfDescription(
            Store store, Registry registry, CustomDefinitions definitions, Metrics metrics, IntSupplier watches) {
        this.store = store;
        this.metrics = metrics;
        this.watches = watches;
        this.discovery = new Discovery(registry);
        this.openApi = new OpenApi(registry, discovery, definitions);
    }

    @Override
    public boolean serve(Exchange exchange) throws IOException {
        String path = exchange.path().length() > 1 && exchange.path().endsWith("/")
                ? exchange.path().substring(0, exchange.path().length() - 1)
                : exchange.path();
        if (!exchange.method().equals("GET") && !exchange.method().equals("HEAD")) {
            return false;
        }
        switch (path) {
            case "/healthz", "/livez", "/readyz" -> Answers.text(exchange, 200, "ok");
            case "/version" -> Answers.json(exchange, 200, KubernetesDocuments.version());
            case "/metrics" ->
                exchange.respond(
                        200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        metrics.text(store, watches).getBytes(StandardCharsets.UTF_8));
            case "/" -> Answers.json(exchange, 200, paths());
            case "/api" -> root(exchange, true);
            case "/apis" -> root(exchange, false);
            case "/openapi/v3" -> cacheable(exchange, openApi.index(), "application/json");
            default -> {
                return below(exchange, path);
            }
        }
        return true;
    }

    private boolean below(Exchange exchange, String path) throws IOException {
        if (path.startsWith("/healthz/") || path.startsWith("/livez/") || path.startsWith("/readyz/")) {
            Answers.text(exchange, 200, "ok");
            return true;
        }
        List<String> parts = List.of(path.substring(1).split("/"));
        ObjectNode document = null;
        if (path.startsWith("/openapi/v3/")) {
            document = openApi.document(path.substring("/openapi/v3/".length()));
        } else if (parts.getFirst().equals("api") && parts.size() == 2) {
            document = discovery.resources("", parts.get(1));
        } else if (parts.getFirst().equals("apis") && parts.size() == 2) {
            document = discovery.group(parts.get(1));
        } else if (parts.getFirst().equals("apis") && parts.size() == 3) {
            document = discovery.resources(parts.get(1), parts.get(2));
        }
        if (document == null) {
            return false;
        }
        cacheable(exchange, document, "application/json");
        return true;
    }

    private void root(Exchange exchange, boolean core) throws IOException {
        exchange.answerHeader("Vary", "Accept");
        if (wantsAggregated(exchange)) {
            cacheable(exchange, discovery.aggregated(core), AGGREGATED);
        } else {
            cacheable(
                    exchange,
                    core ? discovery.apiVersions(exchange.header("Host")) : discovery.groups(),
                    "application/json");
        }
    }

    private static boolean wantsAggregated(Exchange exchange) {
        for (String range : exchange.header("Accept").split(",")) {
            String compact = range.replace(" ", "");
            if (compact.contains("as=APIGroupDiscoveryList")
                    && compact.contains("v=v2")
                    && !compact.contains("v=v2beta1")
                    && compact.startsWith("application/json")) {
                return true;
            }
        }
        return false;
    }

    private static void cacheable(Exchange exchange, ObjectNode document, String contentType) throws IOException {
        byte[] body = MAPPER.writeValueAsBytes(document);
        CRC32C sum = new CRC32C();
        sum.update(body);
        String tag = '"' + Long.toHexString(sum.getValue()) + '-' + Integer.toHexString(body.length) + '"';
        exchange.answerHeader("ETag", tag);
        if (exchange.header("If-None-Match").contains(tag)) {
            exchange.respond(304, "", new byte[0]);
        } else {
            exchange.respond(200, contentType, body);
        }
    }

    private ObjectNode paths() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        TreeSet<String> paths = new TreeSet<>(
                List.of("/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v3", "/readyz", "/version"));
        discovery.groupVersionPaths().forEach(path -> paths.add("/" + path));
        paths.forEach(node.putArray("paths")::add);
        return node;
    }
}
