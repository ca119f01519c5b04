package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Quantities;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.List;
import java.util.Map;

/** Fills in the default requests and limits of a namespace's limit ranges, and holds containers to their bounds. */
final class LimitRanger implements Admission {
    private final ObjectReader objects;

    LimitRanger(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        ObjectNode pod = request.object();
        if (!Refusals.createsPod(request) || pod == null) {
            return;
        }
        for (ObjectNode range :
                objects.list("", "limitranges", request.attributes().namespace())) {
            for (ObjectNode item : Tree.objects(range, "spec", "limits")) {
                if (Tree.text(item, "type").equals("Container")) {
                    for (String list : List.of("initContainers", "containers")) {
                        for (ObjectNode container : Tree.objects(pod, "spec", list)) {
                            fill(container, item);
                            check(request, container, item);
                        }
                    }
                }
            }
        }
    }

    private static void fill(ObjectNode container, ObjectNode item) {
        for (Map.Entry<String, String> step :
                Map.of("default", "limits", "defaultRequest", "requests").entrySet()) {
            JsonNode defaults = item.path(step.getKey());
            if (!defaults.isEmpty()) {
                ObjectNode target = Tree.child(container, "resources", step.getValue());
                defaults.properties().forEach(entry -> {
                    if (!target.has(entry.getKey())) {
                        target.set(entry.getKey(), entry.getValue());
                    }
                });
            }
        }
    }

    private static void check(Request request, ObjectNode container, ObjectNode item) {
        for (Map.Entry<String, JsonNode> bound : item.path("max").properties()) {
            JsonNode limit = Tree.at(container, "resources", "limits", bound.getKey());
            boolean over = limit.isMissingNode()
                    || Quantities.valueOrZero(limit).compareTo(Quantities.valueOrZero(bound.getValue())) > 0;
            if (over) {
                throw Refusals.forbidden(
                        request,
                        "maximum " + bound.getKey() + " usage per Container is "
                                + bound.getValue().asText() + ", but "
                                + (limit.isMissingNode() ? "no limit is specified" : "limit is " + limit.asText()));
            }
        }
        for (Map.Entry<String, JsonNode> bound : item.path("min").properties()) {
            JsonNode wanted = Tree.at(container, "resources", "requests", bound.getKey());
            boolean under = wanted.isMissingNode()
                    || Quantities.valueOrZero(wanted).compareTo(Quantities.valueOrZero(bound.getValue())) < 0;
            if (under) {
                throw Refusals.forbidden(
                        request,
                        "minimum " + bound.getKey() + " usage per Container is "
                                + bound.getValue().asText() + ", but "
                                + (wanted.isMissingNode()
                                        ? "no request is specified"
                                        : "request is " + wanted.asText()));
            }
        }
    }
}
