package dev.gyropilot.brain.placement.device;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelOptionalLibrary;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Device selectors in CEL: the variable {@code device} with driver, attributes, capacity and allowMultipleAllocations. */
public final class CelSelectors implements SelectorCompiler {
    private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");
    private static final CelType SEMVER = OpaqueType.create("kubernetes.Semver");

    private final Cel cel = CelFactory.legacyCelBuilder()
            .setOptions(CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .build())
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addCompilerLibraries(
                    CelExtensions.strings(),
                    CelExtensions.sets(CelOptions.DEFAULT),
                    CelExtensions.bindings(),
                    CelOptionalLibrary.INSTANCE)
            .addRuntimeLibraries(
                    CelExtensions.strings(), CelExtensions.sets(CelOptions.DEFAULT), CelOptionalLibrary.INSTANCE)
            .addVar("device", SimpleType.DYN)
            .addFunctionDeclarations(
                    CelFunctionDecl.newFunctionDeclaration(
                            "quantity",
                            CelOverloadDecl.newGlobalOverload("quantity_string", QUANTITY, SimpleType.STRING)),
                    CelFunctionDecl.newFunctionDeclaration(
                            "semver", CelOverloadDecl.newGlobalOverload("semver_string", SEMVER, SimpleType.STRING)),
                    comparison("compareTo", SimpleType.INT),
                    comparison("isLessThan", SimpleType.BOOL),
                    comparison("isGreaterThan", SimpleType.BOOL))
            .addFunctionBindings(
                    CelFunctionBinding.from(
                            "quantity_string", String.class, text -> new Quantity(text).getNumericalAmount()),
                    CelFunctionBinding.from("semver_string", String.class, Version::parse),
                    CelFunctionBinding.from(
                            "compareTo_quantity", BigDecimal.class, BigDecimal.class, (a, b) -> (long) a.compareTo(b)),
                    CelFunctionBinding.from(
                            "isLessThan_quantity", BigDecimal.class, BigDecimal.class, (a, b) -> a.compareTo(b) < 0),
                    CelFunctionBinding.from(
                            "isGreaterThan_quantity", BigDecimal.class, BigDecimal.class, (a, b) -> a.compareTo(b) > 0),
                    CelFunctionBinding.from(
                            "compareTo_semver", Version.class, Version.class, (a, b) -> (long) a.compareTo(b)),
                    CelFunctionBinding.from(
                            "isLessThan_semver", Version.class, Version.class, (a, b) -> a.compareTo(b) < 0),
                    CelFunctionBinding.from(
                            "isGreaterThan_semver", Version.class, Version.class, (a, b) -> a.compareTo(b) > 0))
            .build();

    @Override
    public DeviceSelector compile(String expression) {
        CelRuntime.Program program;
        try {
            var ast = cel.compile(expression).getAst();
            if (!ast.getResultType().equals(SimpleType.BOOL)
                    && !ast.getResultType().equals(SimpleType.DYN)) {
                throw new SelectorException("it gives " + ast.getResultType().name() + ", but must give a bool");
            }
            program = cel.createProgram(ast);
        } catch (CelValidationException | CelEvaluationException e) {
            throw new SelectorException(String.valueOf(e.getMessage()));
        }
        return (driver, device) -> evaluate(program, driver, device);
    }

    private static boolean evaluate(CelRuntime.Program program, String driver, Device device) {
        try {
            Object result = program.eval(Map.of("device", variable(driver, device)));
            if (result instanceof Boolean answer) {
                return answer;
            }
            throw new SelectorException("it gave " + result + ", but must give a bool");
        } catch (CelEvaluationException e) {
            throw new SelectorException(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> variable(String driver, Device device) {
        var attributes = new Domains();
        device.attributes().forEach((name, value) -> attributes.put(driver, name, value(value)));
        var capacity = new Domains();
        device.capacity().forEach((name, value) -> capacity.put(driver, name, value.value()));
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
                        .map(v -> (Object) Version.parse((String) v))
                        .toList()
                : attribute.values();
        return attribute.list() ? values : values.getFirst();
    }

    private static CelFunctionDecl comparison(String name, CelType result) {
        return CelFunctionDecl.newFunctionDeclaration(
                name,
                CelOverloadDecl.newMemberOverload(name + "_quantity", result, QUANTITY, QUANTITY),
                CelOverloadDecl.newMemberOverload(name + "_semver", result, SEMVER, SEMVER));
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
