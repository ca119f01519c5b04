package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;

/**
 * What a real API server answers about itself, recorded by {@code record-kubernetes.sh} and shipped with the program. Each
 * document is read when first asked for; the trees are shared and must not be changed.
 */
public final class KubernetesDocuments {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String REFERENCE = "#/components/schemas/";

    private KubernetesDocuments() {}

    private static final class Schemas {
        static final ObjectNode TREE = read("schemas");
    }

    private static final class Discovery {
        static final ObjectNode TREE = read("discovery");
    }

    private static final class OpenApi {
        static final ObjectNode TREE = read("openapi-v3");
    }

    /** All schemas by name ({@code io.k8s.api.core.v1.Pod}). */
    public static ObjectNode schemas() {
        return Schemas.TREE;
    }

    /** {@code APIGroupDiscoveryList}s under {@code /api} and {@code /apis}, and {@code version}. */
    public static ObjectNode discovery() {
        return Discovery.TREE;
    }

    /** What {@code GET /version} answers. */
    public static ObjectNode version() {
        return (ObjectNode) discovery().get("version");
    }

    /** Column definitions by the path of the list ({@code /api/v1/pods}). */
    static ObjectNode tableColumns() {
        return read("table-columns");
    }

    /** The objects of a fresh server by plural. */
    static ObjectNode bootstrapObjects() {
        return read("bootstrap-objects");
    }

    /** By type, the scalar fields whose zero value differs from their absence. */
    static ObjectNode pointerFields() {
        return read("pointer-fields");
    }

    /** The paths for which {@link #openApiV3} has a document, such as {@code api/v1} and {@code apis/apps/v1}. */
    public static Set<String> openApiV3Paths() {
        Set<String> paths = new TreeSet<>();
        OpenApi.TREE.fieldNames().forEachRemaining(paths::add);
        return paths;
    }

    /**
     * The OpenAPI v3 document of a group version, newly made with all its schemas and our descriptions.
     *
     * @param path such as {@code apis/apps/v1}
     */
    public static ObjectNode openApiV3(String path) {
        JsonNode recorded = OpenApi.TREE.path(path);
        ObjectNode document = MAPPER.createObjectNode().put("openapi", "3.0.0");
        document.set("info", recorded.path("info"));
        document.set("paths", recorded.path("paths"));
        ObjectNode schemas = document.putObject("components").putObject("schemas");
        recorded.path("schemas")
                .forEach(name -> schemas.set(name.textValue(), Descriptions.describe(name.textValue(), (ObjectNode)
                        schemas().get(name.textValue()))));
        return document;
    }

    /** The schema's name that a reference means, or the empty string. */
    static String referenced(JsonNode schema) {
        String reference = schema.path("$ref")
                .asText(schema.path("allOf").path(0).path("$ref").asText(""));
        return reference.startsWith(REFERENCE) ? reference.substring(REFERENCE.length()) : "";
    }

    private static ObjectNode read(String name) {
        String resource = "/kubernetes/" + name + ".json.gz";
        try (InputStream packed = KubernetesDocuments.class.getResourceAsStream(resource)) {
            if (packed == null) {
                throw new IllegalStateException("the program was built without its resource " + resource
                        + "\nMaybe run apiserver/record-kubernetes.sh and build again.");
            }
            return (ObjectNode) MAPPER.readTree(new GZIPInputStream(packed, 1 << 16));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }
}
