package dev.gyropilot.apiserver.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.gyropilot.api.cel.CelBudget;
import dev.gyropilot.api.cel.CelEnvironment;
import dev.gyropilot.api.cel.CelExpression;
import dev.gyropilot.api.cel.CelProblem;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One compiled rule.
 *
 * @param source as in the schema
 * @param transition whether it compares with the stored value
 * @param optionalOld whether it also runs without a stored value
 */
record Rule(
        JsonNode source,
        CelExpression expression,
        @Nullable CelExpression message,
        boolean transition,
        boolean optionalOld) {

    /**
     * Compiles a rule for values of a type.
     *
     * @throws CelProblem when it does not compile
     */
    static Rule compile(JsonNode source, CelType self, List<CelType> structs) {
        boolean optionalOld = source.path("optionalOldSelf").asBoolean(false);
        CelEnvironment environment = CelEnvironment.of(
                Map.of("self", self, "oldSelf", optionalOld ? OptionalType.create(self) : self), structs);
        CelExpression expression =
                environment.compile(source.path("rule").asText().strip(), SimpleType.BOOL);
        boolean transition = expression.uses("oldSelf");
        if (optionalOld && !transition) {
            throw new CelProblem(
                    CelProblem.Kind.COMPILATION, "optionalOldSelf may not be set if oldSelf is not used in rule");
        }
        return new Rule(source, expression, message(source, environment), transition, optionalOld);
    }

    private static @Nullable CelExpression message(JsonNode source, CelEnvironment environment) {
        String text = source.path("messageExpression").asText("").strip();
        return text.isEmpty() ? null : environment.compile(text, SimpleType.STRING);
    }

    /** The finding, or null when the rule holds. */
    @Nullable
    FieldError check(Map<String, Object> variables, String path, CelBudget budget) {
        try {
            Object holds = expression.evaluate(variables, budget);
            return Boolean.TRUE.equals(holds) ? null : finding(path, words(variables, budget));
        } catch (CelProblem problem) {
            if (problem.kind() == CelProblem.Kind.COST) {
                return FieldError.invalid(
                        path,
                        "",
                        "validation failed due to running out of cost budget, no further validation rules will be run");
            }
            return FieldError.invalid(path, "", problem.getMessage() + " evaluating rule: " + words());
        }
    }

    private FieldError finding(String path, String words) {
        String below = source.path("fieldPath").asText("").strip();
        String field = below.isEmpty() ? path : path.equals("<nil>") ? below.substring(1) : path + below;
        FieldError.Type type = switch (source.path("reason").asText()) {
            case "FieldValueRequired" -> FieldError.Type.REQUIRED;
            case "FieldValueForbidden" -> FieldError.Type.FORBIDDEN;
            case "FieldValueDuplicate" -> FieldError.Type.DUPLICATE;
            default -> FieldError.Type.INVALID;
        };
        return FieldError.of(type, field, "", words);
    }

    private String words(Map<String, Object> variables, CelBudget budget) {
        if (message != null) {
            try {
                Object made = message.evaluate(variables, budget);
                if (made instanceof String text && !text.isBlank() && text.indexOf('\n') < 0) {
                    return text.strip();
                }
            } catch (CelProblem problem) {
                return words();
            }
        }
        return words();
    }

    private String words() {
        String fixed = source.path("message").asText("").strip();
        return fixed.isEmpty() ? "failed rule: " + source.path("rule").asText().strip() : fixed;
    }
}
