package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A device as its slice describes it.
 *
 * @param consumesCounters by counter set and counter
 * @param compatibilityGroups by counter set; devices that draw on one set at a time need a common group, or all none
 * @param scope only under a slice's {@link Scope.PerDevice}
 */
public record Device(
        String name,
        Map<String, AttributeValue> attributes,
        Map<String, Capacity> capacity,
        Map<String, Map<String, BigDecimal>> consumesCounters,
        Map<String, Set<String>> compatibilityGroups,
        Optional<Scope> scope,
        List<DeviceTaint> taints,
        boolean bindsToNode,
        List<String> bindingConditions,
        List<String> bindingFailureConditions,
        boolean allowMultipleAllocations) {

    /** A plain device that serves one claim at a time. */
    public static Device of(String name, Map<String, AttributeValue> attributes, Map<String, Capacity> capacity) {
        return new Device(
                name,
                Map.copyOf(attributes),
                Map.copyOf(capacity),
                Map.of(),
                Map.of(),
                Optional.empty(),
                List.of(),
                false,
                List.of(),
                List.of(),
                false);
    }

    /** The same, drawing on counters: by set, the amount of each. */
    public Device drawing(Map<String, Map<String, BigDecimal>> counters) {
        return new Device(
                name,
                attributes,
                capacity,
                Map.copyOf(counters),
                compatibilityGroups,
                scope,
                taints,
                bindsToNode,
                bindingConditions,
                bindingFailureConditions,
                allowMultipleAllocations);
    }

    /** The same, but several claims may share its capacity. */
    public Device shared() {
        return new Device(
                name,
                attributes,
                capacity,
                consumesCounters,
                compatibilityGroups,
                scope,
                taints,
                bindsToNode,
                bindingConditions,
                bindingFailureConditions,
                true);
    }

    /** The same under another name: two devices that are equal then are interchangeable. */
    Device unnamed() {
        return new Device(
                "",
                attributes,
                capacity,
                consumesCounters,
                compatibilityGroups,
                scope,
                taints,
                bindsToNode,
                bindingConditions,
                bindingFailureConditions,
                allowMultipleAllocations);
    }

    Device withTaints(List<DeviceTaint> other) {
        return new Device(
                name,
                attributes,
                capacity,
                consumesCounters,
                compatibilityGroups,
                scope,
                List.copyOf(other),
                bindsToNode,
                bindingConditions,
                bindingFailureConditions,
                allowMultipleAllocations);
    }

    /** The compatibility groups of its draw on a counter set; none is a group of its own kind. */
    Set<String> groups(String counterSet) {
        return compatibilityGroups.getOrDefault(counterSet, Set.of());
    }

    /** An attribute by its qualified name: that very name, or its last part if the domain is the driver's. */
    Optional<AttributeValue> attribute(String qualifiedName, String driver) {
        AttributeValue exact = attributes.get(qualifiedName);
        if (exact != null) {
            return Optional.of(exact);
        }
        int slash = qualifiedName.indexOf('/');
        if (slash > 0 && qualifiedName.substring(0, slash).equals(driver)) {
            return Optional.ofNullable(attributes.get(qualifiedName.substring(slash + 1)));
        }
        return Optional.empty();
    }
}
