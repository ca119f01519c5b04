package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.ObjectMetaSchema;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The OpenAPI v3 document of a group version that CRDs define: the schemas, and as much of the paths as clients read (which
 * operations there are, their kind, the media types of a patch, the parameters {@code dryRun} and {@code fieldValidation}).
 */
public final class CustomOpenApi {
    private static final String PREFIX = "#/components/schemas/";
    private static final String KIND = "x-kubernetes-group-version-kind";
    private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static final List<String> JSON_AND_YAML = List.of("application/json", "application/yaml");
    private static final List<String> PATCHES =
            List.of("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml");

    private final String group;
    private final String version;
    private final ObjectNode schemas = JsonNodeFactory.instance.objectNode();
    private final ObjectNode paths = JsonNodeFactory.instance.objectNode();

    private CustomOpenApi(String group, String version) {
        this.group = group;
        this.version = version;
    }

    /** @param crds all established CRDs that serve this version of the group; they stay as they are */
    public static ObjectNode document(String group, String version, List<ObjectNode> crds) {
        CustomOpenApi document = new CustomOpenApi(group, version);
        document.addCommonSchemas();
        for (ObjectNode crd : crds) {
            for (JsonNode each : crd.path("spec").path("versions")) {
                if (each.path("name").asText().equals(version)
                        && each.path("served").asBoolean(false)) {
                    document.add(crd.path("spec"), each);
                }
            }
        }
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("openapi", "3.0.0");
        root.putObject("info").put("title", "Kubernetes CRD Swagger").put("version", "v0.1.0");
        root.set("paths", document.paths);
        root.putObject("components").set("schemas", document.schemas);
        return root;
    }

    /** The name of a kind's definition: the group's parts reversed, then version and kind. */
    static String definition(String group, String version, String kind) {
        List<String> parts = new ArrayList<>(List.of(group.split("\\.")));
        Collections.reverse(parts);
        return String.join(".", parts) + "." + version + "." + kind;
    }

    private void add(JsonNode spec, JsonNode each) {
        JsonNode names = spec.path("names");
        String kind = names.path("kind").asText();
        String listKind = names.path("listKind").asText(kind + "List");
        String plural = names.path("plural").asText();
        schemas.set(definition(group, version, kind), kindSchema(each, kind));
        schemas.set(definition(group, version, listKind), listSchema(kind, listKind));
        boolean namespaced = spec.path("scope").asText().equals("Namespaced");
        String base = "/apis/" + group + "/" + version + "/";
        String root = base + (namespaced ? "namespaces/{namespace}/" : "") + plural;
        ObjectNode collection = path(root, namespaced, false);
        String scoped = namespaced ? "Namespaced" + kind : kind;
        operation(collection, "get", "list", "list" + scoped, kind, listKind);
        operation(collection, "post", "post", "create" + scoped, kind, kind);
        operation(collection, "delete", "deletecollection", "deleteCollection" + scoped, kind, "");
        ObjectNode item = path(root + "/{name}", namespaced, true);
        operation(item, "get", "get", "read" + scoped, kind, kind);
        operation(item, "put", "put", "replace" + scoped, kind, kind);
        operation(item, "delete", "delete", "delete" + scoped, kind, "");
        operation(item, "patch", "patch", "patch" + scoped, kind, kind);
        for (String sub : List.of("status", "scale")) {
            if (each.path("subresources").has(sub)) {
                ObjectNode node = path(root + "/{name}/" + sub, namespaced, true);
                String suffix = scoped + sub.substring(0, 1).toUpperCase(Locale.ROOT) + sub.substring(1);
                operation(node, "get", "get", "read" + suffix, kind, kind);
                operation(node, "put", "put", "replace" + suffix, kind, kind);
                operation(node, "patch", "patch", "patch" + suffix, kind, kind);
            }
        }
        if (namespaced) {
            ObjectNode all = path(base + plural, false, false);
            operation(all, "get", "list", "list" + kind + "ForAllNamespaces", kind, listKind);
        }
    }

