package dev.gyropilot.engines.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.engines.metrics.Metrics;
import java.time.Instant;
import java.util.function.Supplier;

/** What every engine answers: health, metrics, its one model, its version. */
public final class CommonRoutes {
    /** Where a server is in its life. */
    public enum Phase {
        /** Not yet able to answer. */
        LOADING,
        /** Able to answer. */
        READY,
        /** Ending: still answers, wants no more. */
        DRAINING
    }

    /** The version that engines tell. */
    public static final String VERSION = "0.1.0";

    private volatile Phase phase = Phase.LOADING;
    private final String modelName;
    private final Supplier<ObjectNode> model;

    /**
     * Routes for a model.
     *
     * @param ownedBy who is named as its owner
     * @param maxModelLength tokens that fit, 0 while unknown
     */
    public CommonRoutes(String modelName, String ownedBy, Instant started, Supplier<Integer> maxModelLength) {
        this.modelName = modelName;
        this.model = () -> Json.object()
                .put("id", modelName)
                .put("object", "model")
                .put("created", started.getEpochSecond())
                .put("owned_by", ownedBy)
                .put("root", modelName)
                .putNull("parent")
                .put("max_model_len", maxModelLength.get());
    }

    /** Adds them to a router. */
    public Router addTo(Router router, Metrics metrics) {
        return router.on("GET", "/health", this::health)
                .on("GET", "/livez", exchange -> exchange.answer(200, "text/plain", new byte[] {'o', 'k', '\n'}))
                .on("GET", "/metrics", exchange -> exchange.answer(200, Metrics.CONTENT_TYPE, metrics.text()))
                .on("GET", "/version", exchange -> exchange.answer(Json.object().put("version", VERSION)))
                .on(
                        "GET",
                        "/v1/models",
                        exchange -> exchange.answer(Json.object()
                                .put("object", "list")
                                .set("data", Json.array().add(model.get()))));
    }

    private void health(Exchange exchange) {
        Phase now = phase;
        byte[] body = Json.bytes(Json.object().put("status", now.name().toLowerCase(java.util.Locale.ROOT)));
        exchange.answer(now == Phase.READY ? 200 : 503, "application/json", body);
    }

    /** Enters a phase. */
    public void enter(Phase next) {
        phase = next;
    }

    /** Where the server is in its life. */
    public Phase phase() {
        return phase;
    }

    /** Refuses a request for another model, and any request while the own one is not there. */
    public void check(ObjectNode request) {
        var name = request.path("model");
        if (!name.isTextual()) {
            throw ApiException.invalid(
                    "model",
                    (name.isMissingNode() || name.isNull()
                                    ? "The field 'model' is missing"
                                    : "The field 'model' is " + name)
                            + "; give \"" + modelName + "\".");
        }
        if (!name.asText().equals(modelName)) {
            throw ApiException.unknownModel(name.asText(), modelName);
        }
        if (phase == Phase.LOADING) {
            throw ApiException.overloaded(1, "The model '" + modelName + "' is still loading; try again shortly.");
        }
    }
}
