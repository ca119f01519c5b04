package dev.gyropilot.apiserver.discovery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.KubernetesDocuments;
import dev.gyropilot.apiserver.crd.CustomOpenApi;
import dev.gyropilot.apiserver.registry.CustomDefinitions;
import dev.gyropilot.apiserver.registry.Registry;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The index and documents of {@code /openapi/v3}. */
final class OpenApi {
    private final Registry registry;
    private final Discovery discovery;
    private final CustomDefinitions definitions;

    OpenApi(Registry registry, Discovery discovery, CustomDefinitions definitions) {
        this.registry = registry;
        this.discovery = discovery;
        this.definitions = definitions;
    }

    ObjectNode index() {
        ObjectNode index = JsonNodeFactory.instance.objectNode();
        ObjectNode paths = index.putObject("paths");
        Set<String> builtin = KubernetesDocuments.openApiV3Paths();
        for (String path : new TreeSet<>(discovery.groupVersionPaths())) {
            // Documents of custom kinds change with them; the others only with the program.
            String hash = builtin.contains(path) ? "builtin" : "edition-" + registry.edition();
            paths.putObject(path).put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + hash);
        }
        return index;
    }

    /** The document of a group version, or null when it is not served. */
    @Nullable
    ObjectNode document(String path) {
        if (!discovery.groupVersionPaths().contains(path)) {
            return null;
        }
        if (KubernetesDocuments.openApiV3Paths().contains(path)) {
            return KubernetesDocuments.openApiV3(path);
        }
        List<String> parts = List.of(path.split("/"));
        String group = parts.get(1);
        String version = parts.get(2);
        return CustomOpenApi.document(group, version, definitions.established(group, version));
    }
}
