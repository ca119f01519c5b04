package dev.gyropilot.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Read access to the stored objects for those parts of the server that decide on them: access control, admission, tables. */
public interface ObjectReader {
    /** The stored object (never to be changed), or null. An empty namespace means cluster-scoped. */
    @Nullable
    ObjectNode get(String group, String plural, String namespace, String name);

    /** The stored objects of a kind (never to be changed); an empty namespace means all. */
    List<ObjectNode> list(String group, String plural, String namespace);
}
