package dev.gyropilot.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.UnknownFields;
import dev.gyropilot.scheduler.OfflineScheduler;
import dev.gyropilot.scheduler.groups.ForeignKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The objects of one file, a world of its own, and what is wrong with them. */
final class WorldFile {
    private static final String RESOURCE_GROUP = "resource.k8s.io/";
    private static final String TAINT_RULE = "DeviceTaintRule";
    private static final Set<String> NEEDED = Set.of(
            "v1/Node",
            "v1/Namespace",
            "v1/Pod",
            "scheduling.k8s.io/v1/PriorityClass",
            "resource.k8s.io/v1/DeviceClass",
            "resource.k8s.io/v1/ResourceSlice",
            "resource.k8s.io/v1/ResourceClaim",
            "resource.k8s.io/v1/ResourceClaimTemplate");

    private final List<HasMetadata> objects = new ArrayList<>();
    private final List<ObjectNode> trees = new ArrayList<>();
    private final List<OfflineScheduler.Unplaced> broken = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private WorldFile() {}

    /** Reads YAML documents or JSON, lists included. */
    static WorldFile read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            String why = Files.exists(file) ? String.valueOf(e.getMessage()) : "there is no such file";
            throw new CliError("cannot read " + file + ": " + why, "Check the path.", e);
        }
        var world = new WorldFile();
        try (MappingIterator<JsonNode> documents =
                Json.yaml().readerFor(JsonNode.class).readValues(text)) {
            while (documents.hasNextValue()) {
                world.add(documents.nextValue());
            }
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new CliError(
                    file + (at == null ? "" : ", line " + at.getLineNr()) + " is not valid YAML or JSON: "
                            + e.getOriginalMessage(),
                    "Check the indentation and quotes there.",
                    e);
        } catch (IOException e) {
            throw new CliError("cannot read " + file + ": " + e.getMessage(), "Check the file.", e);
        }
        return world;
    }

    /** What can be used. */
    List<HasMetadata> objects() {
        return objects;
    }

    /** The pods and claims as they were written. */
    List<ObjectNode> trees() {
        return trees;
    }

    /** What cannot be used, with the reason. */
    List<OfflineScheduler.Unplaced> broken() {
        return broken;
    }

    List<String> warnings() {
        return warnings;
    }

    private void add(JsonNode document) {
        if (document.isNull() || document.isMissingNode()) {
            return;
        }
        if (!(document instanceof ObjectNode object)) {
            breaks(
                    "",
                    "",
                    "",
                    "a document is no object, but " + document.getNodeType() + ". Remedy: write apiVersion,"
                            + " kind and metadata.");
            return;
        }
        String kind = object.path("kind").asText();
        if (kind.endsWith("List") && object.path("items").isArray()) {
            object.path("items").forEach(this::add);
            return;
        }
        String apiVersion = object.path("apiVersion").asText();
        String name = object.at("/metadata/name").asText();
        String namespace = object.at("/metadata/namespace").asText("");
        if (apiVersion.isEmpty() || kind.isEmpty() || name.isEmpty()) {
            String missing = apiVersion.isEmpty() ? "apiVersion" : kind.isEmpty() ? "kind" : "metadata.name";
            breaks(kind, namespace, name, missing + " is missing. Remedy: write it.");
            return;
        }
        try {
            read(object, apiVersion, kind, namespace, name);
        } catch (IllegalArgumentException e) {
            breaks(kind, namespace, name, firstLine(e));
        }
    }

    private void read(ObjectNode object, String apiVersion, String kind, String namespace, String name) {
        boolean queue = kind.equals("Queue") && apiVersion.startsWith("gyropilot.dev/");
        boolean foreign = Arrays.stream(ForeignKind.values())
                .anyMatch(f -> f.apiVersion().equals(apiVersion) && f.kind().equals(kind));
        boolean rule = kind.equals(TAINT_RULE) && apiVersion.startsWith(RESOURCE_GROUP);
        boolean needed = NEEDED.contains(apiVersion + "/" + kind);
        if (!needed && NEEDED.contains("resource.k8s.io/v1/" + kind) && apiVersion.startsWith(RESOURCE_GROUP)) {
            breaks(
                    kind,
                    namespace,
                    name,
                    "apiVersion is \"" + apiVersion + "\", an older form. Remedy: write it as resource.k8s.io/v1.");
        } else if (queue) {
            objects.add(Json.kubernetes().convertValue(object, Queue.class));
        } else if (foreign || rule) {
            objects.add(Json.kubernetes().convertValue(object, GenericKubernetesResource.class));
        } else if (needed) {
            warnings.addAll(unknownFields(object, apiVersion, kind, name));
            objects.add(Json.kubernetes().unmarshal(object.toString()));
            if (kind.equals("Pod") || kind.equals("ResourceClaim")) {
                trees.add(object);
            }
        } else {
            warnings.add(kind + " " + name + " plays no part in placement and is left out");
        }
    }

    private static List<String> unknownFields(ObjectNode object, String apiVersion, String kind, String name) {
        Optional<ResourceType> type = BuiltinTypes.all().stream()
                .filter(t -> t.kind().equals(kind) && t.apiVersion().equals(apiVersion))
                .findFirst();
        return type.map(t -> UnknownFields.find(object, t.schema())).orElse(List.of()).stream()
                .map(finding -> kind + " " + name + ": " + finding + " has no effect; is it misspelt?")
                .toList();
    }

    private void breaks(String kind, String namespace, String name, String message) {
        broken.add(new OfflineScheduler.Unplaced(kind, namespace, name, "Invalid", message));
    }

    private static String firstLine(IllegalArgumentException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (cause instanceof com.fasterxml.jackson.databind.JsonMappingException mapping) {
            String path = mapping.getPath().stream()
                    .map(p -> p.getFieldName() == null ? "[" + p.getIndex() + "]" : "." + p.getFieldName())
                    .reduce("", String::concat);
            return (path.isEmpty() ? "" : path.substring(1) + ": ") + mapping.getOriginalMessage()
                    + ". Remedy: give it the type that `kubectl explain` says.";
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
}
