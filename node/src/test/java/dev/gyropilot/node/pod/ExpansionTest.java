package dev.gyropilot.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpansionTest {
    @ParameterizedTest
    @CsvSource({
        "plain,plain",
        "$(A),one",
        "x$(A)y$(B)z,xoneytwoz",
        "$$(A),$(A)",
        "$$$(A),$one",
        "$(MISSING),$(MISSING)",
        "$(A,$(A",
        "$A,$A",
        "cost $,cost $",
        "$$,$",
        "$(NESTED),$(A)",
    })
    void expandsAsKubernetesDoes(String text, String expected) {
        assertThat(Expansion.expand(text, Map.of("A", "one", "B", "two", "NESTED", "$(A)")))
                .isEqualTo(expected);
    }
}
