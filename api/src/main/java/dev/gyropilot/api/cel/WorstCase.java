package dev.gyropilot.api.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The greatest cost that an expression can have on values of bounded size, in Kubernetes' units. Walks the checked tree once,
 * parts before the whole, and remembers of each part where in the variables its value comes from and how large it can be.
 *
 * <p>The rules are Kubernetes' own, for its limits are part of its API: all branches are charged, a loop costs its body as
 * often as its range can be long, and what has no known bound is unbounded.
 */
final class WorstCase {
    private static final double PER_CHARACTER = 0.1;
    private static final double PER_REGEX_CHARACTER = 0.25;
    private static final long NEW_LIST = 10;
    private static final long NEW_MAP = 30;
    private static final long NEW_STRUCT = 40;
    private static final long INCLUDES_LIMIT = 48;
    private static final int FORMAT_REGEX_LIMIT = 128;

    private final CelAbstractSyntaxTree tree;
    private final SizeBounds bounds;
    private final Map<Long, List<String>> paths = new HashMap<>();
    private final Map<Long, Span> sizes = new HashMap<>();
    private final Map<Long, Entries> entries = new HashMap<>();
    private final Map<String, Deque<Local>> locals = new HashMap<>();

    /** How large the keys and values of a list or map are. */
    private record Entries(boolean list, Span key, Span value) {
        static @Nullable Entries join(@Nullable Entries a, @Nullable Entries b) {
            return a == null || b == null ? null : new Entries(a.list, a.key.join(b.key), a.value.join(b.value));
        }
    }

    /** A variable of a macro. */
    private record Local(
            List<String> path,
            @Nullable Span size,
            @Nullable Entries entries) {}

    /** What a call costs beyond its arguments, and how large its result is. */
    private record Charge(Span cost, @Nullable Span result) {
        static Charge of(Span cost) {
            return new Charge(cost, null);
        }
    }

    private WorstCase(CelAbstractSyntaxTree tree, SizeBounds bounds) {
        this.tree = tree;
        this.bounds = bounds;
    }

    static long of(CelAbstractSyntaxTree tree, SizeBounds bounds) {
        return new WorstCase(tree, bounds).cost(tree.getExpr()).max();
    }

    private Span cost(CelExpr node) {
        return switch (node.getKind()) {
            case CONSTANT, NOT_SET -> Span.ZERO;
            case IDENT -> ident(node);
            case SELECT -> select(node);
            case CALL -> call(node);
            case LIST -> list(node);
            case MAP -> map(node);
            case STRUCT -> struct(node);
            case COMPREHENSION -> isBinding(node.comprehension()) ? binding(node) : loop(node);
        };
    }

    private Span ident(CelExpr node) {
        Local local = local(node.ident().name());
        paths.put(node.id(), local == null ? List.of(node.ident().name()) : local.path);
        return Span.ONE;
    }

    private Span select(CelExpr node) {
        CelExpr operand = node.select().operand();
        Span sum = cost(operand);
        if (node.select().testOnly()) {
            return sum;
        }
        paths.put(node.id(), with(path(operand), node.select().field()));
        return switch (type(operand).kind()) {
            case MAP, STRUCT, TYPE_PARAM -> sum.plus(Span.ONE);
            default -> sum;
        };
    }

    private Span list(CelExpr node) {
        Span sum = Span.of(NEW_LIST);
        Span items = node.list().elements().isEmpty() ? Span.ZERO : Span.NOTHING;
        for (CelExpr element : node.list().elements()) {
            sum = sum.plus(cost(element));
            items = items.join(size(element));
        }
        entries.put(node.id(), new Entries(true, Span.ONE, items));
        return sum;
    }

    private Span map(CelExpr node) {
        Span sum = Span.of(NEW_MAP);
        boolean empty = node.map().entries().isEmpty();
        Span keys = empty ? Span.ZERO : Span.NOTHING;
        Span values = empty ? Span.ZERO : Span.NOTHING;
        for (var entry : node.map().entries()) {
            sum = sum.plus(cost(entry.key())).plus(cost(entry.value()));
            keys = keys.join(size(entry.key()));
            values = values.join(size(entry.value()));
        }
        entries.put(node.id(), new Entries(false, keys, values));
        return sum;
    }

