package dev.gyropilot.brain.placement.device;

import java.util.List;
import java.util.Optional;

/**
 * A DeviceClass.
 *
 * @param selectors CEL expressions, all of which must hold
 * @param extendedResourceName the extended resource that it also serves
 * @param createdMillis since the epoch; 0: not known
 */
public record DeviceClass(
        String name,
        List<String> selectors,
        List<DeviceConfig> configs,
        Optional<String> extendedResourceName,
        long createdMillis) {
    public DeviceClass {
        selectors = List.copyOf(selectors);
        configs = List.copyOf(configs);
    }

    /** A class of which it is not known since when it is there. */
    public DeviceClass(
            String name, List<String> selectors, List<DeviceConfig> configs, Optional<String> extendedResourceName) {
        this(name, selectors, configs, extendedResourceName, 0);
    }
}
