package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.resource.ApiError;
import java.util.Locale;

/** The form in which a client wants objects. */
enum Rendering {
    OBJECT("application/json"),
    TABLE("application/json;as=Table;v=v1;g=meta.k8s.io"),
    PARTIAL("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    PARTIAL_LIST("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");

    private static final String OFFERED = "application/json, application/json;as=Table;v=v1;g=meta.k8s.io,"
            + " application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,"
            + " application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

    private final String contentType;

    Rendering(String contentType) {
        this.contentType = contentType;
    }

    String contentType() {
        return contentType;
    }

    /** The first form of the Accept header that is spoken. */
    static Rendering of(Exchange exchange) {
        String accept = exchange.header("Accept");
        if (accept.isBlank()) {
            return OBJECT;
        }
        for (String range : accept.split(",")) {
            String[] parts = range.strip().split(";");
            String media = parts[0].strip().toLowerCase(Locale.ROOT);
            if (!media.equals("application/json") && !media.equals("application/*") && !media.equals("*/*")) {
                continue;
            }
            String as = parameter(parts, "as");
            boolean ours = parameter(parts, "g").equals("meta.k8s.io")
                    && parameter(parts, "v").equals("v1");
            switch (as) {
                case "" -> {
                    return OBJECT;
                }
                case "Table" -> {
                    if (ours) {
                        return TABLE;
                    }
                }
                case "PartialObjectMetadata" -> {
                    if (ours) {
                        return PARTIAL;
                    }
                }
                case "PartialObjectMetadataList" -> {
                    if (ours) {
                        return PARTIAL_LIST;
                    }
                }
                default -> {
                    // A form of a later version: the next range may be one we speak.
                }
            }
        }
        throw new ApiError(406, "NotAcceptable", "only the following media types are accepted: " + OFFERED, null);
    }

    private static String parameter(String[] parts, String name) {
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i].strip();
            if (part.startsWith(name + "=")) {
                return part.substring(name.length() + 1);
            }
        }
        return "";
    }

    /** Kind, version and metadata only. */
    static ObjectNode partial(ObjectNode object) {
        ObjectNode partial = object.objectNode();
        partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", object.path("metadata"));
        return partial;
    }
}
