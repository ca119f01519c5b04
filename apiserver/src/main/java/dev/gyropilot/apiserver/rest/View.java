package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.ObjectKey;
import dev.gyropilot.apiserver.store.Stored;

/** Stored objects as a served version shows them. */
final class View {
    private static final String EVENTS_GROUP = "events.k8s.io";

    /** The collection of a kind; both kinds of events are one. */
    static String collection(ResourceType type) {
        return type.group().equals(EVENTS_GROUP) ? type.plural() : ObjectKey.collection(type.group(), type.plural());
    }

    /** Where an object of this kind is stored. */
    static ObjectKey key(ResourceType type, String namespace, String name) {
        return new ObjectKey(collection(type), type.namespaced() ? namespace : "", name);
    }

    /** The object in this version; shared, never to be changed. */
    static ObjectNode object(Stored stored, ResourceType type) {
        ObjectNode object = stored.object();
        if (object.path("apiVersion").asText().equals(type.apiVersion())) {
            return object;
        }
        ObjectNode copy = object.objectNode();
        copy.put("apiVersion", type.apiVersion()).put("kind", type.kind());
        for (var field : object.properties()) {
            copy.putIfAbsent(eventField(field.getKey(), type), field.getValue());
        }
        return copy;
    }

    static byte[] bytes(Stored stored, ResourceType type) {
        return stored.object().path("apiVersion").asText().equals(type.apiVersion())
                ? stored.bytes()
                : JsonText.write(object(stored, type));
    }

    /** Events are stored in the form in which they came; the two forms differ in the names of some fields. */
    private static String eventField(String name, ResourceType type) {
        if (!type.kind().equals("Event") || type.custom()) {
            return name;
        }
        if (type.group().equals(EVENTS_GROUP)) {
            return switch (name) {
                case "involvedObject" -> "regarding";
                case "message" -> "note";
                case "source" -> "deprecatedSource";
                case "firstTimestamp" -> "deprecatedFirstTimestamp";
                case "lastTimestamp" -> "deprecatedLastTimestamp";
                case "count" -> "deprecatedCount";
                case "reportingComponent" -> "reportingController";
                default -> name;
            };
        }
        return switch (name) {
            case "regarding" -> "involvedObject";
            case "note" -> "message";
            case "deprecatedSource" -> "source";
            case "deprecatedFirstTimestamp" -> "firstTimestamp";
            case "deprecatedLastTimestamp" -> "lastTimestamp";
            case "deprecatedCount" -> "count";
            case "reportingController" -> "reportingComponent";
            default -> name;
        };
    }

    static boolean same(JsonNode a, JsonNode b) {
        return a.equals(NumbersByValue.INSTANCE, b);
    }

    private View() {}
}
