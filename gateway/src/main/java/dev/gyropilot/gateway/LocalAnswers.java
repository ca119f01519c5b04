package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.gateway.scan.Bytes;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the gateway answers by itself: health, metrics and the list of models. */
final class LocalAnswers {
    static final String MODELS = "/v1/models";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private LocalAnswers() {}

    /** An answer whose body is at hand. */
    record Local(HttpResponseStatus status, String contentType, String text) {
        byte[] body() {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    static boolean isHealth(String path) {
        return path.equals("/livez") || path.equals("/readyz");
    }

    static boolean isModels(String path) {
        return path.equals(MODELS) || path.startsWith(MODELS + "/");
    }

    static Local health(Gateway gateway, String path) {
        boolean well = path.equals("/livez") || gateway.ready();
        return new Local(
                well ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                TEXT,
                well ? "ok\n" : "shutting down\n");
    }

    static Local metrics(Gateway gateway) {
        return new Local(HttpResponseStatus.OK, METRICS, gateway.metrics().render(gateway));
    }

    /** The list of models, or one of them; null if there is no such model. */
    static @Nullable Local models(RouteTable table, Catalog.ApiKey key, String path) {
        if (path.equals(MODELS)) {
            StringBuilder json = new StringBuilder("{\"object\":\"list\",\"data\":[");
            List<String> names = table.namesFor(key);
            for (int i = 0; i < names.size(); i++) {
                if (i > 0) {
                    json.append(',');
                }
                if (table.resolve(names.get(i), key) instanceof RouteTable.Resolution.Found found) {
                    model(json, names.get(i), found.service());
                }
            }
            return new Local(HttpResponseStatus.OK, JSON, json.append("]}").toString());
        }
        String name = modelName(path);
        if (table.resolve(name, key) instanceof RouteTable.Resolution.Found found) {
            StringBuilder json = new StringBuilder();
            model(json, name, found.service());
            return new Local(HttpResponseStatus.OK, JSON, json.toString());
        }
        return null;
    }

    static String modelName(String path) {
        return QueryStringDecoder.decodeComponent(path.substring(MODELS.length() + 1));
    }

    private static void model(StringBuilder json, String name, ServiceState service) {
        json.append("{\"id\":").append(Bytes.quote(name)).append(",\"object\":\"model\",\"created\":");
        json.append(service.service().createdSeconds()).append(",\"owned_by\":\"gyropilot\"}");
    }
}
