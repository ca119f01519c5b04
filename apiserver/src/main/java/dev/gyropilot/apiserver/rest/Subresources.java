package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import java.io.IOException;
import java.util.Set;

/** The subresources and kinds that do something else than read and write their object. */
final class Subresources {
    /** Those whose answer may take as long as it likes. */
    static final Set<String> STREAMING = Set.of("log", "exec", "attach", "portforward");

    private final Reviews reviews;
    private final Scales scales;
    private final PodActions actions;
    private final NodeProxy nodes;

    Subresources(Reviews reviews, Scales scales, PodActions actions, NodeProxy nodes) {
        this.reviews = reviews;
        this.scales = scales;
        this.actions = actions;
        this.nodes = nodes;
    }

    /** Answers and returns true, or returns false when the generic verbs apply. */
    boolean serve(Call call) throws IOException {
        String name = call.subresource();
        if (name.isEmpty()) {
            return serveMain(call);
        }
        Subresource subresource = call.type().subresources().get(name);
        if (subresource == null) {
            throw new ApiError(404, "NotFound", "the server could not find the requested resource", null);
        }
        if (STREAMING.contains(name)) {
            nodes.serve(call);
            return true;
        }
        if (name.equals("scale")) {
            scales.serve(call);
            return true;
        }
        if (subresource.kind().equals(call.type().kind())) {
            return false;
        }
        requireCreate(call);
        ObjectNode body = Bodies.subresource(call, subresource);
        switch (name) {
            case "binding" -> actions.bind(call, body);
            case "eviction" -> actions.evict(call, body);
            case "token" -> actions.token(call, body);
            default -> throw Resources.methodNotAllowed();
        }
        return true;
    }

    private boolean serveMain(Call call) throws IOException {
        if (Reviews.isReview(call)) {
            requireCreate(call);
            reviews.answer(call);
            return true;
        }
        if (call.type().kind().equals("Binding") && !call.type().custom()) {
            requireCreate(call);
            actions.bind(call, Bodies.object(call).object());
            return true;
        }
        return false;
    }

    private static void requireCreate(Call call) {
        if (!call.attributes().verb().equals("create")) {
            throw Resources.methodNotAllowed();
        }
    }
}
