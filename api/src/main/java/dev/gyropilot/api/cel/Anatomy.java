package dev.gyropilot.api.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be known about the parts of an expression to count its cost as Kubernetes does. Its evaluator takes a variable
 * with all that is selected from it for one step, and computes beforehand what depends on constants alone.
 */
final class Anatomy {
    private static final Set<String> CONVERSIONS =
            Set.of("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint");

    /** Constants, and lists, maps and conversions of constants: their values are known before. */
    private final Set<Long> constants = new HashSet<>();

    /** Identifiers with which an index or a branch begins; they are looked up together with it. */
    private final Set<Long> free = new HashSet<>();

    /** Selections from something other than a variable, which first has to become one. */
    private final Set<Long> anchored = new HashSet<>();

    /** Operands that the interpreter evaluates twice. */
    private final Set<Long> doubled = new HashSet<>();

    private final CelAbstractSyntaxTree tree;

    private Anatomy(CelAbstractSyntaxTree tree) {
        this.tree = tree;
    }

    static Anatomy of(CelAbstractSyntaxTree tree) {
        var anatomy = new Anatomy(tree);
        anatomy.visit(tree.getExpr());
        return anatomy;
    }

    /** Whether the types of a call's operands leave several overloads, of which the evaluator only then picks one. */
    boolean isAmbiguous(CelExpr call) {
        return tree.getReference(call.id())
                .filter(reference -> reference.overloadIds().size() > 1)
                .isPresent();
    }

    /** Whether evaluating this node itself costs nothing. */
    boolean isFree(CelExpr node) {
        return constants.contains(node.id()) || free.contains(node.id());
    }

    boolean isAnchored(CelExpr node) {
        return anchored.contains(node.id());
    }

    boolean isDoubled(CelExpr node) {
        return doubled.contains(node.id());
    }

    Object value(CelExpr node) {
        CelConstant constant = node.constant();
        return switch (constant.getKind()) {
            case STRING_VALUE -> constant.stringValue();
            case BYTES_VALUE -> constant.bytesValue();
            case BOOLEAN_VALUE -> constant.booleanValue();
            case INT64_VALUE -> constant.int64Value();
            case DOUBLE_VALUE -> constant.doubleValue();
            default -> constant;
        };
    }

    private boolean visit(CelExpr node) {
        boolean constant = switch (node.getKind()) {
            case CONSTANT -> true;
            case SELECT -> {
                anchor(node, node.select().operand());
                visit(node.select().operand());
                yield false;
            }
            case CALL -> call(node, node.call());
            case LIST -> {
                boolean all = true;
                for (CelExpr element : node.list().elements()) {
                    all &= visit(element);
                }
                yield all && node.list().optionalIndices().isEmpty();
            }
            case MAP -> {
                boolean all = true;
                for (var entry : node.map().entries()) {
                    all &= !entry.optionalEntry();
                    all &= visit(entry.key());
                    all &= visit(entry.value());
                }
                yield all;
            }
            case STRUCT -> {
                node.struct().entries().forEach(entry -> visit(entry.value()));
                yield false;
            }
            case COMPREHENSION -> {
                var loop = node.comprehension();
                visit(loop.iterRange());
                visit(loop.accuInit());
                visit(loop.loopCondition());
                visit(loop.loopStep());
                visit(loop.result());
                yield false;
            }
            // The name of a type is its value.
            case IDENT -> tree.getType(node.id()).map(CelType::kind).orElse(CelKind.DYN) == CelKind.TYPE;
            case NOT_SET -> false;
        };
        if (constant) {
            constants.add(node.id());
        }
        return constant;
    }

    private boolean call(CelExpr node, CelCall call) {
        if (isIndex(call)) {
            anchor(node, call.args().getFirst());
            root(call.args().get(1)).ifPresent(root -> free.add(root.id()));
            if (call.function().equals("_?._")) {
                doubled.add(call.args().getFirst().id());
            }
        }
        if (call.function().equals("_?_:_")) {
            root(call.args().get(1)).ifPresent(root -> free.add(root.id()));
            root(call.args().get(2)).ifPresent(root -> free.add(root.id()));
        }
        call.target().ifPresent(this::visit);
        boolean all = true;
        for (CelExpr argument : call.args()) {
            all &= visit(argument);
        }
        if (call.function().equals("@in")) {
            // Looking a value up in a constant list of plain values takes one step that is not counted.
            CelExpr list = call.args().get(1);
            return list.getKind() == Kind.LIST
                    && constants.contains(list.id())
                    && list.list().elements().stream().allMatch(Anatomy::plain);
        }
        return all && call.target().isEmpty() && call.args().size() == 1 && CONVERSIONS.contains(call.function());
    }

    private static boolean isIndex(CelCall call) {
        return switch (call.function()) {
            case "_[_]", "_[?_]", "_?._" -> true;
            default -> false;
        };
    }

    private void anchor(CelExpr node, CelExpr operand) {
        boolean chain = switch (operand.getKind()) {
            case IDENT, SELECT -> true;
            case CALL -> isIndex(operand.call()) || operand.call().function().equals("_?_:_");
            default -> false;
        };
        if (!chain) {
            anchored.add(node.id());
        }
    }

    /** The variable with which a chain of selections begins. */
    private static Optional<CelExpr> root(CelExpr node) {
        return switch (node.getKind()) {
            case IDENT -> Optional.of(node);
            case SELECT -> root(node.select().operand());
            case CALL -> isIndex(node.call()) ? root(node.call().args().getFirst()) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static boolean plain(CelExpr node) {
        return node.getKind() == Kind.CONSTANT && node.constant().getKind() != CelConstant.Kind.BYTES_VALUE;
    }
}
