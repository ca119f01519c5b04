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
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
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
                each("spec.devices", spec.getDevices(), DeviceReader::device),
                each(
                        "spec.sharedCounters",
                        spec.getSharedCounters(),
                        (at, set) -> new Slice.CounterSet(
                                required(set.getName(), at + ".name"), counters(at + ".counters", set.getCounters()))));
    }

    public static DeviceClass read(io.fabric8.kubernetes.api.model.resource.v1.DeviceClass object) {
        var spec = required(object.getSpec(), "spec");
        return new DeviceClass(
                object.getMetadata().getName(),
                selectors(spec.getSelectors()),
                orEmpty(spec.getConfig()).stream()
                        .flatMap(c -> config(c.getOpaque()).stream())
                        .toList(),
                Optional.ofNullable(spec.getExtendedResourceName()),
                millis(object.getMetadata().getCreationTimestamp()));
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
                new DeviceTaint(
                        text(taint, "key"),
                        text(taint, "value"),
                        text(taint, "effect"),
                        millis(
                                taint.get("timeAdded") instanceof String added
                                        ? added
                                        : object.getMetadata().getCreationTimestamp())));
    }

    /** @throws IllegalArgumentException when it is no time */
    private static long millis(@Nullable String time) {
        try {
            return time == null || time.isEmpty() ? 0 : Instant.parse(time).toEpochMilli();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "taint.timeAdded is \"" + time
                            + "\", which is no time. Remedy: write it like 2030-01-31T12:00:00Z.",
                    e);
        }
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

    private static Device device(String at, io.fabric8.kubernetes.api.model.resource.v1.Device device) {
        var consumes = new HashMap<String, Map<String, BigDecimal>>();
        var groups = new HashMap<String, Set<String>>();
        List<DeviceCounterConsumption> draws = orEmpty(device.getConsumesCounters());
        for (int i = 0; i < draws.size(); i++) {
            String field = at + ".consumesCounters[" + i + "]";
            DeviceCounterConsumption draw = draws.get(i);
            String set = required(draw.getCounterSet(), field + ".counterSet");
            consumes.put(set, counters(field + ".counters", draw.getCounters()));
            Set<String> named = groups(draw);
            if (!named.isEmpty()) {
                groups.put(set, named);
            }
        }
        return new Device(
                required(device.getName(), at + ".name"),
                mapped(at + ".attributes", device.getAttributes(), (_, attribute) -> attribute(attribute)),
                mapped(at + ".capacity", device.getCapacity(), DeviceReader::capacity),
                Map.copyOf(consumes),
                Map.copyOf(groups),
                scope(device.getNodeName(), device.getAllNodes(), device.getNodeSelector()),
                each(at + ".taints", device.getTaints(), DeviceReader::taint),
                Boolean.TRUE.equals(device.getBindsToNode()),
                List.copyOf(orEmpty(device.getBindingConditions())),
                List.copyOf(orEmpty(device.getBindingFailureConditions())),
                Boolean.TRUE.equals(device.getAllowMultipleAllocations()));
    }

    private static DeviceTaint taint(String at, io.fabric8.kubernetes.api.model.resource.v1.DeviceTaint taint) {
        return new DeviceTaint(
                required(taint.getKey(), at + ".key"),
                requireNonNullElse(taint.getValue(), ""),
                requireNonNullElse(taint.getEffect(), ""),
                millis(taint.getTimeAdded()));
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

    private static Capacity capacity(String at, DeviceCapacity capacity) {
        var policy = Optional.ofNullable(capacity.getRequestPolicy()).map(p -> {
            String field = at + ".requestPolicy";
            var range = Optional.ofNullable(p.getValidRange())
                    .map(r -> new Capacity.Range(
                            exact(field + ".validRange.min", r.getMin()).orElse(BigDecimal.ZERO),
                            exact(field + ".validRange.max", r.getMax()),
                            exact(field + ".validRange.step", r.getStep())));
            var values = each(field + ".validValues", p.getValidValues(), DeviceReader::amount).stream()
                    .sorted()
                    .toList();
            return new Capacity.Policy(exact(field + ".default", p.getDefault()), values, range);
        });
        return new Capacity(amount(at + ".value", capacity.getValue()), policy);
    }

    private static <T> T required(@Nullable T value, String field) {
        if (value == null || value.equals("")) {
            throw new IllegalArgumentException(field + " is missing. Remedy: set it.");
        }
        return value;
    }

    private static BigDecimal amount(String field, @Nullable Quantity quantity) {
        Quantity given = required(quantity, field);
        try {
            return Quantities.exact(given);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    field + " is \"" + given
                            + "\", which is no quantity. Remedy: write a number with a unit, such as 80Gi.",
                    e);
        }
    }

    private static Optional<BigDecimal> exact(String field, @Nullable Quantity quantity) {
        return quantity == null ? Optional.empty() : Optional.of(amount(field, quantity));
    }

    private static Map<String, BigDecimal> counters(String at, @Nullable Map<String, Counter> counters) {
        return mapped(at, counters, (field, counter) -> amount(field + ".value", counter.getValue()));
    }

    /** @param read is told the field that holds the element */
    private static <A, B> List<B> each(String field, @Nullable List<A> from, BiFunction<String, A, B> read) {
        var result = new ArrayList<B>();
        for (A element : orEmpty(from)) {
            result.add(read.apply(field + "[" + result.size() + "]", element));
        }
        return List.copyOf(result);
    }

    private static <A, B> Map<String, B> mapped(
            String field, @Nullable Map<String, A> from, BiFunction<String, A, B> read) {
        if (from == null || from.isEmpty()) {
            return Map.of();
        }
        var result = new HashMap<String, B>();
        from.forEach((key, a) -> result.put(key, read.apply(field + "[" + key + "]", a)));
        return Map.copyOf(result);
    }
}
