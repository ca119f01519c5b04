package dev.gyropilot.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.registry.Registry;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Subresource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The groups, versions and kinds that are served, in the aggregated and in the plain form. */
final class Discovery {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Registry registry;

    Discovery(Registry registry) {
        this.registry = registry;
    }

    /** {@code APIGroupDiscoveryList} of {@code /api} or {@code /apis}. */
    ObjectNode aggregated(boolean core) {
        ObjectNode list = JSON.objectNode();
        list.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        byGroup().forEach((group, versions) -> {
            if (group.isEmpty() == core) {
                ObjectNode item = items.addObject();
                ObjectNode metadata = item.putObject("metadata");
                if (!core) {
                    metadata.put("name", group);
                }
                metadata.putNull("creationTimestamp");
                ArrayNode array = item.putArray("versions");
                versions.forEach((version, types) -> aggregatedVersion(array.addObject(), version, types));
            }
        });
        return list;
    }

    private static void aggregatedVersion(ObjectNode node, String version, List<ResourceType> types) {
        node.put("version", version);
        ArrayNode resources = node.putArray("resources");
        for (ResourceType type : types) {
            ObjectNode resource = resources.addObject().put("resource", type.plural());
            responseKind(resource, type.group(), type.version(), type.kind());
            resource.put("scope", type.namespaced() ? "Namespaced" : "Cluster");
            resource.put("singularResource", type.singular());
            texts(resource, "verbs", type.verbs());
            texts(resource, "shortNames", type.shortNames());
            texts(resource, "categories", type.categories());
            if (!type.subresources().isEmpty()) {
                ArrayNode subresources = resource.putArray("subresources");
                for (Subresource subresource : type.subresources().values()) {
                    ObjectNode child = subresources.addObject().put("subresource", subresource.name());
                    responseKind(child, subresource.group(), subresource.version(), subresource.kind());
                    texts(child, "verbs", subresource.verbs());
                }
            }
        }
        node.put("freshness", "Current");
    }

    private static void responseKind(ObjectNode node, String group, String version, String kind) {
        node.putObject("responseKind")
                .put("group", group)
                .put("version", version)
                .put("kind", kind);
    }

    /** {@code APIVersions} of {@code /api}. */
    ObjectNode apiVersions(String address) {
        ObjectNode node = JSON.objectNode();
        node.put("kind", "APIVersions").putArray("versions").add("v1");
        node.putArray("serverAddressByClientCIDRs")
                .addObject()
                .put("clientCIDR", "0.0.0.0/0")
                .put("serverAddress", address);
        return node;
    }

    /** {@code APIGroupList} of {@code /apis}. */
    ObjectNode groups() {
        ObjectNode node = JSON.objectNode();
        node.put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = node.putArray("groups");
        byGroup().forEach((group, versions) -> {
            if (!group.isEmpty()) {
                fillGroup(groups.addObject(), group, versions.keySet());
            }
        });
        return node;
    }

    /** {@code APIGroup}, or null when there is no such group. */
    @Nullable
    ObjectNode group(String name) {
        Map<String, List<ResourceType>> versions = byGroup().get(name);
        if (versions == null || name.isEmpty()) {
            return null;
        }
        ObjectNode node = JSON.objectNode();
        node.put("kind", "APIGroup").put("apiVersion", "v1");
        fillGroup(node, name, versions.keySet());
        return node;
    }

    private static void fillGroup(ObjectNode node, String name, Set<String> versions) {
        node.put("name", name);
        ArrayNode array = node.putArray("versions");
        for (String version : versions) {
            groupVersion(array.addObject(), name, version);
        }
        groupVersion(
                node.putObject("preferredVersion"), name, versions.iterator().next());
    }

    private static void groupVersion(ObjectNode node, String group, String version) {
        node.put("groupVersion", group + "/" + version).put("version", version);
    }

    /** {@code APIResourceList}, or null when the group version is not served. */
    @Nullable
    ObjectNode resources(String group, String version) {
        Map<String, List<ResourceType>> versions = byGroup().get(group);
        List<ResourceType> types = versions == null ? null : versions.get(version);
        if (types == null) {
            return null;
        }
        ObjectNode node = JSON.objectNode();
        node.put("kind", "APIResourceList").put("apiVersion", "v1");
        node.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
        ArrayNode resources = node.putArray("resources");
        for (ResourceType type : types) {
            plain(resources, type);
        }
        return node;
    }

    private static void plain(ArrayNode resources, ResourceType type) {
        ObjectNode main = resources
                .addObject()
                .put("name", type.plural())
                .put("singularName", type.singular())
                .put("namespaced", type.namespaced())
                .put("kind", type.kind());
        texts(main, "verbs", type.verbs());
        texts(main, "shortNames", type.shortNames());
        texts(main, "categories", type.categories());
        for (Subresource subresource : type.subresources().values()) {
            ObjectNode node = resources
                    .addObject()
                    .put("name", type.plural() + "/" + subresource.name())
                    .put("singularName", "")
                    .put("namespaced", type.namespaced());
            if (!subresource.group().equals(type.group())
                    || !subresource.version().equals(type.version())) {
                node.put("group", subresource.group()).put("version", subresource.version());
            }
            node.put("kind", subresource.kind());
            texts(node, "verbs", subresource.verbs());
        }
    }

    private static void texts(ObjectNode node, String name, Iterable<String> values) {
        if (values.iterator().hasNext()) {
            ArrayNode array = node.putArray(name);
            values.forEach(array::add);
        }
    }

    /** Types by group and version, in the order of the registry; newest versions of custom groups first. */
    Map<String, Map<String, List<ResourceType>>> byGroup() {
        Map<String, Map<String, List<ResourceType>>> groups = new LinkedHashMap<>();
        for (ResourceType type : registry.all()) {
            groups.computeIfAbsent(
                            type.group(),
                            g -> type.custom() ? new TreeMap<>(VersionOrder.NEWEST_FIRST) : new LinkedHashMap<>())
                    .computeIfAbsent(type.version(), v -> new ArrayList<>())
                    .add(type);
        }
        return groups;
    }

    /** All group versions as paths of OpenAPI documents, such as {@code api/v1} and {@code apis/apps/v1}. */
    Set<String> groupVersionPaths() {
        Set<String> paths = new LinkedHashSet<>();
        for (ResourceType type : registry.all()) {
            paths.add(path(type));
        }
        return paths;
    }

    static String path(ResourceType type) {
        return type.group().isEmpty() ? "api/" + type.version() : "apis/" + type.group() + "/" + type.version();
    }
}
