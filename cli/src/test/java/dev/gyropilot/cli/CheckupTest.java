package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckupTest {
    private static List<Condition> supported(boolean value, String message) {
        return Conditions.with(
                List.of(), Conditions.SUPPORTED, value, value ? "Supported" : "Missing", message, 1, Instant.EPOCH);
    }

    @Test
    void namesWhatAsksForMoreThanTheClusterHas() {
        Finding finding = Checkup.unmet(Map.of(
                "modelservice team/chat", supported(false, "use Kubernetes 1.34"),
                "queue research", supported(false, "use Kubernetes 1.34"),
                "modelservice team/words", supported(true, "")));
        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.BAD);
        assertThat(finding.message())
                .isEqualTo("modelservice team/chat, queue research ask for what the cluster lacks");
        assertThat(finding.remedy()).isEqualTo("use Kubernetes 1.34");
    }

    @Test
    void findsNothingWhereNothingIsLacking() {
        assertThat(Checkup.unmet(Map.of("queue research", List.of())).verdict()).isEqualTo(Finding.Verdict.GOOD);
    }
}
