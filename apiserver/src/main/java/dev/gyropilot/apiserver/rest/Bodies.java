package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.protobuf.ProtobufCodec;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Request bodies in all their forms, as JSON trees. */
final class Bodies {
    private static final String ACCEPTED = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    /** @param findings what strict decoding objects to */
    record Decoded(ObjectNode object, List<String> findings) {}

    /** The object of a create or update, with kind and version filled in and checked. */
    static Decoded object(Call call) {
        ResourceType type = call.type();
        if (type.custom() && mediaType(call.exchange()).equals(ProtobufCodec.MEDIA_TYPE)) {
            throw unsupported("application/json, application/yaml");
        }
        List<String> findings = new ArrayList<>();
        ObjectNode object = read(call.exchange(), type.kind(), findings);
        requireKind(object, type.apiVersion(), type.kind(), type.custom());
        return new Decoded(object, findings);
    }

    /** The body of a subresource that has a kind of its own, such as Scale or Binding. */
    static ObjectNode subresource(Call call, Subresource subresource) {
        ObjectNode object = read(call.exchange(), subresource.kind(), new ArrayList<>());
        String apiVersion = subresource.group().isEmpty()
                ? subresource.version()
                : subresource.group() + "/" + subresource.version();
        requireKind(object, apiVersion, subresource.kind(), false);
        return object;
    }

    /** DeleteOptions; empty when there is no body. */
    static ObjectNode options(Exchange exchange) {
        if (exchange.body().length == 0) {
            return JsonNodeFactory.instance.objectNode();
        }
        return read(exchange, "DeleteOptions", new ArrayList<>());
    }

    /** The media type without parameters, in lower case. */
    static String mediaType(Exchange exchange) {
        String type = exchange.header("Content-Type");
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode read(Exchange exchange, String kind, List<String> findings) {
        byte[] body = exchange.body();
        String media = mediaType(exchange);
        if (media.equals(ProtobufCodec.MEDIA_TYPE)) {
            return ProtobufCodec.decode(body, kind);
        }
        try {
            JsonNode tree = switch (media) {
                case "", "application/json" -> JsonText.parse(body, findings);
                case "application/yaml" -> YamlText.parse(body, findings);
                default -> throw unsupported(ACCEPTED);
            };
            if (tree instanceof ObjectNode object) {
                return object;
            }
            throw ApiError.badRequest(
                    "the object provided is unrecognized (must be of type " + kind + "): the body is no object but "
                            + tree.getNodeType().name().toLowerCase(Locale.ROOT));
        } catch (IOException e) {
            throw ApiError.badRequest("the object provided is unrecognized (must be of type " + kind + "): couldn't get"
                    + " version/kind; json parse error: " + firstLine(e) + " (" + hexStart(body) + ")");
        }
    }

    static ApiError unsupported(String accepted) {
        return new ApiError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: " + accepted,
                null);
    }

    private static void requireKind(ObjectNode object, String apiVersion, String kind, boolean custom) {
        String itsVersion = object.path("apiVersion").asText("");
        String itsKind = object.path("kind").asText("");
        if (custom && (itsKind.isEmpty() || itsVersion.isEmpty())) {
            throw ApiError.badRequest(
                    (itsKind.isEmpty() ? "Object 'Kind' is missing in '" : "Object 'apiVersion' is missing in '")
                            + new String(JsonText.write(object), StandardCharsets.UTF_8) + "'");
        }
        if (!itsVersion.isEmpty() && !itsVersion.equals(apiVersion)) {
            throw ApiError.badRequest("the API version in the data (" + itsVersion
                    + ") does not match the expected API version (" + apiVersion + ")");
        }
        if (!itsKind.isEmpty() && !itsKind.equals(kind)) {
            int slash = apiVersion.indexOf('/');
            throw ApiError.badRequest(itsKind + " in version \"" + apiVersion.substring(slash + 1)
                    + "\" cannot be handled as a " + kind + ": converting (" + itsKind + ") to (" + kind
                    + "): unknown conversion");
        }
        object.put("apiVersion", apiVersion);
        object.put("kind", kind);
    }

    static String firstLine(Exception e) {
        String text = String.valueOf(e.getMessage());
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static String hexStart(byte[] body) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < Math.min(body.length, 32); i++) {
            hex.append(String.format("%02x", body[i]));
        }
        return body.length > 32 ? hex + " ..." : hex.toString();
    }

    private Bodies() {}
}
