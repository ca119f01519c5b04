package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;
import static java.util.Objects.requireNonNullElse;

import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.device.AttributeValue;
import dev.gyropilot.brain.placement.device.Capacity;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceClass;
import dev.gyropilot.brain.placement.device.DeviceConfig;
import dev.gyropilot.brain.placement.device.DeviceTaint;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.device.TaintRule;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.Counter;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacity;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCounterConsumption;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSelector;
import io.fabric8.kubernetes.api.model.resource.v1.OpaqueDeviceConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads ResourceSlices and DeviceClasses. */
public final class DeviceReader {
    private DeviceReader() {}

    /** @throws IllegalArgumentException when a field that the API requires is missing; the message names it */
    public static Slice read(ResourceSlice object) {
        var spec = required(object.getSpec(), "spec");
        required(spec.getDriver(), "spec.driver");
        required(required(spec.getPool(), "spec.pool").getName(), "spec.pool.name");
        boolean perDevice = Boolean.TRUE.equals(spec.getPerDeviceNodeSelection());
        return new Slice(
                object.getMetadata().getName(),
                new PoolId(spec.getDriver(), spec.getPool().getName()),
                requireNonNullElse(spec.getPool().getGeneration(), 0L),
                requireNonNullElse(spec.getPool().getResourceSliceCount(), 0L),
                perDevice
                        ? new Scope.PerDevice()
                        : scope(spec.getNodeName(), spec.getAllNodes(), spec.getNodeSelector())
                                .orElse(new Scope.Unknown()),
                orEmpty(spec.getDevices()).stream().map(DeviceReader::device).toList(),
                orEmpty(spec.getSharedCounters()).stream()
                        .map(s -> new Slice.CounterSet(s.getName(), counters(s.getCounters())))
                        .toList());
    }

    public static DeviceClass read(io.fabric8.kubernetes.api.model.resource.v1.DeviceClass object) {
        var spec = required(object.getSpec(), "spec");
        return new DeviceClass(
                object.getMetadata().getName(),
                selectors(spec.getSelectors()),
                orEmpty(spec.getConfig()).stream()
                        .flatMap(c -> config(c.getOpaque()).stream())
                        .toList(),
                Optional.ofNullable(spec.getExtendedResourceName()));
    }

    /** A DeviceTaintRule of any version: without a selector it is for no device, with an empty one for all. */
    public static TaintRule taintRule(GenericKubernetesResource object) {
        if (!(object.get("spec", "taint") instanceof Map<?, ?> taint)) {
            throw new IllegalArgumentException("spec.taint is missing. Remedy: set its key and effect.");
        }
        Map<?, ?> selector = object.get("spec", "deviceSelector") instanceof Map<?, ?> map ? map : Map.of();
        return new TaintRule(
                text(selector, "driver"),
                text(selector, "pool"),
                text(selector, "device"),
                object.get("spec", "deviceSelector") == null,
                new DeviceTaint(text(taint, "key"), text(taint, "value"), text(taint, "effect")));
    }

    private static String text(Map<?, ?> map, String key) {
        return map.get(key) instanceof String text ? text : "";
    }

    /** The expressions; a selector without one is of an unknown kind and becomes an empty text. */
    static List<String> selectors(@Nullable List<DeviceSelector> selectors) {
        return orEmpty(selectors).stream()
                .map(s ->
                        s.getCel() == null ? "" : requireNonNullElse(s.getCel().getExpression(), ""))
                .toList();
    }

    static Optional<DeviceConfig> config(@Nullable OpaqueDeviceConfiguration opaque) {
        return opaque == null
                ? Optional.empty()
                : Optional.of(new DeviceConfig(opaque.getDriver(), opaque.getParameters()));
    }

    private static Device device(io.fabric8.kubernetes.api.model.resource.v1.Device device) {
        var consumes = new HashMap<String, Map<String, BigDecimal>>();
        var groups = new HashMap<String, Set<String>>();
        for (DeviceCounterConsumption draw : orEmpty(device.getConsumesCounters())) {
            consumes.put(draw.getCounterSet(), counters(draw.getCounters()));
            Set<String> named = groups(draw);
            if (!named.isEmpty()) {
                groups.put(draw.getCounterSet(), named);
            }
        }
        return new Device(
                device.getName(),
                mapped(device.getAttributes(), DeviceReader::attribute),
                mapped(device.getCapacity(), DeviceReader::capacity),
                Map.copyOf(consumes),
                Map.copyOf(groups),
                scope(device.getNodeName(), device.getAllNodes(), device.getNodeSelector()),
                orEmpty(device.getTaints()).stream()
                        .map(t -> new DeviceTaint(
                                t.getKey(),
                                requireNonNullElse(t.getValue(), ""),
                                requireNonNullElse(t.getEffect(), "")))
                        .toList(),
                Boolean.TRUE.equals(device.getBindsToNode()),
                List.copyOf(orEmpty(device.getBindingConditions())),
                List.copyOf(orEmpty(device.getBindingFailureConditions())),
                Boolean.TRUE.equals(device.getAllowMultipleAllocations()));
    }

