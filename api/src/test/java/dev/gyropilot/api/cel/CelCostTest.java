package dev.gyropilot.api.cel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What expressions cost in Kubernetes' units: counted when they run, and at worst. */
class CelCostTest {
    private static final CelEnvironment ENVIRONMENT = CelEnvironment.of(Map.of(
            "name", SimpleType.STRING,
            "tags", ListType.create(SimpleType.STRING),
            "labels", MapType.create(SimpleType.STRING, SimpleType.DYN)));
    private static final Map<String, Object> VALUES =
            Map.of("name", "a".repeat(25), "tags", List.of("x", "y"), "labels", Map.of("n", 3L, "s", "text"));

    private static OptionalLong bounds(List<String> path) {
        return switch (path.getFirst()) {
            case "name" -> OptionalLong.of(63);
            case "tags" -> OptionalLong.of(path.size() == 1 ? 8 : 20);
            case "labels" -> OptionalLong.of(path.size() == 1 ? 16 : 64);
            default -> OptionalLong.empty();
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            true                                       | 0  | 0
            1 == 1                                     | 1  | 1
            labels.n == 3                              | 3  | 3
            has(labels.n)                              | 1  | 1
            'n' in labels                              | 2  | 2
            name == 'a'                                | 2  | 2
            name == name                               | 5  | 9
            name.startsWith('a')                       | 2  | 2
            name.contains('aaaaaaaaaaaa')              | 7  | 15
            name.matches('^a+$')                       | 4  | 8
            name + name == ''                          | 7  | 15
            labels.n in [1, 2, 3]                      | 2  | 15
            tags.exists(t, t == 'y')                   | 14 | 50
            tags.all(t, t.size() > 0)                  | 14 | 50
            tags.map(t, t).size() == 2                 | 30 | 118
            quantity('1Gi').compareTo(quantity('1')) > 0 | 4 | 4
            tags.includes('y')                         | 3  | 49
            labels[?'zz'].hasValue()                   | 2  | 3
            labels.?n.orValue(0) == 3                  | 3  | 4
            (labels.n == 3 ? labels : labels).n == 3   | 5  | 6
            labels.all(k, labels[k] != 5)              | 14 | 114
            """)
    void countsAsKubernetes(String expression, long actual, long worst) {
        CelExpression compiled = ENVIRONMENT.compile(expression, SimpleType.BOOL);
        var budget = CelBudget.perObject();
        compiled.evaluate(VALUES, budget);
        assertThat(CelBudget.STEPS_PER_OBJECT - budget.left()).as(expression).isEqualTo(actual);
        assertThat(compiled.worstCost(CelCostTest::bounds))
                .as("worst of " + expression)
                .isEqualTo(worst);
    }
}
