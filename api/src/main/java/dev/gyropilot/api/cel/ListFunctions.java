package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.Functions.BOOL;
import static dev.gyropilot.api.cel.Functions.INT;
import static dev.gyropilot.api.cel.Functions.LIST;
import static dev.gyropilot.api.cel.Functions.T;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Functions of lists. */
final class ListFunctions {
    /** As many values as a device may have; {@code includes} refuses longer lists, so that its cost is bounded. */
    private static final int INCLUDES_LIMIT = 48;

    private ListFunctions() {}

    static void addTo(Functions functions) {
        functions.member("isSorted", BOOL, List.of(LIST), args -> sorted(list(args[0])));
        functions.member("min", T, List.of(LIST), args -> extreme(list(args[0]), -1, "min"));
        functions.member("max", T, List.of(LIST), args -> extreme(list(args[0]), 1, "max"));
        functions.member("sum", T, List.of(LIST), args -> sum(list(args[0])));
        CelType item = T;
        functions.member("indexOf", INT, List.of(ListType.create(T), item), args -> indexOf(list(args[0]), args[1]));
        functions.member(
                "lastIndexOf",
                INT,
                List.of(ListType.create(SimpleType.DYN), SimpleType.DYN),
                args -> lastIndexOf(list(args[0]), args[1]));
        functions.member("includes", BOOL, List.of(SimpleType.DYN, SimpleType.DYN), args -> includes(args[0], args[1]));
    }

    private static List<Object> list(Object value) {
        return new ArrayList<>((Collection<?>) value);
    }

    private static boolean sorted(List<Object> list) {
        for (int i = 1; i < list.size(); i++) {
            if (compare(list.get(i - 1), list.get(i)) > 0) {
                return false;
            }
        }
        return true;
    }

    private static Object extreme(List<Object> list, int sign, String name) {
        if (list.isEmpty()) {
            throw new IllegalArgumentException(name + " called on empty list");
        }
        Object best = list.getFirst();
        for (Object each : list) {
            best = compare(each, best) * sign > 0 ? each : best;
        }
        return best;
    }

    @SuppressWarnings("unchecked")
    private static int compare(Object a, Object b) {
        if (a instanceof Number left
                && b instanceof Number right
                && !a.getClass().equals(b.getClass())) {
            return Double.compare(left.doubleValue(), right.doubleValue());
        }
        if (a instanceof Comparable<?> left && a.getClass().equals(b.getClass())) {
            return ((Comparable<Object>) left).compareTo(b);
        }
        throw new IllegalArgumentException("list items cannot be compared");
    }

    private static Object sum(List<Object> list) {
        Object sum = list.isEmpty() ? (Object) 0L : null;
        for (Object each : list) {
            sum = sum == null ? each : add(sum, each);
        }
        return java.util.Objects.requireNonNull(sum);
    }

    private static Object add(Object a, Object b) {
        return switch (a) {
            case Long left when b instanceof Long right -> Math.addExact(left, right);
            case Duration left when b instanceof Duration right -> left.plus(right);
            case Number left when b instanceof Number right -> left.doubleValue() + right.doubleValue();
            default -> throw new IllegalArgumentException("list items cannot be added");
        };
    }

    private static long indexOf(List<Object> list, Object item) {
        for (int i = 0; i < list.size(); i++) {
            if (same(list.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    private static long lastIndexOf(List<Object> list, Object item) {
        for (int i = list.size() - 1; i >= 0; i--) {
            if (same(list.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    /** A single value includes itself. */
    private static boolean includes(Object target, Object item) {
        if (!(target instanceof Collection<?> values)) {
            return same(target, item);
        }
        int seen = 0;
        for (Object value : values) {
            if (++seen > INCLUDES_LIMIT) {
                throw new IllegalArgumentException(
                        "'includes' function cannot be applied to lists longer than " + INCLUDES_LIMIT + " values");
            }
            if (same(value, item)) {
                return true;
            }
        }
        return false;
    }

    private static boolean same(Object a, Object b) {
        boolean numbers = a instanceof Number && b instanceof Number;
        return numbers ? compare(a, b) == 0 : a.equals(b);
    }
}
