package dev.gyropilot.apiserver.controllers;

import io.fabric8.kubernetes.api.model.APIGroup;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GroupVersionForDiscovery;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The resource kinds that an API serves, by discovery. */
public final class Kinds {
    /**
     * One kind in its preferred version.
     *
     * @param apiVersion such as {@code apps/v1}
     * @param plural as it stands in paths
     */
    public record Kind(String apiVersion, String kind, String plural, boolean namespaced, Set<String> verbs) {
        public String group() {
            int slash = apiVersion.indexOf('/');
            return slash < 0 ? "" : apiVersion.substring(0, slash);
        }

        /** For the generic client. */
        public ResourceDefinitionContext context() {
            return new ResourceDefinitionContext.Builder()
                    .withGroup(group())
                    .withVersion(apiVersion.substring(apiVersion.indexOf('/') + 1))
                    .withKind(kind)
                    .withPlural(plural)
                    .withNamespaced(namespaced)
                    .build();
        }

        /** The path of its objects, of one namespace when it has any. */
        public String path(String namespace) {
            String base = apiVersion.contains("/") ? "/apis/" + apiVersion : "/api/" + apiVersion;
            return namespaced && !namespace.isEmpty()
                    ? base + "/namespaces/" + namespace + "/" + plural
                    : base + "/" + plural;
        }
    }

    private Kinds() {}

    /** All kinds whose objects can be listed and deleted, each in its group's preferred version where it has it. */
    public static List<Kind> deletable(KubernetesClient client) {
        var byName = new LinkedHashMap<String, Kind>();
        for (String version : versions(client)) {
            for (Kind kind : of(client, version)) {
                if (kind.verbs().containsAll(Set.of("list", "delete"))) {
                    byName.putIfAbsent(kind.plural() + "." + kind.group(), kind);
                }
            }
        }
        return List.copyOf(byName.values());
    }

    private static List<String> versions(KubernetesClient client) {
        var versions = new ArrayList<>(List.of("v1"));
        for (APIGroup group : client.getApiGroups().getGroups()) {
            if (group.getPreferredVersion() != null) {
                versions.add(group.getPreferredVersion().getGroupVersion());
            }
            group.getVersions().stream()
                    .map(GroupVersionForDiscovery::getGroupVersion)
                    .filter(v -> !versions.contains(v))
                    .forEach(versions::add);
        }
        return versions;
    }

    private static List<Kind> of(KubernetesClient client, String version) {
        APIResourceList resources;
        try {
            resources = client.getApiResources(version);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return List.of();
            }
            throw e;
        }
        if (resources == null) {
            return List.of();
        }
        Map<String, Kind> kinds = new LinkedHashMap<>();
        for (APIResource r : resources.getResources()) {
            if (!r.getName().contains("/")) {
                kinds.put(
                        r.getName(),
                        new Kind(version, r.getKind(), r.getName(), r.getNamespaced(), Set.copyOf(r.getVerbs())));
            }
        }
        return List.copyOf(kinds.values());
    }
}
