package dev.gyropilot.apiserver.registry;

import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kinds that are served at this moment. Thread-safe; each change makes a new table. */
public final class Registry {
    private record Table(List<ResourceType> all, Map<String, ResourceType> byPath, long edition) {}

    private final List<ResourceType> builtins;
    private volatile Table table;

    public Registry(List<ResourceType> builtins) {
        this.builtins = List.copyOf(builtins);
        this.table = table(List.of(), 1);
    }

    /** The kind served under a path, or null. */
    public @Nullable ResourceType find(String group, String version, String plural) {
        return table.byPath.get(path(group, version, plural));
    }

    /** All kinds, the built-in ones first; the first version of a group is its preferred one. */
    public List<ResourceType> all() {
        return table.all;
    }

    /** The kind of an object, or null when it is not served. */
    public @Nullable ResourceType ofKind(String group, String version, String kind) {
        for (ResourceType type : table.all) {
            if (type.group().equals(group)
                    && type.version().equals(version)
                    && type.kind().equals(kind)) {
                return type;
            }
        }
        return null;
    }

    /** Rises with each change of the served kinds. */
    public long edition() {
        return table.edition;
    }

    /** Replaces all custom kinds. */
    public synchronized void serveCustom(List<ResourceType> types) {
        table = table(types, table.edition + 1);
    }

    private Table table(List<ResourceType> custom, long edition) {
        List<ResourceType> all = new ArrayList<>(builtins);
        all.addAll(custom);
        Map<String, ResourceType> byPath = new LinkedHashMap<>();
        all.forEach(type -> byPath.putIfAbsent(path(type.group(), type.version(), type.plural()), type));
        return new Table(List.copyOf(byPath.values()), byPath, edition);
    }

    private static String path(String group, String version, String plural) {
        return group + "/" + version + "/" + plural;
    }
}
