package dev.gyropilot.api.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.Map;

/** A compiled expression. Immutable and thread-safe. */
public final class CelExpression {
    private final CelRuntime.Program program;
    private final CelAbstractSyntaxTree tree;
    private final Anatomy anatomy;

    CelExpression(CelRuntime.Program program, CelAbstractSyntaxTree tree) {
        this.program = program;
        this.tree = tree;
        this.anatomy = Anatomy.of(tree);
    }

    /** The type of its result, as checked. */
    public CelType resultType() {
        return tree.getResultType();
    }

    /** Whether it refers to a variable of this name. */
    public boolean uses(String variable) {
        return tree.getReferenceMap().values().stream()
                .anyMatch(reference -> reference.name().equals(variable));
    }

    /** The greatest cost that an evaluation can have when values are no larger than this. */
    public long worstCost(SizeBounds bounds) {
        return WorstCase.of(tree, bounds);
    }

    /**
     * The value of the expression: {@code Boolean}, {@code Long}, {@code Double}, {@code String}, {@code List}, {@code Map},
     * {@code Instant}, {@code Duration}, {@code Optional} and so on.
     *
     * @param values by variable; JSON objects as maps, integers as {@code Long}
     * @throws CelProblem when it fails or costs too much
     */
    public Object evaluate(Map<String, ?> values, CelBudget budget) {
        CelBudget own = new CelBudget(Math.min(CelBudget.STEPS_PER_EXPRESSION, Math.max(0, budget.left())));
        long before = own.left();
        var cost = new ActualCost(anatomy);
        try {
            return program.trace(values, (node, value) -> {
                own.spend(cost.of(node, value));
                if (own.exhausted()) {
                    throw new CelProblem(CelProblem.Kind.COST, "operation cancelled: actual cost limit exceeded");
                }
            });
        } catch (CelEvaluationException e) {
            if (own.exhausted()) {
                throw new CelProblem(CelProblem.Kind.COST, "operation cancelled: actual cost limit exceeded");
            }
            throw new CelProblem(CelProblem.Kind.EVALUATION, words(e));
        } catch (CelProblem e) {
            throw e;
        } catch (RuntimeException e) {
            // Functions of the library may fail on odd values; that is the expression's fault, not the server's.
            throw new CelProblem(CelProblem.Kind.EVALUATION, words(e));
        } finally {
            budget.spend(before - own.left());
        }
    }

    /** What the failing function said, without the places that CEL adds. */
    private static String words(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).replaceFirst("^evaluation error[^:]*:[0-9]*:? ?", "");
    }
}
