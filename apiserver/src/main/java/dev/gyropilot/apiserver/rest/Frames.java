package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The lines of a watch. */
final class Frames {
    static byte[] of(String type, byte[] object) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(object.length + 40);
        frame.writeBytes(("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII));
        frame.writeBytes(object);
        frame.writeBytes("}\n".getBytes(StandardCharsets.US_ASCII));
        return frame.toByteArray();
    }

    static ObjectNode bookmark(ResourceType type, long revision, boolean endOfInitialEvents) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("kind", type.kind()).put("apiVersion", type.apiVersion());
        ObjectNode metadata = object.putObject("metadata").put("resourceVersion", Long.toString(revision));
        if (!type.custom()) {
            metadata.putNull("creationTimestamp");
        }
        if (endOfInitialEvents) {
            metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
        }
        return object;
    }

    static byte[] error(ApiError error) {
        return of("ERROR", JsonText.write(error.status()));
    }

    private Frames() {}
}
