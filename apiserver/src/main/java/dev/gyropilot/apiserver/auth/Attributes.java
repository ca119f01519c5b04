package dev.gyropilot.apiserver.auth;

/**
 * What is asked, parsed from the URL only.
 *
 * @param verb {@code get}, {@code list}, {@code watch}, {@code create}, {@code update}, {@code patch}, {@code delete},
 *     {@code deletecollection}; the lower-case HTTP method for non-resource paths
 * @param path the path of a non-resource request, else empty
 */
public record Attributes(
        User user,
        String verb,
        String group,
        String version,
        String resource,
        String subresource,
        String namespace,
        String name,
        String path) {
    public boolean isResource() {
        return !resource.isEmpty();
    }
}