    private Span struct(CelExpr node) {
        Span sum = Span.of(NEW_STRUCT);
        for (var entry : node.struct().entries()) {
            sum = sum.plus(cost(entry.value()));
        }
        return sum;
    }

    /** {@code cel.bind} is a loop over nothing whose accumulator is the variable. */
    private static boolean isBinding(CelComprehension loop) {
        return loop.iterRange().getKind() == Kind.LIST
                && loop.iterRange().list().elements().isEmpty()
                && loop.loopCondition().getKind() == Kind.CONSTANT
                && loop.loopCondition().constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE
                && !loop.loopCondition().constant().booleanValue()
                && !isAccumulator(loop.accuVar());
    }

    private static boolean isAccumulator(String name) {
        return name.equals("@result") || name.equals("__result__");
    }

    private Span binding(CelExpr node) {
        CelComprehension loop = node.comprehension();
        Span sum = cost(loop.iterRange()).plus(cost(loop.accuInit()));
        push(loop.accuVar(), new Local(path(loop.accuInit()), knownSize(loop.accuInit()), entries(loop.accuInit())));
        sum = sum.plus(cost(loop.result()));
        setSize(node, knownSize(loop.result()));
        setEntries(node, entries(loop.result()));
        pop(loop.accuVar());
        return sum;
    }

    private Span loop(CelExpr node) {
        CelComprehension loop = node.comprehension();
        Span sum = cost(loop.iterRange()).plus(cost(loop.accuInit()));
        push(loop.accuVar(), new Local(path(loop.accuInit()), knownSize(loop.accuInit()), entries(loop.accuInit())));
        Entries inside = entries(loop.iterRange());
        List<String> range = path(loop.iterRange());
        boolean isList = inside != null ? inside.list : type(loop.iterRange()).kind() == CelKind.LIST;
        Local key = new Local(with(range, isList ? "@indices" : "@keys"), inside == null ? null : inside.key, null);
        Local value = new Local(with(range, isList ? "@items" : "@values"), inside == null ? null : inside.value, null);
        boolean two = !loop.iterVar2().isEmpty();
        push(loop.iterVar(), two || !isList ? key : value);
        if (two) {
            push(loop.iterVar2(), value);
        }
        Span round = cost(loop.loopCondition()).plus(cost(loop.loopStep()));
        Entries made = entries(loop.loopStep());
        pop(loop.iterVar());
        if (two) {
            pop(loop.iterVar2());
        }
        sum = sum.plus(cost(loop.result()));
        pop(loop.accuVar());
        Span rounds = size(loop.iterRange());
        switch (loop.accuInit().getKind()) {
            case CONSTANT -> setSize(node, knownSize(loop.accuInit()));
            case LIST, MAP -> {
                setSize(node, rounds);
                setEntries(node, made);
            }
            default -> {}
        }
        return sum.plus(rounds.times(round));
    }

    private Span call(CelExpr node) {
        CelCall call = node.call();
        if (call.function().equals("dyn")) {
            CelExpr only = call.args().getFirst();
            Span inside = cost(only);
            setSize(node, knownSize(only));
            setEntries(node, entries(only));
            return inside.plus(Span.ONE);
        }
        List<CelExpr> operands = operands(call);
        var costs = new ArrayList<Span>();
        operands.forEach(operand -> costs.add(cost(operand)));
        Charge charge = charge(node, call.function(), operands, costs);
        setSize(node, charge.result);
        Span sum = charge.cost;
        switch (call.function()) {
            case "_&&_", "_||_", "_?_:_" -> {}
            default -> {
                for (Span each : costs) {
                    sum = sum.plus(each);
                }
            }
        }
        return sum;
    }

    private static List<CelExpr> operands(CelCall call) {
        var all = new ArrayList<CelExpr>();
        call.target().ifPresent(all::add);
        all.addAll(call.args());
        return all;
    }

