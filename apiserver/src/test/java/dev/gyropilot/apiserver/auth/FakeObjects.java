package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects in a map, for the tests of those parts that only read. */
public final class FakeObjects implements ObjectReader {
    private final Map<String, ObjectNode> objects = new LinkedHashMap<>();

    /** @param json with single quotes for double ones */
    public FakeObjects add(String group, String plural, String json) {
        try {
            add(group, plural, (ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"')));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
        return this;
    }

    public FakeObjects add(String group, String plural, ObjectNode object) {
        String namespace = object.path("metadata").path("namespace").asText();
        objects.put(
                key(group, plural, namespace)
                        + object.path("metadata").path("name").asText(),
                object);
        return this;
    }

    @Override
    public @Nullable ObjectNode get(String group, String plural, String namespace, String name) {
        return objects.get(key(group, plural, namespace) + name);
    }

    @Override
    public List<ObjectNode> list(String group, String plural, String namespace) {
        List<ObjectNode> found = new ArrayList<>();
        String prefix = namespace.isEmpty() ? group + "|" + plural + "|" : key(group, plural, namespace);
        objects.forEach((key, object) -> {
            if (key.startsWith(prefix)) {
                found.add(object);
            }
        });
        return found;
    }

    private static String key(String group, String plural, String namespace) {
        return group + "|" + plural + "|" + namespace + "|";
    }
}
