package dev.gyropilot.brain.placement.device;

import dev.cel.common.types.SimpleType;
import dev.gyropilot.api.cel.CelBudget;
import dev.gyropilot.api.cel.CelEnvironment;
import dev.gyropilot.api.cel.CelExpression;
import dev.gyropilot.api.cel.CelProblem;
import dev.gyropilot.api.cel.CelValues;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Device selectors in Kubernetes' CEL: the variable {@code device} with driver, attributes, capacity and
 * allowMultipleAllocations.
 */
public final class CelSelectors implements SelectorCompiler {
    /** Loading CEL takes long; a cluster without device selectors never needs it. */
    private static final class Lazy {
        static final CelEnvironment ENVIRONMENT = CelEnvironment.of(Map.of("device", SimpleType.DYN));
    }

    @Override
    public DeviceSelector compile(String expression) {
        CelExpression compiled;
        try {
            compiled = Lazy.ENVIRONMENT.compile(expression, SimpleType.BOOL);
        } catch (CelProblem e) {
            throw new SelectorException(String.valueOf(e.getMessage()));
        }
        return (driver, device) -> evaluate(compiled, driver, device);
    }

    private static boolean evaluate(CelExpression expression, String driver, Device device) {
        Object result;
        try {
            var budget = new CelBudget(CelBudget.STEPS_PER_EXPRESSION);
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

    /** Values by domain; a domain that a device does not have is an empty one. */
    private static final class Domains extends AbstractMap<String, Map<String, Object>> {
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
        public Map<String, Object> get(@Nullable Object domain) {
            return domain instanceof String name ? known.getOrDefault(name, Map.of()) : Map.of();
        }
    }
}
