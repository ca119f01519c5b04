package dev.gyropilot.api.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.values.CelByteString;
import dev.gyropilot.api.cel.CelValues.Cidr;
import dev.gyropilot.api.cel.CelValues.Format;
import dev.gyropilot.api.cel.CelValues.Ip;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation costs, in Kubernetes' units, counted node by node as their values become known: an identifier, a selection
 * or a plain call costs 1, work on texts a tenth of their length, work on lists their length. What the compiler can know costs
 * nothing.
 */
final class ActualCost {
    private static final double PER_CHARACTER = 0.1;
    private static final double PER_REGEX_CHARACTER = 0.25;
    private static final long NEW_LIST = 10;
    private static final long NEW_MAP = 30;
    private static final long NEW_STRUCT = 40;

    /** Kubernetes counts these by the overload that the compiler has chosen; where it could not choose, they cost 1. */
    private static final Set<String> BY_OVERLOAD =
            Set.of("@in", "_<_", "_<=_", "_>_", "_>=_", "_+_", "bytes", "string");

    private final Anatomy anatomy;
    private final Map<Long, Object> values = new HashMap<>();
    private final Map<Long, Marks> marks = new HashMap<>();
    private long total;

    /** The total when a node was evaluated the last time and the time before. */
    private record Marks(long before, long last) {}

    ActualCost(Anatomy anatomy) {
        this.anatomy = anatomy;
    }

    /** What this node adds to the cost; its parts have been asked for before. Negative where a part was counted twice. */
    long of(CelExpr node, Object value) {
        values.put(node.id(), value);
        long own = anatomy.isFree(node) ? 0 : own(node, value) + (anatomy.isAnchored(node) ? 1 : 0);
        own -= refund(node);
        total += own;
        if (anatomy.isDoubled(node)) {
            Marks before = marks.get(node.id());
            marks.put(node.id(), new Marks(before == null ? 0 : before.last, total));
        }
        return own;
    }

    private long own(CelExpr node, Object value) {
        return switch (node.getKind()) {
            case IDENT -> 1;
            case SELECT -> node.select().testOnly() ? 0 : 1;
            case CALL ->
                BY_OVERLOAD.contains(node.call().function()) && anatomy.isAmbiguous(node)
                        ? 1
                        : call(node.call(), value);
            case LIST -> NEW_LIST;
            case MAP -> NEW_MAP;
            case STRUCT -> NEW_STRUCT;
            case CONSTANT, COMPREHENSION, NOT_SET -> 0;
        };
    }

    /** An optional selection evaluates its operand twice in this interpreter; one of them counts. */
    private long refund(CelExpr node) {
        if (node.getKind() != Kind.CALL || !node.call().function().equals("_?._")) {
            return 0;
        }
        Marks operand = marks.get(node.call().args().getFirst().id());
        return operand == null ? 0 : operand.last - operand.before;
    }

    private long call(CelCall call, Object result) {
        String function = call.function();
        return switch (function) {
            case "_&&_", "_||_", "_?_:_", "or", "orValue" -> 0;
            case "_?._", "_[?_]" -> result instanceof Optional<?> found && found.isPresent() ? 1 : 0;
            case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> traversal(argument(call, 0));
            case "includes" -> Math.max(1, argument(call, 0) instanceof Collection<?> list ? list.size() : 1);
            case "slice", "reverse", "lists.range" -> 1 + NEW_LIST + size(result);
            case "flatten" -> 1 + NEW_LIST + size(argument(call, 0)) * depth(call);
            case "distinct", "sort" -> selfComparison(argument(call, 0));
            case "@sortByAssociatedKeys" -> selfComparison(argument(call, 1));
            case "sets.contains", "sets.intersects" -> 1 + size(argument(call, 0)) * size(argument(call, 1));
            case "sets.equivalent" -> 1 + 2 * size(argument(call, 0)) * size(argument(call, 1));
            case "@in" -> argument(call, 1) instanceof Map<?, ?> ? 1 : size(argument(call, 1));
            case "_==_", "_!=_" -> comparison(argument(call, 0), argument(call, 1));
            case "_<_", "_<=_", "_>_", "_>=_" ->
                isText(argument(call, 0)) ? comparison(argument(call, 0), argument(call, 1)) : 1;
            case "_+_" ->
                isText(argument(call, 0))
                        ? scaled(size(argument(call, 0)) + size(argument(call, 1)), PER_CHARACTER)
                        : 1;
            default -> textCall(function, call, result);
        };
    }

