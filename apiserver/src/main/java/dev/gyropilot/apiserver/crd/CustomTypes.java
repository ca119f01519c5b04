package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Column;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import dev.gyropilot.apiserver.schema.JsonSchema;
import dev.gyropilot.apiserver.schema.StructuralSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** From a CustomResourceDefinition to the kinds it serves. */
public final class CustomTypes {
    private static final Set<String> VERBS =
            verbs("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");
    private static final Set<String> SUBRESOURCE_VERBS = verbs("get", "patch", "update");

    private CustomTypes() {}

    /**
     * One type for each served version of a valid, defaulted CRD, in the order of the CRD. The types share the CRD's tree,
     * which nobody may change afterwards. Rules are compiled when first needed.
     */
    public static List<ResourceType> of(ObjectNode crd) {
        List<ResourceType> types = new ArrayList<>();
        for (JsonNode version : crd.path("spec").path("versions")) {
            if (version.path("served").asBoolean(false)) {
                types.add(type(crd.path("spec"), version));
            }
        }
        return List.copyOf(types);
    }

    /** The schema of a version's objects; everything is allowed where the CRD has none. */
    static JsonSchema schema(JsonNode version) {
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        ObjectNode root = schema instanceof ObjectNode object
                ? object
                : JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "object")
                        .put("x-kubernetes-preserve-unknown-fields", true);
        return StructuralSchema.of(root);
    }

    private static ResourceType type(JsonNode spec, JsonNode version) {
        JsonNode names = spec.path("names");
        String group = spec.path("group").asText();
        String name = version.path("name").asText();
        String kind = names.path("kind").asText();
        boolean namespaced = spec.path("scope").asText().equals("Namespaced");
        JsonSchema schema = schema(version);
        return new ResourceType(
                group,
                name,
                kind,
                names.path("listKind").asText(kind + "List"),
                names.path("plural").asText(),
                names.path("singular").asText(),
                texts(names.path("shortNames")),
                texts(names.path("categories")),
                namespaced,
                VERBS,
                subresources(version, group, name, kind),
                schema,
                new CustomStrategy(group + "/" + name, kind, schema, version),
                columns(version),
                true);
    }

    private static Map<String, Subresource> subresources(JsonNode version, String group, String name, String kind) {
        Map<String, Subresource> subresources = new LinkedHashMap<>();
        if (version.path("subresources").has("status")) {
            subresources.put("status", new Subresource("status", group, name, kind, SUBRESOURCE_VERBS));
        }
        if (version.path("subresources").has("scale")) {
            subresources.put("scale", new Subresource("scale", "autoscaling", "v1", "Scale", SUBRESOURCE_VERBS));
        }
        return subresources;
    }

    private static List<Column> columns(JsonNode version) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column(
                "Name",
                "string",
                "name",
                "Name must be unique within a namespace, and cannot be changed.",
                0,
                ".metadata.name"));
        JsonNode own = version.path("additionalPrinterColumns");
        for (JsonNode column : own) {
            columns.add(new Column(
                    column.path("name").asText(),
                    column.path("type").asText(),
                    column.path("format").asText(),
                    column.path("description").asText(),
                    column.path("priority").asInt(0),
                    column.path("jsonPath").asText()));
        }
        if (own.isEmpty()) {
            columns.add(
                    new Column("Age", "date", "", "When the object was created.", 0, ".metadata.creationTimestamp"));
        }
        return List.copyOf(columns);
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return List.copyOf(texts);
    }

    private static Set<String> verbs(String... verbs) {
        return java.util.Collections.unmodifiableSet(new LinkedHashSet<>(List.of(verbs)));
    }
}
