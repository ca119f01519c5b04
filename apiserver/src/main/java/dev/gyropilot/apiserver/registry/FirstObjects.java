package dev.gyropilot.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.ObjectKey;
import dev.gyropilot.apiserver.store.Store;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Stores the objects that must exist before the first client comes. */
public final class FirstObjects {
    private FirstObjects() {}

    /** Creates those that are absent; what exists is left as it is. */
    public static void create(Store store, Registry registry, InstantSource clock, List<ObjectNode> objects) {
        Map<ObjectKey, ObjectNode> wanted = new LinkedHashMap<>();
        for (ObjectNode object : objects) {
            String apiVersion = object.path("apiVersion").asText();
            int slash = apiVersion.indexOf('/');
            ResourceType type = registry.ofKind(
                    slash < 0 ? "" : apiVersion.substring(0, slash),
                    apiVersion.substring(slash + 1),
                    object.path("kind").asText());
            if (type != null) {
                ObjectKey key = new ObjectKey(
                        ObjectKey.collection(type.group(), type.plural()),
                        object.path("metadata").path("namespace").asText(""),
                        object.path("metadata").path("name").asText());
                if (store.collection(key.collection()).get(key.namespace(), key.name()) == null) {
                    wanted.put(key, complete(object, type, clock));
                }
            }
        }
        store.createAbsent(wanted);
    }

    private static ObjectNode complete(ObjectNode object, ResourceType type, InstantSource clock) {
        object.withObjectProperty("metadata")
                .put("uid", UUID.randomUUID().toString())
                .put(
                        "creationTimestamp",
                        clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
        type.strategy().defaults(object);
        type.strategy().prepareForCreate(object);
        return object;
    }
}
