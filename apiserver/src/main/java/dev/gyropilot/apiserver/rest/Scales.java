package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.fields.ScaleFields;
import dev.gyropilot.apiserver.patch.JsonPatch;
import dev.gyropilot.apiserver.patch.MergePatch;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The {@code autoscaling/v1 Scale} of whatever has replicas. */
final class Scales {
    /** Where an object has what a Scale shows; dotted paths, the last two may be empty. */
    private record Paths(String specReplicas, String statusReplicas, String selector) {}

    private final Engine engine;
    private final Reads reads;
    private final Writes writes;

    Scales(Engine engine, Reads reads, Writes writes) {
        this.engine = engine;
        this.reads = reads;
        this.writes = writes;
    }

    void serve(Call call) throws IOException {
        Paths paths = paths(call.type());
        switch (call.attributes().verb()) {
            case "get" -> {
                ObjectNode object = View.object(reads.get(call), call.type());
                Answers.scale(call, engine.tables(), scale(object, paths));
            }
            case "update" -> {
                WriteOptions options = WriteOptions.of(call, "UpdateOptions", false);
                ObjectNode wanted = Bodies.subresource(call, subresource(call));
                write(call, options, paths, current -> wanted);
            }
            case "patch" -> {
                WriteOptions options = WriteOptions.of(call, "PatchOptions", false);
                write(call, options, paths, current -> patched(call, current));
            }
            default -> throw Resources.methodNotAllowed();
        }
    }

    private void write(Call call, WriteOptions options, Paths paths, Writes.Change change) throws IOException {
        ObjectNode written = writes.update(call, options, true, before -> {
                    ObjectNode scale = change.from(scale(before, paths));
                    long replicas = replicas(call, scale);
                    ObjectNode next = before.deepCopy();
                    set(next, paths.specReplicas(), replicas);
                    String version = Meta.resourceVersion(scale);
                    if (version.isEmpty()) {
                        Meta.of(next).put("resourceVersion", Meta.resourceVersion(before));
                    } else {
                        Meta.of(next).put("resourceVersion", version);
                    }
                    return engine.fields().update(before, next, options.manager(), call.type());
                })
                .object();
        Answers.scale(call, engine.tables(), scale(written, paths));
    }

    private static ObjectNode patched(Call call, ObjectNode scale) {
        JsonNode patch = Patching.parse(call, false);
        JsonNode patched = switch (Bodies.mediaType(call.exchange())) {
            case Patching.JSON -> JsonPatch.apply(scale, patch);
            case Patching.MERGE, Patching.STRATEGIC -> MergePatch.apply(scale, patch);
            default -> throw Bodies.unsupported(Patching.JSON + ", " + Patching.MERGE + ", " + Patching.STRATEGIC);
        };
        return Patching.object(patched);
    }

    private static long replicas(Call call, ObjectNode scale) {
        JsonNode replicas = scale.path("spec").path("replicas");
        if (!replicas.isMissingNode() && !replicas.canConvertToInt()) {
            throw ApiError.badRequest("spec.replicas of a Scale must be an integer, not " + replicas);
        }
        long wanted = replicas.asLong(0);
        if (wanted < 0) {
            throw ApiError.invalid(
                    "autoscaling",
                    "Scale",
                    call.name(),
                    List.of(FieldError.invalid(
                            "spec.replicas", Long.toString(wanted), "must be greater than or equal to 0")));
        }
        return wanted;
    }

    private static ObjectNode scale(ObjectNode object, Paths paths) {
        ObjectNode scale = object.objectNode();
        scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        ObjectNode metadata = scale.putObject("metadata");
        for (String field : List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            JsonNode value = object.path("metadata").get(field);
            if (value != null) {
                metadata.set(field, value);
            }
        }
        ArrayNode managed = ScaleFields.toScale(object, paths.specReplicas());
        if (!managed.isEmpty()) {
            metadata.set("managedFields", managed);
        }
        ObjectNode spec = scale.putObject("spec");
        JsonNode replicas = at(object, paths.specReplicas());
        if (replicas.isIntegralNumber() && replicas.asLong() != 0) {
            spec.set("replicas", replicas);
        }
        ObjectNode status = scale.putObject("status");
        status.put("replicas", at(object, paths.statusReplicas()).asLong(0));
        String selector = selector(at(object, paths.selector()));
        if (!selector.isEmpty()) {
            status.put("selector", selector);
        }
        return scale;
    }

    private Paths paths(ResourceType type) {
        if (!type.custom()) {
            return new Paths("spec.replicas", "status.replicas", "spec.selector");
        }
        ObjectNode crd = Objects.requireNonNull(
                engine.store().get("apiextensions.k8s.io", "customresourcedefinitions", "", type.qualified()),
                "a served custom kind has its definition");
        for (JsonNode version : crd.path("spec").path("versions")) {
            if (version.path("name").asText().equals(type.version())) {
                JsonNode scale = version.path("subresources").path("scale");
                return new Paths(
                        undotted(scale, "specReplicasPath"),
                        undotted(scale, "statusReplicasPath"),
                        undotted(scale, "labelSelectorPath"));
            }
        }
        throw ApiError.notFound(type.group(), type.plural(), "");
    }

    private static Subresource subresource(Call call) {
        return Objects.requireNonNull(call.type().subresources().get("scale"));
    }

    private static String undotted(JsonNode scale, String field) {
        return scale.path(field).asText("").replaceFirst("^\\.", "");
    }

    private static JsonNode at(JsonNode object, String path) {
        JsonNode at = object;
        for (String part : path.split("\\.")) {
            at = at.path(part);
        }
        return at;
    }

    private static void set(ObjectNode object, String path, long value) {
        String[] parts = path.split("\\.");
        ObjectNode at = object;
        for (int i = 0; i < parts.length - 1; i++) {
            at = at.withObjectProperty(parts[i]);
        }
        at.put(parts[parts.length - 1], (int) value);
    }

    /** A selector as text: custom kinds keep it so, built-in ones as an object. */
    private static String selector(JsonNode selector) {
        if (!selector.isObject()) {
            return selector.asText("");
        }
        List<String> terms = new ArrayList<>();
        boolean structured = selector.has("matchLabels") || selector.has("matchExpressions");
        JsonNode labels = structured ? selector.path("matchLabels") : selector;
        labels.properties()
                .forEach(e -> terms.add(e.getKey() + "=" + e.getValue().asText()));
        for (JsonNode expression : selector.path("matchExpressions")) {
            String key = expression.path("key").asText();
            String values = String.join(",", WriteOptions.texts(expression.path("values")));
            switch (expression.path("operator").asText()) {
                case "In" -> terms.add(key + " in (" + values + ")");
                case "NotIn" -> terms.add(key + " notin (" + values + ")");
                case "Exists" -> terms.add(key);
                case "DoesNotExist" -> terms.add("!" + key);
                default -> {
                    // The kind's validation allows no other operators.
                }
            }
        }
        return String.join(",", terms);
    }
}
