package dev.gyropilot.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.ObjectKey;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.store.Stored;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Stores the objects that must exist before the first client comes. */
public final class FirstObjects {
    private FirstObjects() {}

    /** Creates those that are absent; what exists is left as it is. */
    public static void create(Store store, Registry registry, InstantSource clock, List<ObjectNode> objects) {
        Map<ObjectKey, ObjectNode> absent = new LinkedHashMap<>();
        for (ObjectNode object : objects) {
            ResourceType type = type(registry, object);
            if (type != null && stored(store, key(type, object)) == null) {
                absent.put(key(type, object), complete(object, type, clock));
            }
        }
        store.createAbsent(absent);
    }

    /** Creates those that are absent; of what exists everything but metadata and status becomes as given. */
    public static void keep(Store store, Registry registry, InstantSource clock, List<ObjectNode> objects) {
        create(store, registry, clock, objects);
        for (ObjectNode object : objects) {
            ResourceType type = type(registry, object);
            Stored before = type == null ? null : stored(store, key(type, object));
            if (type == null || before == null) {
                continue;
            }
            ObjectNode wanted = complete(object, type, clock);
            ObjectNode after = before.object().deepCopy();
            wanted.properties().stream()
                    .filter(field -> !field.getKey().equals("metadata")
                            && !field.getKey().equals("status"))
                    .forEach(field -> after.set(field.getKey(), field.getValue()));
            if (!after.equals(before.object())) {
                store.replace(before, after);
            }
        }
    }

    private static @Nullable ResourceType type(Registry registry, ObjectNode object) {
        String apiVersion = object.path("apiVersion").asText();
        int slash = apiVersion.indexOf('/');
        return registry.ofKind(
                slash < 0 ? "" : apiVersion.substring(0, slash),
                apiVersion.substring(slash + 1),
                object.path("kind").asText());
    }

    private static ObjectKey key(ResourceType type, ObjectNode object) {
        return new ObjectKey(
                ObjectKey.collection(type.group(), type.plural()),
                object.path("metadata").path("namespace").asText(""),
                object.path("metadata").path("name").asText());
    }

    private static @Nullable Stored stored(Store store, ObjectKey key) {
        return store.collection(key.collection()).get(key.namespace(), key.name());
    }

    private static ObjectNode complete(ObjectNode given, ResourceType type, InstantSource clock) {
        ObjectNode object = given.deepCopy();
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