    private long textCall(String function, CelCall call, Object result) {
        return switch (function) {
            case "url",
                    "lowerAscii",
                    "upperAscii",
                    "substring",
                    "trim",
                    "cidr",
                    "isIP",
                    "isCIDR",
                    "quantity",
                    "isQuantity",
                    "semver",
                    "isSemver",
                    "strings.quote",
                    "format" -> scaled(size(argument(call, 0)), PER_CHARACTER);
            case "startsWith", "endsWith" -> scaled(size(argument(call, 1)), PER_CHARACTER);
            case "ip" -> argument(call, 0) instanceof Cidr ? 1 : scaled(size(argument(call, 0)), PER_CHARACTER);
            case "bytes", "string" ->
                argument(call, 0) instanceof CelByteString || function.equals("bytes")
                        ? scaled(size(argument(call, 0)), PER_CHARACTER)
                        : 1;
            case "replace", "split", "ip.isCanonical" -> scaled(size(argument(call, 0)), 2 * PER_CHARACTER);
            case "join" -> scaled(size(result), 2 * PER_CHARACTER);
            case "find", "findAll", "matches" -> regex(size(argument(call, 0)), size(argument(call, 1)));
            case "validate" ->
                argument(call, 0) instanceof Format format
                        ? regex(size(argument(call, 1)), FormatFunctions.regexSize(format))
                        : 1;
            case "contains" ->
                scaled(size(argument(call, 0)), PER_CHARACTER) * scaled(size(argument(call, 1)), PER_CHARACTER);
            case "containsIP" -> scaled(2 * size(argument(call, 0)), PER_CHARACTER) + parsed(argument(call, 1));
            case "containsCIDR" ->
                scaled(2 * size(argument(call, 0)), PER_CHARACTER)
                        + scaled(size(argument(call, 0)), PER_CHARACTER)
                        + 1
                        + parsed(argument(call, 1));
            default -> 1;
        };
    }

    private static long parsed(Object argument) {
        return argument instanceof String ? scaled(size(argument), PER_CHARACTER) : 0;
    }

    private static long regex(long text, long pattern) {
        return scaled(1 + text, PER_CHARACTER) * scaled(pattern, PER_REGEX_CHARACTER);
    }

    private static long comparison(Object a, Object b) {
        return CelValues.isOwnType(a) ? 1 : scaled(Math.min(size(a), size(b)), PER_CHARACTER);
    }

    private long depth(CelCall call) {
        return call.args().isEmpty() ? 1 : argument(call, 1) instanceof Long depth ? Math.max(0, depth) : 1;
    }

    private static long selfComparison(Object list) {
        long size = size(list);
        boolean texts = list instanceof Collection<?> all
                && !all.isEmpty()
                && isText(all.iterator().next());
        return (long) (size * size * (texts ? 2 + PER_CHARACTER : 2)) + 1 + NEW_LIST;
    }

    private static long traversal(Object value) {
        return switch (value) {
            case String text -> (long) (text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length * PER_CHARACTER);
            case CelByteString bytes -> (long) (bytes.size() * PER_CHARACTER);
            case Collection<?> list -> {
                long cost = 0;
                for (Object item : list) {
                    cost += traversal(item);
                }
                yield cost;
            }
            case Map<?, ?> map -> {
                long cost = 0;
                for (var entry : map.entrySet()) {
                    cost += traversal(entry.getKey()) + traversal(entry.getValue());
                }
                yield cost;
            }
            default -> 1;
        };
    }

    /** The call's argument, its target being the first of them. */
    private Object argument(CelCall call, int index) {
        boolean member = call.target().isPresent();
        CelExpr node = member && index == 0 ? call.target().get() : call.args().get(member ? index - 1 : index);
        if (node.getKind() == Kind.CONSTANT) {
            return anatomy.value(node);
        }
        @Nullable Object value = values.get(node.id());
        return value == null ? List.of() : value;
    }

    private static boolean isText(Object value) {
        return value instanceof String || value instanceof CelByteString;
    }

    /** Characters, bytes or entries; 1 for what has no size. */
    static long size(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case CelByteString bytes -> bytes.size();
            case Collection<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Optional<?> optional when optional.isPresent() -> size(optional.get());
            case Ip ip -> ip.bytes().length;
            case Cidr cidr -> (cidr.bits() + 7) / 8;
            default -> 1;
        };
    }

    private static long scaled(long size, double factor) {
        return (long) Math.ceil(size * factor);
    }
}
