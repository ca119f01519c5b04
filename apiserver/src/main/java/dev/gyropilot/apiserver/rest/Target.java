package dev.gyropilot.apiserver.rest;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a URL names. Everything else decides on these parsed parts only, never on the text of the path.
 *
 * @param namespace empty when the path has none
 * @param name empty for the whole collection
 * @param subresource empty for the object itself; may have several segments
 */
public record Target(String group, String version, String namespace, String resource, String name, String subresource) {
    private static final Set<String> NAMESPACE_SUBRESOURCES = Set.of("status", "finalize");

    /** The parts of a resource path, or null when the path is none. */
    static @Nullable Target parse(String path) {
        List<String> segments = segments(path);
        if (segments == null || segments.size() < 3) {
            return null;
        }
        if (segments.getFirst().equals("api") && segments.get(1).equals("v1")) {
            return resource("", "v1", segments.subList(2, segments.size()));
        }
        if (segments.getFirst().equals("apis") && segments.size() >= 4) {
            return resource(segments.get(1), segments.get(2), segments.subList(3, segments.size()));
        }
        return null;
    }

    private static Target resource(String group, String version, List<String> rest) {
        String namespace = "";
        List<String> parts = rest;
        if (rest.getFirst().equals("namespaces") && rest.size() >= 2) {
            namespace = rest.get(1);
            boolean namespaceItself =
                    rest.size() == 2 || (rest.size() == 3 && NAMESPACE_SUBRESOURCES.contains(rest.get(2)));
            if (!namespaceItself) {
                parts = rest.subList(2, rest.size());
            } else {
                namespace = "";
            }
        }
        return new Target(
                group,
                version,
                namespace,
                parts.getFirst(),
                parts.size() > 1 ? parts.get(1) : "",
                parts.size() > 2 ? String.join("/", parts.subList(2, parts.size())) : "");
    }

    /** The decoded segments, or null when one could be mistaken for something else than a name. */
    private static @Nullable List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String raw : path.split("/")) {
            if (raw.isEmpty()) {
                continue;
            }
            String segment;
            try {
                segment = URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return null;
            }
            if (segment.contains("/") || segment.equals("..") || segment.equals(".") || segment.indexOf('\0') >= 0) {
                return null;
            }
            segments.add(segment);
        }
        return segments;
    }
}
