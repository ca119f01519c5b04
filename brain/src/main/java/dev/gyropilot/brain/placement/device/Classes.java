package dev.gyropilot.brain.placement.device;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All device classes, and the extended resources that they serve. Immutable. */
final class Classes {
    /** Of several that serve one resource the newest does, and of equally old ones the first by name. */
    private static final Comparator<DeviceClass> PRECEDENCE =
            Comparator.comparingLong(DeviceClass::createdMillis).reversed().thenComparing(DeviceClass::name);

    static final Classes NONE = new Classes(Map.of());

    private final Map<String, DeviceClass> byName;
    private final Map<String, DeviceClass> byResource;

    private Classes(Map<String, DeviceClass> byName) {
        this.byName = byName;
        var serving = new HashMap<String, DeviceClass>();
        byName.values().stream().sorted(PRECEDENCE).forEach(type -> {
            type.extendedResourceName().ifPresent(resource -> serving.putIfAbsent(resource, type));
        });
        byName.values().forEach(type -> serving.put(ExtendedAsk.CLASS_PREFIX + type.name(), type));
        byResource = Map.copyOf(serving);
    }

    Classes with(String name, @Nullable DeviceClass type) {
        var next = new HashMap<>(byName);
        if (type == null) {
            next.remove(name);
        } else {
            next.put(name, type);
        }
        return new Classes(Map.copyOf(next));
    }

    Optional<DeviceClass> named(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    Optional<DeviceClass> serving(String resource) {
        return Optional.ofNullable(byResource.get(resource));
    }
}