    private Charge charge(CelExpr node, String function, List<CelExpr> operands, List<Span> costs) {
        if (operands.isEmpty()) {
            return Charge.of(Span.ONE);
        }
        CelExpr first = operands.getFirst();
        return switch (function) {
            case "_&&_", "_||_" ->
                Charge.of(new Span(
                        costs.getFirst().min(),
                        costs.getFirst().plus(costs.getLast()).max()));
            case "_?_:_" -> {
                setEntries(node, Entries.join(entries(operands.get(1)), entries(operands.get(2))));
                yield new Charge(
                        costs.getFirst().plus(costs.get(1).join(costs.get(2))),
                        size(operands.get(1)).join(size(operands.get(2))));
            }
            case "_[_]" -> {
                boolean isList = type(first).kind() == CelKind.LIST;
                Entries inside = entries(first);
                paths.put(node.id(), with(path(first), isList ? "@items" : "@values"));
                yield new Charge(Span.ONE, inside == null ? null : inside.value);
            }
            case "@in" ->
                Charge.of(
                        switch (type(operands.get(1)).kind()) {
                            case MAP -> Span.ONE;
                            case DYN -> size(operands.get(1)).join(Span.ONE);
                            default -> size(operands.get(1));
                        });
            case "_==_", "_!=_" ->
                Charge.of(CelValues.isConstantTime(type(first)) ? Span.ONE : comparison(first, operands.get(1)));
            case "_<_", "_<=_", "_>_", "_>=_" ->
                Charge.of(
                        comparesTexts(first, operands.get(1))
                                ? comparison(first, operands.get(1)).join(Span.ONE)
                                : Span.ONE);
            case "_+_" -> sum(node, operands);
            case "includes" -> Charge.of(Span.upTo(INCLUDES_LIMIT));
            default -> listCharge(function, operands);
        };
    }

    private Charge sum(CelExpr node, List<CelExpr> operands) {
        CelExpr left = operands.getFirst();
        CelExpr right = operands.getLast();
        boolean texts = comparesTexts(left, right);
        if (!texts && type(left).kind() != CelKind.LIST && type(left).kind() != CelKind.DYN) {
            return Charge.of(Span.ONE);
        }
        setEntries(node, Entries.join(entries(left), entries(right)));
        Span size = size(left).plus(size(right));
        return new Charge(texts ? size.times(PER_CHARACTER).join(Span.ONE) : Span.ONE, size);
    }

    private Charge listCharge(String function, List<CelExpr> operands) {
        Span size = size(operands.getFirst());
        return switch (function) {
            case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> {
                if (!(type(operands.getFirst()) instanceof ListType list)) {
                    yield Charge.of(size.times(PER_CHARACTER));
                }
                Span each = Span.ONE;
                if (isText(list.elemType())) {
                    each = each.plus(bound(with(path(operands.getFirst()), "@items"))
                            .orElse(Span.UNKNOWN)
                            .times(PER_CHARACTER));
                }
                yield Charge.of(size.times(each));
            }
            case "slice" -> {
                long from = constant(operands.get(1), 0);
                long to = constant(operands.get(2), size.max());
                yield newList(1, Span.of(Math.max(0, to - from)));
            }
            case "lists.range" -> newList(1, Span.of(constant(operands.getFirst(), Long.MAX_VALUE)));
            case "reverse" -> newList(1, size);
            case "flatten" ->
                newList(operands.size() > 1 ? (double) constant(operands.get(1), Long.MAX_VALUE) : 1, size);
            case "distinct" -> newList(2, size.times(size));
            case "sort" -> newList(texts(operands.getFirst()) ? 2 + PER_CHARACTER : 2, size.times(size));
            case "@sortByAssociatedKeys" -> {
                Span keys = size(operands.get(1));
                yield newList(texts(operands.get(1)) ? 2 + PER_CHARACTER : 2, keys.times(keys));
            }
            case "sets.contains", "sets.intersects" -> Charge.of(Span.ONE.plus(size.times(size(operands.get(1)))));
            case "sets.equivalent" ->
                Charge.of(Span.ONE.plus(size.times(size(operands.get(1))).times(2)));
            default -> textCharge(function, operands, size);
        };
    }

