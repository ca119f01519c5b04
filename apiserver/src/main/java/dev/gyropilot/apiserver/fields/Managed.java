package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The decoded {@code metadata.managedFields} of one object: who owns what, in which version, since when. */
final class Managed {
    private static final Comparator<Map.Entry<Id, String>> WRITTEN_ORDER = Comparator.comparing(
                    (Map.Entry<Id, String> entry) -> entry.getKey().operation())
            .thenComparingLong(entry -> seconds(entry.getValue()))
            .thenComparing(entry -> entry.getKey().name())
            .thenComparing(entry -> entry.getKey().apiVersion())
            .thenComparing(entry -> entry.getKey().subresource());

    private final Map<Id, Entry> entries = new TreeMap<>();
    private final Map<Id, String> times = new HashMap<>();

    /**
     * Tells one entry from another.
     *
     * @param apiVersion empty for appliers, which keep their one entry over all versions
     */
    record Id(String name, Operation operation, String apiVersion, String subresource) implements Comparable<Id> {
        private static final Comparator<Id> ORDER = Comparator.comparing(Id::name)
                .thenComparing(Id::operation)
                .thenComparing(Id::apiVersion)
                .thenComparing(Id::subresource);

        @Override
        public int compareTo(Id other) {
            return ORDER.compare(this, other);
        }

        /** As conflict messages name it. */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            text.append('"').append(name).append('"');
            if (!subresource.isEmpty()) {
                text.append(" with subresource \"").append(subresource).append('"');
            }
            if (operation == Operation.UPDATE) {
                text.append(" using ").append(apiVersion);
            }
            return text.toString();
        }
    }

    enum Operation {
        APPLY("Apply"),
        UPDATE("Update");

        final String text;

        Operation(String text) {
            this.text = text;
        }
    }

    /** What one manager owns, in terms of one version. */
    record Entry(FieldSet fields, String apiVersion) {}

    Map<Id, Entry> entries() {
        return entries;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Empty when unknown. */
    String time(Id id) {
        return times.getOrDefault(id, "");
    }

    void touch(Id id, String time) {
        times.put(id, time);
    }

    static long seconds(String time) {
        if (time.isEmpty()) {
            return 0;
        }
        try {
            return Instant.parse(time).getEpochSecond();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }

    Managed copy() {
        Managed copy = new Managed();
        copy.entries.putAll(entries);
        copy.times.putAll(times);
        return copy;
    }

    /**
     * Reads {@code managedFields}.
     *
     * @throws IllegalArgumentException if an entry is not as it must be
     */
    static Managed decode(JsonNode managedFields) {
        Managed managed = new Managed();
        int index = 0;
        for (JsonNode entry : managedFields) {
            Operation operation = switch (entry.path("operation").asText()) {
                case "Apply" -> Operation.APPLY;
                case "Update" -> Operation.UPDATE;
                default -> throw new IllegalArgumentException("operation must be `Apply` or `Update`");
            };
            String apiVersion = entry.path("apiVersion").asText();
            if (apiVersion.isEmpty()) {
                throw new IllegalArgumentException("apiVersion must not be empty");
            }
            String fieldsType = entry.path("fieldsType").asText();
            if (fieldsType.isEmpty()) {
                throw new IllegalArgumentException("missing fieldsType in managed fields entry " + index);
            }
            if (!fieldsType.equals("FieldsV1")) {
                throw new IllegalArgumentException(
                        "invalid fieldsType \"" + fieldsType + "\" in managed fields entry " + index);
            }
            Id id = new Id(
                    entry.path("manager").asText(),
                    operation,
                    operation == Operation.APPLY ? "" : apiVersion,
                    entry.path("subresource").asText());
            managed.entries.put(id, new Entry(FieldSet.fromJson(entry.path("fieldsV1")), apiVersion));
            if (entry.path("time").isTextual()) {
                managed.times.put(id, entry.path("time").asText());
            }
            index++;
        }
        return managed;
    }

    /** The entries as stored: appliers first, then by time. */
    ArrayNode encode() {
        List<Map.Entry<Id, String>> order = new ArrayList<>();
        entries.keySet().forEach(id -> order.add(Map.entry(id, time(id))));
        order.sort(WRITTEN_ORDER);
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Map.Entry<Id, String> each : order) {
            Id id = each.getKey();
            Entry entry = entries.get(id);
            if (entry == null) {
                continue;
            }
            ObjectNode json = array.addObject();
            if (!id.name().isEmpty()) {
                json.put("manager", id.name());
            }
            json.put("operation", id.operation().text).put("apiVersion", entry.apiVersion());
            if (!each.getValue().isEmpty()) {
                json.put("time", each.getValue());
            }
            json.put("fieldsType", "FieldsV1").set("fieldsV1", entry.fields().toJson());
            if (!id.subresource().isEmpty()) {
                json.put("subresource", id.subresource());
            }
        }
        return array;
    }

    /** Puts the entries into an object; none when there are none, or when its metadata is no object. */
    void writeTo(ObjectNode object) {
        if (entries.isEmpty()) {
            removeFrom(object);
        } else if (object.get("metadata") instanceof ObjectNode metadata) {
            metadata.set("managedFields", encode());
        } else if (!object.has("metadata")) {
            object.putObject("metadata").set("managedFields", encode());
        }
    }

    static void removeFrom(ObjectNode object) {
        if (object.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
    }

    /** What an object carries; empty when that cannot be read. */
    static Managed lenient(@Nullable ObjectNode object) {
        if (object == null) {
            return new Managed();
        }
        try {
            return decode(object.path("metadata").path("managedFields"));
        } catch (IllegalArgumentException e) {
            return new Managed();
        }
    }
}
