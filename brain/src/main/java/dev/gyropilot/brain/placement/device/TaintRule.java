package dev.gyropilot.brain.placement.device;

import java.util.ArrayList;
import java.util.Collection;

/**
 * A taint for all devices that match (DeviceTaintRule). What is empty matches everything.
 *
 * @param matchesNothing whether the rule has no selector at all
 */
public record TaintRule(String driver, String pool, String device, boolean matchesNothing, DeviceTaint taint) {
    /** The slice with the taints of these rules on the devices that they match. */
    public static Slice apply(Collection<TaintRule> rules, Slice slice) {
        if (rules.stream().noneMatch(rule -> rule.mayMatch(slice))) {
            return slice;
        }
        var devices = new ArrayList<Device>();
        for (Device device : slice.devices()) {
            var taints = new ArrayList<>(device.taints());
            rules.stream()
                    .filter(rule ->
                            rule.mayMatch(slice) && (rule.device.isEmpty() || rule.device.equals(device.name())))
                    .forEach(rule -> taints.add(rule.taint));
            devices.add(device.withTaints(taints));
        }
        return slice.withDevices(devices);
    }

    private boolean mayMatch(Slice slice) {
        return !matchesNothing
                && (driver.isEmpty() || driver.equals(slice.pool().driver()))
                && (pool.isEmpty() || pool.equals(slice.pool().pool()));
    }
}