    private Charge textCharge(String function, List<CelExpr> operands, Span size) {
        return switch (function) {
            case "url", "lowerAscii", "upperAscii", "substring", "trim" -> new Charge(size.times(PER_CHARACTER), size);
            case "cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver", "format" ->
                Charge.of(size.times(PER_CHARACTER));
            case "startsWith", "endsWith" -> Charge.of(size(operands.get(1)).times(PER_CHARACTER));
            case "strings.quote" ->
                new Charge(size.times(PER_CHARACTER), size.times(Span.of(2)).plus(Span.of(2)));
            case "ip" ->
                Charge.of(CelValues.CIDR.equals(type(operands.getFirst())) ? Span.ONE : size.times(PER_CHARACTER));
            case "bytes" -> new Charge(size.times(PER_CHARACTER).join(Span.ONE), size.join(size.times(Span.of(4))));
            case "string" ->
                switch (type(operands.getFirst()).kind()) {
                    case BYTES, DYN -> new Charge(size.times(PER_CHARACTER).join(Span.ONE), Span.upTo(size.max()));
                    default -> Charge.of(Span.ONE);
                };
            case "ip.isCanonical" -> Charge.of(size.times(2 * PER_CHARACTER));
            case "replace" -> new Charge(size.times(2 * PER_CHARACTER), replaced(operands, size));
            case "split" ->
                new Charge(
                        size.times(2 * PER_CHARACTER),
                        Span.upTo(operands.size() > 2 ? constant(operands.get(2), size.max()) : size.max()));
            case "join" -> {
                Span joined = joined(operands, size);
                yield new Charge(joined.times(PER_CHARACTER), joined);
            }
            case "matches" -> Charge.of(regex(size, size(operands.get(1))));
            case "find", "findAll" -> new Charge(regex(size, size(operands.get(1))), Span.upTo(size.max()));
            case "contains" ->
                Charge.of(size.times(PER_CHARACTER).times(size(operands.get(1)).times(PER_CHARACTER)));
            case "validate" ->
                Charge.of(size(operands.get(1)).times(PER_CHARACTER).times(FORMAT_REGEX_LIMIT * PER_REGEX_CHARACTER));
            case "containsIP" -> Charge.of(addresses(2, operands.get(1)));
            case "containsCIDR" -> Charge.of(addresses(3, operands.get(1)).plus(Span.ONE));
            default -> Charge.of(Span.ONE);
        };
    }

    /** Comparing addresses of 4 to 16 bytes this often, and parsing the other one if it is a text. */
    private Span addresses(int times, CelExpr other) {
        Span bytes = new Span(4, 16);
        Span sum = bytes.times(Span.of(2)).times(PER_CHARACTER);
        sum = times > 2 ? sum.plus(bytes.times(PER_CHARACTER)) : sum;
        return isText(type(other)) ? sum.plus(size(other).times(PER_CHARACTER)) : sum;
    }

    private Span replaced(List<CelExpr> operands, Span size) {
        Span old = size(operands.get(1));
        Span fresh = size(operands.get(2));
        Span most = old.min() == 0
                ? Span.of(size.max()).plus(Span.ONE)
                : fresh.max() <= old.min() ? Span.ZERO : Span.of((size.max() + old.min() - 1) / old.min());
        long kept = old.min() == 0 || fresh.max() <= old.min() ? size.max() : 0;
        return Span.upTo(most.times(Span.of(fresh.max())).plus(Span.of(kept)).max());
    }

    private Span joined(List<CelExpr> operands, Span count) {
        Span each = type(operands.getFirst()) instanceof ListType
                ? bound(with(path(operands.getFirst()), "@items")).orElse(Span.UNKNOWN)
                : Span.ZERO;
        Span total = count.times(each);
        if (operands.size() > 1) {
            Span between = new Span(Math.max(0, count.min() - 1), Math.max(0, count.max() - 1));
            total = total.plus(size(operands.get(1)).times(between));
        }
        return total;
    }

    private static Span regex(Span text, Span pattern) {
        return text.plus(Span.ONE).times(PER_CHARACTER).times(pattern.times(PER_REGEX_CHARACTER));
    }

    private static Charge newList(double factor, Span result) {
        return new Charge(result.times(factor).plus(Span.of(1 + NEW_LIST)), result);
    }

