package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.fields.FieldManager;
import dev.gyropilot.apiserver.patch.JsonPatch;
import dev.gyropilot.apiserver.patch.MergePatch;
import dev.gyropilot.apiserver.patch.StrategicMergePatch;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.Pruning;
import dev.gyropilot.apiserver.schema.UnknownFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The four kinds of patch. */
final class Patching {
    static final String JSON = "application/json-patch+json";
    static final String MERGE = "application/merge-patch+json";
    static final String STRATEGIC = "application/strategic-merge-patch+json";
    static final String APPLY = "application/apply-patch+yaml";

    private final FieldManager fields;

    Patching(FieldManager fields) {
        this.fields = fields;
    }

    static boolean isApply(Call call) {
        return Bodies.mediaType(call.exchange()).equals(APPLY);
    }

    /** A patch that needs an object to work on. */
    Writes.Change change(Call call, WriteOptions options) {
        ResourceType type = call.type();
        String media = Bodies.mediaType(call.exchange());
        JsonNode patch = switch (media) {
            case JSON, MERGE -> parse(call, false);
            case STRATEGIC -> {
                if (type.custom()) {
                    throw Bodies.unsupported(JSON + ", " + MERGE + ", " + APPLY);
                }
                yield parse(call, false);
            }
            default ->
                throw Bodies.unsupported(
                        type.custom()
                                ? JSON + ", " + MERGE + ", " + APPLY
                                : JSON + ", " + MERGE + ", " + STRATEGIC + ", " + APPLY);
        };
        return before -> {
            JsonNode patched = switch (media) {
                case JSON -> JsonPatch.apply(before, patch);
                case MERGE -> MergePatch.apply(before, patch);
                default -> StrategicMergePatch.apply(before, object(patch), type.schema());
            };
            ObjectNode next = object(patched);
            requireSameKind(type, next);
            checkFields(call, options, next);
            return next;
        };
    }

    /** Server-side apply; {@code before} is null when the object is to be created. */
    ObjectNode apply(Call call, WriteOptions options, @Nullable ObjectNode before) {
        ResourceType type = call.type();
        ObjectNode config = object(parse(call, true));
        if (!config.has("apiVersion") || !config.has("kind")) {
            throw ApiError.badRequest("error decoding YAML: Object 'Kind' is missing in the applied configuration");
        }
        requireSameKind(type, config);
        ObjectNode metadata = Meta.of(config);
        if (Meta.name(config).isEmpty()) {
            metadata.put("name", call.name());
        } else if (!Meta.name(config).equals(call.name())) {
            throw ApiError.badRequest("the name of the object (" + Meta.name(config)
                    + ") does not match the name on the URL (" + call.name() + ")");
        }
        if (type.namespaced() && Meta.namespace(config).isEmpty()) {
            metadata.put("namespace", call.namespace());
        }
        requireUid(type, config, before, call.name());
        String version = Meta.resourceVersion(config);
        if (before != null && !version.isEmpty() && !version.equals(Meta.resourceVersion(before))) {
            throw ApiError.conflict(
                    type.group(),
                    type.plural(),
                    call.name(),
                    "the object has been modified; please apply your changes to the latest version and try again");
        }
        return fields.apply(before, config, options.manager(), options.force(), type);
    }

    private static void requireUid(ResourceType type, ObjectNode config, @Nullable ObjectNode before, String name) {
        String uid = Meta.uid(config);
        if (uid.isEmpty()) {
            return;
        }
        if (before == null) {
            throw ApiError.conflict(
                    type.group(),
                    type.plural(),
                    name,
                    "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found");
        }
        if (!uid.equals(Meta.uid(before))) {
            throw ApiError.invalid(
                    type.group(),
                    type.kind(),
                    name,
                    List.of(FieldError.invalid("metadata.uid", '"' + uid + '"', "field is immutable")));
        }
    }

    static JsonNode parse(Call call, boolean yaml) {
        byte[] body = call.exchange().body();
        List<String> duplicates = new ArrayList<>();
        try {
            if (yaml && (body.length == 0 || body[0] != '{')) {
                return YamlText.parse(body, duplicates);
            }
            return JsonText.parse(body, duplicates);
        } catch (IOException e) {
            throw ApiError.badRequest(
                    (yaml ? "error decoding YAML: " : "error decoding patch: ") + Bodies.firstLine(e));
        }
    }

    static ObjectNode object(JsonNode node) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiError.badRequest("error decoding patch: an object is wanted, not "
                + node.getNodeType().name().toLowerCase(Locale.ROOT));
    }

    private static void requireSameKind(ResourceType type, ObjectNode next) {
        String version = next.path("apiVersion").asText("");
        String kind = next.path("kind").asText("");
        if (!version.equals(type.apiVersion()) || !kind.equals(type.kind())) {
            throw ApiError.badRequest("the API version and kind in the data (" + version + ", " + kind
                    + ") do not match the expected ones (" + type.apiVersion() + ", " + type.kind() + ")");
        }
    }

    private static void checkFields(Call call, WriteOptions options, ObjectNode next) {
        byte[] patched = JsonText.write(next);
        List<String> findings = UnknownFields.find(next, call.type().schema());
        if (findings.isEmpty()) {
            return;
        }
        Pruning.prune(next, call.type().schema());
        switch (options.validation()) {
            case IGNORE -> {}
            case WARN -> findings.forEach(call::warn);
            case STRICT ->
                throw ApiError.invalid(
                        "",
                        "",
                        "",
                        List.of(FieldError.invalid(
                                "patch",
                                '"' + new String(patched, StandardCharsets.UTF_8).replace("\"", "\\\"") + '"',
                                "strict decoding error: " + String.join(", ", findings))));
        }
    }
}
