package dev.gyropilot.api.cel;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypes;
import dev.cel.common.types.OptionalType;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Kubernetes checks of literals beyond the language: the elements of a list, and the keys and values of a map, are of one
 * type, except in the arguments of {@code format}; patterns, durations and timestamps are valid.
 */
final class Literals {
    private static final Set<String> PATTERNS = Set.of("matches", "find", "findAll");
    private static final Pattern DURATION =
            Pattern.compile("[-+]?(0|([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+");

    private final CelAbstractSyntaxTree tree;

    private Literals(CelAbstractSyntaxTree tree) {
        this.tree = tree;
    }

    /** @throws CelProblem with the place of the first literal that is not valid */
    static void check(CelAbstractSyntaxTree tree) {
        new Literals(tree).visit(tree.getExpr(), false);
    }

    private void visit(CelExpr node, boolean mixed) {
        switch (node.getKind()) {
            case CALL -> {
                CelCall call = node.call();
                texts(call);
                boolean free = mixed || call.function().equals("format");
                call.target().ifPresent(target -> visit(target, free));
                call.args().forEach(argument -> visit(argument, free));
            }
            case SELECT -> visit(node.select().operand(), mixed);
            case LIST -> {
                if (!mixed) {
                    list(node);
                }
                node.list().elements().forEach(element -> visit(element, mixed));
            }
            case MAP -> {
                if (!mixed) {
                    map(node);
                }
                node.map().entries().forEach(entry -> {
                    visit(entry.key(), mixed);
                    visit(entry.value(), mixed);
                });
            }
            case STRUCT -> node.struct().entries().forEach(entry -> visit(entry.value(), mixed));
            case COMPREHENSION -> {
                var loop = node.comprehension();
                visit(loop.iterRange(), mixed);
                visit(loop.accuInit(), mixed);
                visit(loop.loopCondition(), mixed);
                visit(loop.loopStep(), mixed);
                visit(loop.result(), mixed);
            }
            case CONSTANT, IDENT, NOT_SET -> {}
        }
    }

    private void list(CelExpr node) {
        CelType expected = null;
        for (int i = 0; i < node.list().elements().size(); i++) {
            boolean optional = node.list().optionalIndices().contains(i);
            expected = same(expected, node.list().elements().get(i), optional);
        }
    }

    private void map(CelExpr node) {
        CelType keys = null;
        CelType values = null;
        for (var entry : node.map().entries()) {
            keys = same(keys, entry.key(), false);
            values = same(values, entry.value(), entry.optionalEntry());
        }
    }

    private @Nullable CelType same(@Nullable CelType expected, CelExpr element, boolean optional) {
        CelType type = tree.getType(element.id()).orElse(null);
        CelType actual =
                optional && type instanceof OptionalType of ? of.parameters().getFirst() : type;
        if (expected == null || actual == null || expected.equals(actual)) {
            return actual;
        }
        throw problem(
                element,
                "expected type '" + CelTypes.format(expected) + "' but found '" + CelTypes.format(actual) + "'");
    }

    private void texts(CelCall call) {
        if (PATTERNS.contains(call.function()) && !call.args().isEmpty()) {
            CelExpr pattern =
                    call.args().get(call.target().isPresent() ? 0 : call.args().size() - 1);
            text(pattern).ifPresent(text -> {
                try {
                    var _ = Pattern.compile(text);
                } catch (PatternSyntaxException e) {
                    throw problem(pattern, "invalid " + call.function() + " argument: " + e.getMessage());
                }
            });
        }
        if (call.target().isPresent() || call.args().size() != 1) {
            return;
        }
        CelExpr argument = call.args().getFirst();
        text(argument)
                .filter(text -> switch (call.function()) {
                    case "duration" -> !DURATION.matcher(text).matches();
                    case "timestamp" -> !isTimestamp(text);
                    default -> false;
                })
                .ifPresent(text -> {
                    throw problem(argument, "invalid " + call.function() + " argument");
                });
    }

    private static boolean isTimestamp(String text) {
        try {
            var _ = OffsetDateTime.parse(text);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static Optional<String> text(CelExpr node) {
        boolean text = node.getKind() == Kind.CONSTANT && node.constant().getKind() == CelConstant.Kind.STRING_VALUE;
        return text ? Optional.of(node.constant().stringValue()) : Optional.empty();
    }

    private CelProblem problem(CelExpr node, String message) {
        Integer offset = tree.getSource().getPositionsMap().get(node.id());
        Optional<CelSourceLocation> found =
                offset == null ? Optional.empty() : tree.getSource().getOffsetLocation(offset);
        String where = found.map(at -> {
                    String line = tree.getSource().getSnippet(at.getLine()).orElse("");
                    return "ERROR: <input>:" + at.getLine() + ":" + (at.getColumn() + 1) + ": " + message + "\n | "
                            + line + "\n | " + ".".repeat(at.getColumn()) + "^";
                })
                .orElse(message);
        return new CelProblem(CelProblem.Kind.COMPILATION, "compilation failed: " + where);
    }
}