    private Span comparison(CelExpr left, CelExpr right) {
        long most = Math.min(size(left).max(), size(right).max());
        return new Span(most > 0 ? 1 : 0, most).times(PER_CHARACTER);
    }

    private boolean comparesTexts(CelExpr left, CelExpr right) {
        CelType a = type(left);
        CelType b = type(right);
        return (isText(a) || a.kind() == CelKind.DYN) && (isText(b) || b.kind() == CelKind.DYN);
    }

    private boolean texts(CelExpr list) {
        return type(list) instanceof ListType of && isText(of.elemType());
    }

    private static boolean isText(CelType type) {
        return type.kind() == CelKind.STRING || type.kind() == CelKind.BYTES;
    }

    private static long constant(CelExpr node, long otherwise) {
        boolean whole = node.getKind() == Kind.CONSTANT
                && node.constant().getKind() == CelConstant.Kind.INT64_VALUE
                && node.constant().int64Value() >= 0;
        return whole ? node.constant().int64Value() : otherwise;
    }

    private Span size(CelExpr node) {
        Span known = knownSize(node);
        return known == null ? Span.UNKNOWN : known;
    }

    private @Nullable Span knownSize(CelExpr node) {
        Span known = sizes.get(node.id());
        if (known != null) {
            return known;
        }
        switch (node.getKind()) {
            case CONSTANT -> {
                return Span.of(
                        node.constant().getKind() == CelConstant.Kind.STRING_VALUE
                                ? ActualCost.size(node.constant().stringValue())
                                : node.constant().getKind() == CelConstant.Kind.BYTES_VALUE
                                        ? node.constant().bytesValue().size()
                                        : 1);
            }
            case LIST -> {
                return Span.of(node.list().elements().size());
            }
            case MAP -> {
                return Span.of(node.map().entries().size());
            }
            default -> {}
        }
        Optional<Span> bound = bound(path(node));
        if (bound.isPresent()) {
            return bound.get();
        }
        if (isScalar(type(node))) {
            return Span.ONE;
        }
        Local local = node.getKind() == Kind.IDENT ? local(node.ident().name()) : null;
        return local == null ? null : local.size;
    }

    private static boolean isScalar(CelType type) {
        return switch (type.kind()) {
            case BOOL, DOUBLE, DURATION, INT, TIMESTAMP, UINT -> true;
            default ->
                type instanceof OptionalType optional
                        && isScalar(optional.parameters().getFirst());
        };
    }

    private Optional<Span> bound(List<String> path) {
        if (path.isEmpty() || isAccumulator(path.getFirst())) {
            return Optional.empty();
        }
        var most = bounds.greatest(path);
        return most.isPresent() ? Optional.of(Span.upTo(most.getAsLong())) : Optional.empty();
    }

    private List<String> path(CelExpr node) {
        Local local = node.getKind() == Kind.IDENT ? local(node.ident().name()) : null;
        return local != null ? local.path : paths.getOrDefault(node.id(), List.of());
    }

    private static List<String> with(List<String> path, String step) {
        var longer = new ArrayList<>(path);
        longer.add(step);
        return longer;
    }

    private @Nullable Entries entries(CelExpr node) {
        Entries known = entries.get(node.id());
        Local local = known == null && node.getKind() == Kind.IDENT
                ? local(node.ident().name())
                : null;
        return local == null ? known : local.entries;
    }

    private void setSize(CelExpr node, @Nullable Span size) {
        if (size != null) {
            sizes.put(node.id(), size);
        }
    }

    private void setEntries(CelExpr node, @Nullable Entries of) {
        if (of != null) {
            entries.put(node.id(), of);
        }
    }

    private CelType type(CelExpr node) {
        return tree.getType(node.id()).orElse(SimpleType.DYN);
    }

    private @Nullable Local local(String name) {
        Deque<Local> scopes = locals.get(name);
        return scopes == null ? null : scopes.peek();
    }

    private void push(String name, Local local) {
        locals.computeIfAbsent(name, n -> new ArrayDeque<>()).push(local);
    }

    private void pop(String name) {
        Deque<Local> scopes = locals.get(name);
        if (scopes != null) {
            scopes.pop();
        }
    }
}
