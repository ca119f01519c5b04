package dev.gyropilot.api.cel;

import dev.cel.common.CelOptions;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.RuntimeEquality;
import dev.cel.runtime.RuntimeHelpers;
import dev.cel.runtime.standard.EqualsOperator.EqualsOverload;
import dev.cel.runtime.standard.InOperator.InOverload;
import dev.cel.runtime.standard.NotEqualsOperator.NotEqualsOverload;
import java.util.List;
import java.util.Map;

/** Operators that behave differently in Kubernetes than in the library. */
final class Operators {
    private Operators() {}

    /** The library's functions without those that {@link #bindings} replaces. */
    static CelStandardFunctions standard() {
        return CelStandardFunctions.newBuilder()
                .filterFunctions((function, overload) -> !overload.equals(EqualsOverload.EQUALS)
                        && !overload.equals(NotEqualsOverload.NOT_EQUALS)
                        && !overload.equals(InOverload.IN_MAP))
                .build();
    }

    static List<CelFunctionBinding> bindings(CelOptions options) {
        RuntimeEquality equality = RuntimeEquality.create(RuntimeHelpers.create(), options);
        return List.of(
                CelFunctionBinding.from(
                        "equals", Object.class, Object.class, (a, b) -> equality.objectEquals(comparable(a, b), b)),
                CelFunctionBinding.from(
                        "not_equals",
                        Object.class,
                        Object.class,
                        (a, b) -> !equality.objectEquals(comparable(a, b), b)),
                CelFunctionBinding.from(
                        "in_map",
                        Object.class,
                        Map.class,
                        (key, map) -> map instanceof OpenMap open
                                ? open.holds(key)
                                : equality.findInMap(map, key).isPresent()));
    }

    /** A quantity, version, address and so on can only be compared with its like; other values simply differ. */
    private static Object comparable(Object a, Object b) {
        if (CelValues.isOwnType(a) && !a.getClass().equals(b.getClass())) {
            throw new IllegalArgumentException("no such overload");
        }
        return a;
    }
}
