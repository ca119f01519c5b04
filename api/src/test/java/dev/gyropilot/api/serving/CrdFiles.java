package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.gyropilot.api.queue.Queue;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders the committed CRD files from the resource types: the generator's output, completed by what its annotations cannot
 * say (list types, categories, descriptions of kinds, the required fields of borrowed types).
 */
final class CrdFiles {
    private static final YAMLMapper YAML = new YAMLMapper(YAMLFactory.builder()
            .enable(Feature.MINIMIZE_QUOTES)
            .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .disable(Feature.WRITE_DOC_START_MARKER)
            .disable(Feature.SPLIT_LINES)
            .build());

    /** What a list is, by the last names of its path: a set of scalars, a map by a key, or replaced as a whole. */
    private static final Map<String, String> LIST_TYPES = Map.ofEntries(
            Map.entry("conditions", "map type"),
            Map.entry("env", "map name"),
            Map.entry("versions", "map name"),
            Map.entry("claims", "map name"),
            Map.entry("aliases", "set"),
            Map.entry("formats", "set"),
            Map.entry("tasks", "set"));

    private static final Map<String, List<String>> REQUIRED = Map.of(
            "conditions", List.of("type", "status", "reason", "message", "lastTransitionTime"),
            "env", List.of("name"),
            "claims", List.of("name"),
            "configMapKeyRef", List.of("key"),
            "secretKeyRef", List.of("key"),
            "fieldRef", List.of("fieldPath"),
            "resourceFieldRef", List.of("resource"));

    private static final Map<String, String> DESCRIPTIONS = Map.of(
            "status", "What was observed; written by Gyropilot.",
            "spec", "What is wished.",
            "limits", "The most that one replica may use.",
            "requests", "What one replica is sure to get.",
            "value", "Its value.",
            "valueFrom", "A source for the value: a field of the pod, or a key of a ConfigMap or Secret.");

    /** A service's name becomes that of a Service and, with a revision's hash, of a Deployment and its pods. */
    private static final String NAME_RULE =
            "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 50";

    private static final String NAME_MESSAGE = "metadata.name must be at most 50 lower-case letters, digits and '-',"
            + " beginning with a letter: it also names the Service and, with a hash, the pods";

    private static final String PARENT_RULE = "!has(self.spec.parent) || self.spec.parent != self.metadata.name";

    private static final String PARENT_MESSAGE =
            "spec.parent names the queue itself: name the queue above, or leave it out for a queue at the top";

    /** A resource quantity, as the API machinery's own schemas describe it. */
    private static final String QUANTITY = "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))"
            + "(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

    private CrdFiles() {}

    /** File contents by the plural name of the kind. */
    static Map<String, String> render() throws IOException {
        var files = new LinkedHashMap<String, String>();
        for (Class<? extends CustomResource<?, ?>> kind :
                List.of(Engine.class, Model.class, ModelService.class, Queue.class)) {
            ObjectNode crd = generate(kind);
            files.put(
                    crd.at("/spec/names/plural").textValue(), header() + YAML.writeValueAsString(complete(crd, kind)));
        }
        return files;
    }

    static ObjectNode parse(String yaml) throws IOException {
        return (ObjectNode) YAML.readTree(yaml);
    }

    private static String header() {
        return "# Generated from the resource types; see CrdsTest.\n";
    }

    private static ObjectNode generate(Class<? extends CustomResource<?, ?>> kind) throws IOException {
        Path folder = Files.createTempDirectory("crds");
        new CRDGenerator()
                .customResourceClasses(kind)
                .forCRDVersions("v1")
                .inOutputDir(folder.toFile())
                .generate();
        try (var files = Files.list(folder)) {
            Path file = files.findFirst().orElseThrow();
            ObjectNode crd = (ObjectNode) YAML.readTree(file.toFile());
            Files.delete(file);
            Files.delete(folder);
            return crd;
        }
    }

    private static ObjectNode complete(ObjectNode crd, Class<?> kind) {
        ObjectNode version = (ObjectNode) crd.at("/spec/versions/0");
        ((ObjectNode) crd.at("/spec/names")).putArray("categories").add("gyropilot");
        version.set("additionalPrinterColumns", columns(kind));
        ObjectNode schema = (ObjectNode) version.at("/schema/openAPIV3Schema");
        schema.put("description", kind.getAnnotation(JsonClassDescription.class).value());
        schema.putArray("required").add("spec");
        if (kind == ModelService.class) {
            rule(schema, NAME_RULE, NAME_MESSAGE);
        } else if (kind == Queue.class) {
            rule(schema, PARENT_RULE, PARENT_MESSAGE);
        }
        walk(schema, "");
        integers(crd);
        return crd;
    }

    private static void rule(ObjectNode schema, String rule, String message) {
        schema.putArray("x-kubernetes-validations")
                .addObject()
                .put("rule", rule)
                .put("message", message);
    }

    /** In the order of the annotations: the generator sorts them by path. */
    private static ArrayNode columns(Class<?> kind) {
        ArrayNode columns = YAML.createArrayNode();
        for (var column : kind.getAnnotationsByType(AdditionalPrinterColumn.class)) {
            columns.addObject()
                    .put("name", column.name())
                    .put("type", column.type().getValue())
                    .put("description", column.getDescription())
                    .put("jsonPath", column.jsonPath());
        }
        return columns;
    }

    private static void walk(ObjectNode schema, String name) {
        if (!schema.has("description") && DESCRIPTIONS.containsKey(name)) {
            schema.put("description", DESCRIPTIONS.get(name));
        }
        if (schema.get("items") instanceof ObjectNode items) {
            listType(schema, name);
            require(items, name);
            walk(items, "");
        }
        if (schema.has("x-kubernetes-int-or-string")) {
            schema.put("pattern", QUANTITY);
        }
        require(schema, name);
        if (schema.get("properties") instanceof ObjectNode properties) {
            properties.properties().forEach(p -> walk((ObjectNode) p.getValue(), p.getKey()));
        }
        if (schema.get("additionalProperties") instanceof ObjectNode values) {
            walk(values, "");
        }
    }

    private static void listType(ObjectNode schema, String name) {
        String[] type = LIST_TYPES.getOrDefault(name, "atomic").split(" ");
        schema.put("x-kubernetes-list-type", type[0]);
        if (type.length > 1) {
            schema.putArray("x-kubernetes-list-map-keys").add(type[1]);
        }
    }

    private static void require(ObjectNode schema, String name) {
        if (REQUIRED.containsKey(name) && schema.has("properties")) {
            ArrayNode required = schema.putArray("required");
            REQUIRED.get(name).forEach(required::add);
        }
    }

    /** The generator writes bounds as 1.0. */
    private static void integers(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (field.getValue().isDouble() && field.getValue().canConvertToLong()) {
                    field.setValue(LongNode.valueOf(field.getValue().longValue()));
                }
            });
        }
        node.forEach(CrdFiles::integers);
    }
}
