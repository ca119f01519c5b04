package dev.gyropilot.brain.placement.device;

import java.util.List;
import java.util.Optional;

/**
 * A DeviceClass.
 *
 * @param selectors CEL expressions, all of which must hold
 * @param extendedResourceName the extended resource that it also serves
 */
public record DeviceClass(
        String name, List<String> selectors, List<DeviceConfig> configs, Optional<String> extendedResourceName) {
    public DeviceClass {
        selectors = List.copyOf(selectors);
        configs = List.copyOf(configs);
    }
}
