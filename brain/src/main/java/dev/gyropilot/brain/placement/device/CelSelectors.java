package dev.gyropilot.brain.placement.device;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.gyropilot.api.cel.CelBudget;
import dev.gyropilot.api.cel.CelEnvironment;
import dev.gyropilot.api.cel.CelExpression;
import dev.gyropilot.api.cel.CelProblem;
import dev.gyropilot.api.cel.CelValues;
import dev.gyropilot.api.cel.OpenMap;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Device selectors in Kubernetes' CEL: the variable {@code device} with driver, attributes and capacity, and with
 * allowMultipleAllocations where devices may be shared.
 */
public final class CelSelectors implements SelectorCompiler {
    /** Longer expressions are refused. */
    public static final int MAX_LENGTH = 10 << 10;

    /** The greatest cost that an expression may have, as estimated when it is written and as counted when it runs. */
    public static final long MAX_COST = CelBudget.STEPS_PER_EXPRESSION;

    private static final int DRIVER_LENGTH = 63;
    private static final int DOMAIN_LENGTH = 63;
    private static final int ID_LENGTH = 32;
    private static final int MAP_SIZE = 32;
    private static final int VALUE_SIZE = 64;

    private static final MapType ATTRIBUTES =
            MapType.create(SimpleType.STRING, MapType.create(SimpleType.STRING, SimpleType.DYN));
    private static final MapType CAPACITY =
            MapType.create(SimpleType.STRING, MapType.create(SimpleType.STRING, CelValues.quantityType()));

    private final boolean shared;
    private final boolean lists;

    /** Loading CEL takes long; a cluster without device selectors never needs it. */
    private static final class Lazy {
        private static final Map<List<Boolean>, CelEnvironment> ENVIRONMENTS = new HashMap<>();

        static synchronized CelEnvironment of(boolean shared, boolean lists) {
            return ENVIRONMENTS.computeIfAbsent(List.of(shared, lists), key -> environment(shared, lists));
        }

        private static CelEnvironment environment(boolean shared, boolean lists) {
            var all = ImmutableMap.<String, CelType>builder()
                    .put("driver", SimpleType.STRING)
                    .put("attributes", ATTRIBUTES)
                    .put("capacity", CAPACITY);
            if (shared) {
                all.put("allowMultipleAllocations", SimpleType.BOOL);
            }
            ImmutableMap<String, CelType> fields = all.buildOrThrow();
            StructType device = StructType.create(
                    "kubernetes.DRADevice", fields.keySet(), name -> Optional.ofNullable(fields.get(name)));
            return CelEnvironment.of(Map.of("device", device), List.of(device), lists ? Set.of() : Set.of("includes"));
        }
    }

    public CelSelectors() {
        this(Features.ALL);
    }

    public CelSelectors(Features features) {
        shared = features.consumableCapacity();
        lists = features.listTypeAttributes();
    }

    /** Sizes that the API guarantees. */
    private static OptionalLong greatest(List<String> path) {
        if (!path.getFirst().equals("device") || path.size() == 1) {
            return OptionalLong.empty();
        }
        return switch (path.get(1)) {
            case "driver" -> path.size() == 2 ? OptionalLong.of(DRIVER_LENGTH) : OptionalLong.empty();
            case "allowMultipleAllocations" -> OptionalLong.of(1);
            case "attributes" -> ofEntry(path, VALUE_SIZE);
            case "capacity" -> ofEntry(path, Long.MAX_VALUE);
            default -> OptionalLong.empty();
        };
    }

    /** The map of domains, one of its keys, a map of names, one of its keys, or a value. */
    private static OptionalLong ofEntry(List<String> path, long valueSize) {
        boolean keys = path.getLast().equals("@keys");
        return switch (path.size()) {
            case 2 -> OptionalLong.of(MAP_SIZE);
            case 3 -> OptionalLong.of(keys ? DOMAIN_LENGTH : MAP_SIZE);
            case 4 -> OptionalLong.of(keys ? ID_LENGTH : valueSize);
            default -> OptionalLong.empty();
        };
    }

    @Override
    public DeviceSelector compile(String expression) {
        CelExpression compiled = expression(expression);
        return (driver, device) -> evaluate(compiled, driver, device);
    }

    /**
     * The greatest cost that the expression can have on any device; the API takes none above {@link #MAX_COST}.
     *
     * @throws SelectorException when the text is not a valid selector
     */
    public long worstCost(String expression) {
        return expression(expression).worstCost(CelSelectors::greatest);
    }

    private CelExpression expression(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new SelectorException("it is " + text.length() + " characters long, more than " + MAX_LENGTH);
        }
        try {
            return Lazy.of(shared, lists).compile(text, SimpleType.BOOL);
        } catch (CelProblem e) {
            throw new SelectorException(String.valueOf(e.getMessage()));
        }
    }

    /** What it costs to ask a device, in Kubernetes' steps. */
    long cost(String expression, String driver, Device device) {
        var budget = new CelBudget(MAX_COST);
        var _ = evaluate(expression(expression), driver, device, budget);
        return MAX_COST - budget.left();
    }

    private static boolean evaluate(CelExpression expression, String driver, Device device) {
        return evaluate(expression, driver, device, new CelBudget(MAX_COST));
    }

    private static boolean evaluate(CelExpression expression, String driver, Device device, CelBudget budget) {
        Object result;
        try {
            result = expression.evaluate(Map.of("device", variable(driver, device)), budget);
        } catch (CelProblem | IllegalArgumentException e) {
            throw new SelectorException(String.valueOf(e.getMessage()));
        }
        if (result instanceof Boolean answer) {
            return answer;
        }
        throw new SelectorException("it gave " + result + ", but must give a bool");
    }

    private static Map<String, Object> variable(String driver, Device device) {
        var attributes = new Domains();
        device.attributes().forEach((name, value) -> attributes.put(driver, name, value(value)));
        var capacity = new Domains();
        device.capacity().forEach((name, value) -> capacity.put(driver, name, CelValues.quantity(value.value())));
        return Map.of(
                "driver",
                driver,
                "attributes",
                attributes,
                "capacity",
                capacity,
                "allowMultipleAllocations",
                device.allowMultipleAllocations());
    }

    private static Object value(AttributeValue attribute) {
        List<Object> values = attribute.type() == AttributeValue.Type.VERSION
                ? attribute.values().stream()
                        .map(v -> CelValues.version((String) v))
                        .toList()
                : attribute.values();
        return attribute.list() ? values : values.getFirst();
    }

    /** Values by domain; looking up a domain that a device does not have finds an empty one. */
    private static final class Domains extends AbstractMap<String, Map<String, Object>> implements OpenMap {
        private final Map<String, Map<String, Object>> known = new HashMap<>();

        void put(String driver, String name, Object value) {
            int slash = name.indexOf('/');
            String domain = slash < 0 ? driver : name.substring(0, slash);
            known.computeIfAbsent(domain, d -> new HashMap<>()).put(name.substring(slash + 1), value);
        }

        @Override
        public Set<Entry<String, Map<String, Object>>> entrySet() {
            return known.entrySet();
        }

        @Override
        public boolean containsKey(@Nullable Object domain) {
            return domain instanceof String;
        }

        @Override
        public boolean holds(Object domain) {
            return known.containsKey(domain);
        }

        @Override
        public Map<String, Object> get(@Nullable Object domain) {
            return domain instanceof String name ? known.getOrDefault(name, Map.of()) : Map.of();
        }
    }
}
