package dev.gyropilot.api.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CelEnvironmentTest {
    private static final CelEnvironment ENVIRONMENT = CelEnvironment.of(Map.of(
            "device", MapType.create(SimpleType.STRING, SimpleType.DYN),
            "numbers", ListType.create(SimpleType.INT)));
    private static final Map<String, Object> VALUES = Map.of(
            "device",
            Map.of(
                    "driver",
                    "gpu.example.com",
                    "attributes",
                    Map.of("gpu.example.com", Map.of("model", "H100", "cores", 132L)),
                    "capacity",
                    Map.of("gpu.example.com", Map.of("memory", "80Gi"))),
            "numbers",
            LongStream.range(0, 2000).boxed().toList());

    private static Object evaluate(String expression) {
        return ENVIRONMENT.compile(expression, SimpleType.DYN).evaluate(VALUES, CelBudget.perObject());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 + 1 == 2 && 'a' in ['a'] && has({'a': 1}.a)",
                "device.driver == 'gpu.example.com' && device.attributes['gpu.example.com'].model == 'H100'",
                "quantity(device.capacity['gpu.example.com'].memory).compareTo(quantity('40Gi')) >= 0",
                "[1, 2, 2].isSorted() && ![2, 1].isSorted() && ['a', 'b'].isSorted() && [].isSorted()",
                "[1, 3, 2].sum() == 6 && [1.5, 1.5].sum() == 3.0 && [duration('1s'), duration('2s')].sum() == duration('3s')",
                "[1, 3, 2].max() == 3 && ['b', 'a'].min() == 'a'",
                "[1, 2, 2].indexOf(2) == 1 && [1, 2, 2].lastIndexOf(2) == 2 && ['a'].indexOf('b') == -1",
                "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1']",
                "'abc'.matches('b') && !'abc'.matches('^b')",
                "'%s is %d of %.2f and %s'.format(['x', 3, 1.005, [1, 'a']]) == 'x is 3 of 1.00 and [1, a]'",
                "' a '.trim() == 'a' && 'a,b'.split(',') == ['a', 'b'] && 'AB'.lowerAscii() == 'ab' && 'abc'.substring(1) == 'bc'",
                "['a', 'b'].join('-') == 'a-b' && 'aa'.replace('a', 'b') == 'bb' && 'abca'.lastIndexOf('a') == 3",
                "url('https://example.com:80/a?b=c').getHost() == 'example.com:80' && url('https://x/y').getScheme() == 'https'",
                "url('https://[::1]:8/p%20q?x=1&x=2').getHostname() == '::1' && url('https://h/p?x=1&x=2').getQuery()['x'] == ['1', '2']",
                "isURL('https://a') && !isURL('../a') && url('https://h/p%20q').getEscapedPath() == '/p%20q' && url('https://h').getPort() == ''",
                "quantity('1.5Gi').isGreaterThan(quantity('1G')) && quantity('1k') == quantity('1000') && isQuantity('20m') && !isQuantity('20q')",
                "quantity('1k').asInteger() == 1000 && !quantity('50m').isInteger() && quantity('50k').add(20) == quantity('50020') && quantity('-1').sign() == -1",
                "quantity('200m').asApproximateFloat() == 0.2 && quantity('3').sub(quantity('1')).compareTo(quantity('2')) == 0 && quantity('1e3') == quantity('1k')",
                "ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && !isIP('256.0.0.1') && !isIP('127.0.0.01')",
                "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && string(ip('2001:db8:0::1')) == '2001:db8::1'",
                "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1')) && cidr('10.0.0.0/8').prefixLength() == 8",
                "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && isCIDR('::/0') && !isCIDR('::/129')",
                "!format.dns1123Label().validate('abc').hasValue() && format.dns1123Label().validate('A').hasValue()",
                "format.named('uuid').hasValue() && !format.named('nope').hasValue() && format.named('date').value().validate('2026-13-01').hasValue()",
                "semver('1.2.3').major() == 1 && semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && isSemver('1.0') == false",
                "semver('v1.2', true) == semver('1.2.0') && semver('1.10.0').compareTo(semver('1.9.0')) == 1",
                "sets.contains([1, 2], [1]) && sets.equivalent([1, 2], [2, 1])",
                "optional.of(1).orValue(2) == 1 && {'a': 1}[?'b'].orValue(3) == 3 && !optional.none().hasValue()",
                "[1, 2].all(i, v, i < v) && {'a': 1}.exists(k, v, k == 'a' && v == 1) && [1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]",
                "[3, 1, 2].sort() == [1, 2, 3] && [1, 1].distinct() == [1]",
                "timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-02T00:00:00Z') && duration('1h').getHours() == 1",
                "1 < 2.5 && 3.0 == double(3)",
            })
    void evaluatesAsKubernetes(String expression) {
        assertThat(evaluate(expression)).as(expression).isEqualTo(true);
    }

    @Test
    void saysWhereAnExpressionIsWrong() {
        assertThatThrownBy(() -> ENVIRONMENT.compile("devise.driver == 'x'", SimpleType.BOOL))
                .isInstanceOfSatisfying(
                        CelProblem.class, e -> assertThat(e.kind()).isEqualTo(CelProblem.Kind.COMPILATION))
                .hasMessageContaining("undeclared reference to 'devise'");
        assertThatThrownBy(() -> ENVIRONMENT.compile("1 + 1", SimpleType.BOOL))
                .hasMessageContaining("must evaluate to bool");
        assertThatThrownBy(() -> ENVIRONMENT.compile("(((", SimpleType.BOOL)).isInstanceOf(CelProblem.class);
        assertThatThrownBy(() -> ENVIRONMENT.compile("x".repeat(40_000), SimpleType.BOOL))
                .isInstanceOf(CelProblem.class);
        assertThatThrownBy(() -> ENVIRONMENT.compile("(".repeat(5000) + "1" + ")".repeat(5000), SimpleType.DYN))
                .isInstanceOf(CelProblem.class);
    }

    @Test
    void failsOnValuesThatDoNotFit() {
        assertThatThrownBy(() -> evaluate("device.attributes['other'].x == 1"))
                .isInstanceOfSatisfying(
                        CelProblem.class, e -> assertThat(e.kind()).isEqualTo(CelProblem.Kind.EVALUATION));
        assertThatThrownBy(() -> evaluate("quantity('x').isInteger()")).hasMessageContaining("quantities must match");
        assertThatThrownBy(() -> evaluate("1 / 0 == 1")).isInstanceOf(CelProblem.class);
    }

    @Test
    void stopsWhatCostsTooMuch() {
        CelBudget budget = CelBudget.perObject();
        CelExpression endless = ENVIRONMENT.compile("numbers.all(a, numbers.all(b, a + b >= 0))", SimpleType.BOOL);
        assertThatThrownBy(() -> endless.evaluate(VALUES, budget))
                .isInstanceOfSatisfying(
                        CelProblem.class, e -> assertThat(e.kind()).isEqualTo(CelProblem.Kind.COST));
        assertThat(endless.uses("numbers")).isTrue();
        assertThat(endless.uses("device")).isFalse();
        assertThat(List.of(budget.left() < CelBudget.STEPS_PER_OBJECT)).containsExactly(true);
    }
}