    private ObjectNode kindSchema(JsonNode each, String kind) {
        JsonNode own = each.path("schema").path("openAPIV3Schema");
        ObjectNode schema = own instanceof ObjectNode object
                ? object.deepCopy()
                : JsonNodeFactory.instance.objectNode().put("type", "object");
        ObjectNode properties = schema.withObject("/properties");
        addTypeAndMetadata(properties);
        schema.path("properties").forEach(CustomOpenApi::addToEmbedded);
        schema.set(KIND, kinds(kind));
        JsonNode selectable = each.path("selectableFields");
        if (!selectable.isEmpty()) {
            ArrayNode fields = schema.putArray("x-kubernetes-selectable-fields");
            selectable.forEach(field -> fields.addObject()
                    .put("fieldPath", field.path("jsonPath").asText().replaceFirst("^\\.", "")));
        }
        return schema;
    }

    private static void addTypeAndMetadata(ObjectNode properties) {
        text(
                properties,
                "apiVersion",
                "APIVersion names the versioned schema of this object; servers convert what they know to their newest.");
        text(properties, "kind", "Kind names the resource that this object represents, in CamelCase.");
        ObjectNode metadata = properties.putObject("metadata");
        metadata.put("description", "Standard object's metadata.");
        metadata.putArray("allOf").addObject().put("$ref", PREFIX + ObjectMetaSchema.NAME);
    }

    private static void text(ObjectNode properties, String name, String description) {
        if (!properties.path(name).has("description")) {
            properties.putObject(name).put("type", "string").put("description", description);
        }
    }

    private static void addToEmbedded(JsonNode node) {
        if (!(node instanceof ObjectNode schema)) {
            return;
        }
        schema.path("properties").forEach(CustomOpenApi::addToEmbedded);
        addToEmbedded(schema.path("items"));
        addToEmbedded(schema.path("additionalProperties"));
        if (schema.path("x-kubernetes-embedded-resource").asBoolean(false)) {
            addTypeAndMetadata(schema.withObject("/properties"));
        }
    }

