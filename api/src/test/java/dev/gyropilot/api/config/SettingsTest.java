package dev.gyropilot.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Sample DEFAULTS = new Sample(10, Duration.ofSeconds(90), List.of("a"), "fixed");

    record Sample(
            @Setting("How many.") int requests,
            @Setting("How long.") Duration hold,
            @Setting("Which.") List<String> names,
            String internal) {
        Sample {
            if (requests < 1) {
                throw new IllegalArgumentException("requests is " + requests + ", but must be at least 1");
            }
        }
    }

    private static JsonNode json(String text) throws Exception {
        return JsonMapper.builder().build().readTree(text);
    }

    @Test
    void setsWhatIsNamedAndKeepsTheRest() throws Exception {
        assertThat(Settings.bind("s", json("{\"requests\": 3, \"hold\": \"5m\"}"), DEFAULTS))
                .isEqualTo(new Sample(3, Duration.ofMinutes(5), List.of("a"), "fixed"));
        assertThat(Settings.bind("s", json("{}").path("absent"), DEFAULTS)).isSameAs(DEFAULTS);
    }

    @Test
    void namesTheSettingItsValueAndTheRemedy() {
        assertThatThrownBy(() -> Settings.bind("s", json("{\"request\": 3}"), DEFAULTS))
                .hasMessage("s.request is not a setting; maybe you meant s.requests");
        assertThatThrownBy(() -> Settings.bind("s", json("{\"zzzzzzzz\": 3}"), DEFAULTS))
                .hasMessage("s.zzzzzzzz is not a setting; there are: requests, hold, names");
        assertThatThrownBy(() -> Settings.bind("s", json("{\"hold\": 3}"), DEFAULTS))
                .hasMessage("s.hold is 3, but must be a duration such as 500ms, 30s, 5m, 2h or 1d");
        assertThatThrownBy(() -> Settings.bind("s", json("{\"requests\": 0}"), DEFAULTS))
                .hasMessage("s: requests is 0, but must be at least 1");
        assertThatThrownBy(() -> Settings.bind("s", json("{\"internal\": \"x\"}"), DEFAULTS))
                .hasMessageStartingWith("s.internal is not a setting");
    }

    @Test
    void describesDefaults() {
        assertThat(Settings.describe(DEFAULTS))
                .extracting(Settings.Description::name, Settings.Description::defaultValue)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("requests", "10"),
                        org.assertj.core.groups.Tuple.tuple("hold", "90s"),
                        org.assertj.core.groups.Tuple.tuple("names", "[a]"));
    }
}