    /** The compatibility groups, a field that the client's types do not have yet. */
    private static Set<String> groups(DeviceCounterConsumption draw) {
        return draw.getAdditionalProperties().get("compatibilityGroups") instanceof List<?> names
                ? names.stream().map(String::valueOf).collect(Collectors.toUnmodifiableSet())
                : Set.of();
    }

    private static Optional<Scope> scope(
            @Nullable String node, @Nullable Boolean allNodes, @Nullable NodeSelector selector) {
        if (node != null && !node.isEmpty()) {
            return Optional.of(new Scope.OnNode(node));
        }
        if (Boolean.TRUE.equals(allNodes)) {
            return Optional.of(new Scope.AllNodes());
        }
        List<NodeTerm> terms = selector == null ? List.of() : Selectors.nodeTerms(selector.getNodeSelectorTerms());
        return terms.isEmpty() ? Optional.empty() : Optional.of(new Scope.Selected(terms.getFirst()));
    }

    private static AttributeValue attribute(DeviceAttribute attribute) {
        if (attribute.getInt() != null) {
            return AttributeValue.of(attribute.getInt());
        }
        if (attribute.getBool() != null) {
            return AttributeValue.of(attribute.getBool());
        }
        if (attribute.getVersion() != null) {
            return AttributeValue.version(attribute.getVersion());
        }
        if (attribute.getString() != null) {
            return AttributeValue.of(attribute.getString());
        }
        return list(attribute);
    }

    private static AttributeValue list(DeviceAttribute attribute) {
        var values = new ArrayList<Object>();
        AttributeValue.Type type = AttributeValue.Type.STRING;
        if (!orEmpty(attribute.getInts()).isEmpty()) {
            type = AttributeValue.Type.INT;
            values.addAll(attribute.getInts());
        } else if (!orEmpty(attribute.getBools()).isEmpty()) {
            type = AttributeValue.Type.BOOL;
            values.addAll(attribute.getBools());
        } else if (!orEmpty(attribute.getVersions()).isEmpty()) {
            type = AttributeValue.Type.VERSION;
            values.addAll(attribute.getVersions());
        } else {
            values.addAll(orEmpty(attribute.getStrings()));
        }
        return new AttributeValue(type, values, true);
    }

    private static Capacity capacity(DeviceCapacity capacity) {
        var policy = Optional.ofNullable(capacity.getRequestPolicy()).map(p -> {
            var range = Optional.ofNullable(p.getValidRange())
                    .map(r -> new Capacity.Range(
                            exact(r.getMin()).orElse(BigDecimal.ZERO), exact(r.getMax()), exact(r.getStep())));
            var values = orEmpty(p.getValidValues()).stream()
                    .map(Quantities::exact)
                    .sorted()
                    .toList();
            return new Capacity.Policy(exact(p.getDefault()), values, range);
        });
        return new Capacity(
                Quantities.exact(required(capacity.getValue(), "the value of a device's capacity")), policy);
    }

    private static <T> T required(@Nullable T value, String field) {
        if (value == null) {
            throw new IllegalArgumentException(field + " is missing. Remedy: set it.");
        }
        return value;
    }

    private static Optional<BigDecimal> exact(@Nullable Quantity quantity) {
        return quantity == null ? Optional.empty() : Optional.of(Quantities.exact(quantity));
    }

    private static Map<String, BigDecimal> counters(@Nullable Map<String, Counter> counters) {
        return mapped(counters, c -> Quantities.exact(required(c.getValue(), "the value of a counter")));
    }

    private static <A, B> Map<String, B> mapped(@Nullable Map<String, A> from, Function<A, B> value) {
        if (from == null || from.isEmpty()) {
            return Map.of();
        }
        var result = new HashMap<String, B>();
        from.forEach((key, a) -> result.put(key, value.apply(a)));
        return Map.copyOf(result);
    }
}
