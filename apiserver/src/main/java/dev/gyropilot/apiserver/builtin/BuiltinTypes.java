package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Column;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import dev.gyropilot.apiserver.schema.OpenApiSchemas;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The built-in kinds as a real API server's discovery lists them, in its order (groups first named are preferred).
 *
 * <p>Their strategies check {@code metadata.name} by the rule of the kind (names of roles may hold colons, for one), so
 * the server must not check it again; labels, annotations and the rest of the metadata are the server's part.
 * {@code prepareForCreate} expects {@code metadata.name} and {@code metadata.uid} to be set, for a Job selects by its uid.
 */
public final class BuiltinTypes {
    /**
     * Not served, although recorded: a client that finds these kinds relies on what they do, and we do not do it.
     * Webhooks and policies would be stored and never asked; aggregation and proxies would connect to addresses taken from
     * objects; component statuses are long deprecated. The older autoscaler is another form of the newer.
     */
    private static final Set<String> NOT_SERVED = Set.of(
            "apiregistration.k8s.io/v1/apiservices",
            "admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
            "admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings",
            "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
            "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
            "admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            "autoscaling/v1/horizontalpodautoscalers",
            "/v1/componentstatuses");

    private static final Set<String> SUBRESOURCES_NOT_SERVED = Set.of("proxy");
    private static final OpenApiSchemas SCHEMAS = new OpenApiSchemas(KubernetesDocuments.schemas());

    private final Map<String, String> definitions = definitions();
    private final ObjectNode columns = KubernetesDocuments.tableColumns();
    private final List<ResourceType> types = new ArrayList<>();

    private BuiltinTypes() {}

    private static final class Holder {
        static final List<ResourceType> ALL = new BuiltinTypes().read();
    }

    /** All built-in kinds; the same immutable list at every call. */
    public static List<ResourceType> all() {
        return Holder.ALL;
    }

    /** The Go type of a kind, or null: also of lists, options and reviews. */
    public static GoType.@Nullable Struct goType(String group, String version, String kind) {
        String definition = Definitions.BY_KIND.get(group + "/" + version + "/" + kind);
        return definition == null ? null : GoTypes.recorded().find(definition);
    }

    private static final class Definitions {
        static final Map<String, String> BY_KIND = definitions();
    }

    /** Names of schemas by {@code group/version/Kind}. */
    private static Map<String, String> definitions() {
        Map<String, String> definitions = new HashMap<>();
        KubernetesDocuments.schemas().properties().forEach(schema -> {
            for (JsonNode kind : schema.getValue().path("x-kubernetes-group-version-kind")) {
                String key =
                        kind.path("group").asText() + "/" + kind.path("version").asText() + "/"
                                + kind.path("kind").asText();
                definitions.putIfAbsent(key, schema.getKey());
            }
        });
        return definitions;
    }

    private List<ResourceType> read() {
        for (String root : List.of("/api", "/apis")) {
            for (JsonNode group : KubernetesDocuments.discovery().path(root).path("items")) {
                String name = group.path("metadata").path("name").asText("");
                for (JsonNode version : group.path("versions")) {
                    for (JsonNode resource : version.path("resources")) {
                        add(name, version.path("version").asText(), resource);
                    }
                }
            }
        }
        return List.copyOf(types);
    }

    private void add(String group, String version, JsonNode resource) {
        String plural = resource.path("resource").asText();
        if (NOT_SERVED.contains(group + "/" + version + "/" + plural)) {
            return;
        }
        String kind = Tree.text(resource, "responseKind", "kind");
        String definition = definitions.get(group + "/" + version + "/" + kind);
        if (definition == null) {
            throw new IllegalStateException("discovery names " + kind + " of " + group + "/" + version
                    + ", but no schema is recorded for it\nMaybe run apiserver/record-kubernetes.sh again.");
        }
        Map<String, Subresource> subresources = subresources(group, version, resource);
        GoType.Struct type = GoTypes.recorded().struct(definition);
        boolean hasStatus = subresources.containsKey("status");
        types.add(new ResourceType(
                group,
                version,
                kind,
                kind + "List",
                plural,
                resource.path("singularResource").asText(),
                Tree.texts(resource, "shortNames"),
                Tree.texts(resource, "categories"),
                resource.path("scope").asText().equals("Namespaced"),
                verbs(resource),
                subresources,
                SCHEMAS.schema(definition),
                new BuiltinStrategy(type, KindRules.of(group, kind), hasStatus),
                columns(group, version, plural),
                false));
    }

    private static Set<String> verbs(JsonNode resource) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(Tree.texts(resource, "verbs")));
    }

    private static Map<String, Subresource> subresources(String group, String version, JsonNode resource) {
        Map<String, Subresource> subresources = new LinkedHashMap<>();
        for (JsonNode subresource : resource.path("subresources")) {
            String name = subresource.path("subresource").asText();
            JsonNode kind = subresource.path("responseKind");
            String itsVersion = kind.path("version").asText("");
            if (!SUBRESOURCES_NOT_SERVED.contains(name)) {
                subresources.put(
                        name,
                        new Subresource(
                                name,
                                itsVersion.isEmpty()
                                        ? group
                                        : kind.path("group").asText(""),
                                itsVersion.isEmpty() ? version : itsVersion,
                                kind.path("kind").asText(),
                                verbs(subresource)));
            }
        }
        return Collections.unmodifiableMap(subresources);
    }

    private List<Column> columns(String group, String version, String plural) {
        String list = (group.isEmpty() ? "/api/" : "/apis/" + group + "/") + version + "/" + plural;
        List<Column> read = new ArrayList<>();
        for (JsonNode column : columns.path(list)) {
            read.add(new Column(
                    column.path("name").asText(),
                    column.path("type").asText(),
                    column.path("format").asText(""),
                    "",
                    column.path("priority").asInt(0),
                    ""));
        }
        return List.copyOf(read);
    }
}