    private ObjectNode listSchema(String kind, String listKind) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("type", "object").put("description", listKind + " is a list of " + kind);
        schema.putArray("required").add("items");
        ObjectNode properties = schema.putObject("properties");
        text(properties, "apiVersion", "APIVersion names the versioned schema of this list.");
        text(properties, "kind", "Kind names the resource that this list represents.");
        properties
                .putObject("items")
                .put("type", "array")
                .put("description", "List of " + kind)
                .putObject("items")
                .putArray("allOf")
                .addObject()
                .put("$ref", PREFIX + definition(group, version, kind));
        properties.putObject("metadata").putArray("allOf").addObject().put("$ref", PREFIX + META + "ListMeta");
        schema.set(KIND, kinds(listKind));
        return schema;
    }

    private ArrayNode kinds(String kind) {
        ArrayNode kinds = JsonNodeFactory.instance.arrayNode();
        kinds.addObject().put("group", group).put("kind", kind).put("version", version);
        return kinds;
    }

    private ObjectNode path(String path, boolean namespaced, boolean named) {
        ObjectNode node = paths.putObject(path);
        ArrayNode parameters = node.putArray("parameters");
        if (named) {
            parameter(parameters, "name", "path", true);
        }
        if (namespaced) {
            parameter(parameters, "namespace", "path", true);
        }
        parameter(parameters, "pretty", "query", false);
        return node;
    }

    private static void parameter(ArrayNode parameters, String name, String in, boolean required) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", in);
        if (required) {
            parameter.put("required", true);
        }
        String type = name.equals("force") ? "boolean" : name.endsWith("Seconds") ? "integer" : "string";
        parameter.putObject("schema").put("type", type).put("uniqueItems", true);
    }

    private void operation(ObjectNode path, String method, String action, String id, String kind, String answer) {
        ObjectNode operation = path.putObject(method);
        operation.putArray("tags").add(tag());
        operation.put("operationId", id(id));
        ArrayNode parameters = operation.putArray("parameters");
        for (String name : parameters(action)) {
            parameter(parameters, name, "query", false);
        }
        if (action.equals("patch")) {
            content(operation.putObject("requestBody"), PATCHES, META + "Patch");
        } else if (action.equals("post") || action.equals("put")) {
            content(operation.putObject("requestBody"), JSON_AND_YAML, definition(group, version, kind));
        } else if (action.equals("delete")) {
            content(operation.putObject("requestBody"), JSON_AND_YAML, META + "DeleteOptions");
        }
        String result = answer.isEmpty() ? META + "Status" : definition(group, version, answer);
        ObjectNode responses = operation.putObject("responses");
        content(responses.putObject("200").put("description", "OK"), JSON_AND_YAML, result);
        if (action.equals("post") || action.equals("put")) {
            content(responses.putObject("201").put("description", "Created"), JSON_AND_YAML, result);
        }
        responses.putObject("401").put("description", "Unauthorized");
        operation.put("x-kubernetes-action", action);
        operation.putObject(KIND).put("group", group).put("kind", kind).put("version", version);
    }

    private static List<String> parameters(String action) {
        return switch (action) {
            case "post", "put" -> List.of("dryRun", "fieldManager", "fieldValidation");
            case "patch" -> List.of("dryRun", "fieldManager", "fieldValidation", "force");
            case "delete" -> List.of("dryRun", "gracePeriodSeconds", "propagationPolicy");
            case "list", "deletecollection" ->
                List.of("continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "timeoutSeconds");
            default -> List.of("resourceVersion");
        };
    }

    private static void content(ObjectNode body, List<String> mediaTypes, String schema) {
        ObjectNode content = body.putObject("content");
        for (String type : mediaTypes) {
            content.putObject(type).putObject("schema").put("$ref", PREFIX + schema);
        }
    }

    private String tag() {
        StringBuilder tag = new StringBuilder();
        for (String part : group.split("\\.")) {
            tag.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
        }
        return camel(tag.toString()) + "_" + version;
    }

    private String id(String operation) {
        String tag = tag();
        String pascal =
                tag.substring(0, 1).toUpperCase(Locale.ROOT) + tag.substring(1).replace("_v", "V");
        int verb = 0;
        while (verb < operation.length() && Character.isLowerCase(operation.charAt(verb))) {
            verb++;
        }
        return operation.substring(0, verb) + pascal + operation.substring(verb);
    }

    private static String camel(String text) {
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    private void addCommonSchemas() {
        schemas.set(ObjectMetaSchema.NAME, openMetadata());
        object(
                META + "ListMeta",
                Map.of(
                        "continue",
                        "string",
                        "remainingItemCount",
                        "integer",
                        "resourceVersion",
                        "string",
                        "selfLink",
                        "string"));
        object(META + "Patch", Map.of());
        object(
                META + "DeleteOptions",
                Map.of(
                        "apiVersion",
                        "string",
                        "kind",
                        "string",
                        "gracePeriodSeconds",
                        "integer",
                        "orphanDependents",
                        "boolean",
                        "propagationPolicy",
                        "string"));
        object(
                META + "Status",
                Map.of(
                        "apiVersion",
                        "string",
                        "kind",
                        "string",
                        "code",
                        "integer",
                        "message",
                        "string",
                        "reason",
                        "string",
                        "status",
                        "string"));
    }

    private static ObjectNode openMetadata() {
        ObjectNode metadata = ObjectMetaSchema.json();
        metadata.path("properties").forEach(property -> ((ObjectNode) property).remove("nullable"));
        return metadata;
    }

    private void object(String name, Map<String, String> fields) {
        ObjectNode schema = schemas.putObject(name).put("type", "object");
        fields.keySet().stream()
                .sorted()
                .forEach(field ->
                        schema.withObject("/properties").putObject(field).put("type", fields.get(field)));
    }
}
