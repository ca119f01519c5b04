package dev.gyropilot.node.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SimulationSpecTest {
    @Test
    void readsGroups() {
        var spec = SimulationSpec.parse("8xH100x100,4xl4x10");
        assertThat(spec.groups())
                .containsExactly(
                        new SimulationSpec.Group(8, Accelerator.H100, 100),
                        new SimulationSpec.Group(4, Accelerator.L4, 10));
        assertThat(SimulatedObjects.shapes(spec))
                .hasSize(110)
                .extracting(SimulatedObjects.Shape::name)
                .doesNotHaveDuplicates();
    }

    @Test
    void saysHowItShouldLook() {
        assertThatThrownBy(() -> SimulationSpec.parse("100")).hasMessageContaining("8xH100x100");
        assertThatThrownBy(() -> SimulationSpec.parse("8xZ9x1"))
                .hasMessageContaining("Z9")
                .hasMessageContaining("H100");
        assertThatThrownBy(() -> SimulationSpec.parse("8xH100x999999")).hasMessageContaining("5000");
    }

    @Test
    void readsDurations() {
        assertThat(SimulatedDuration.parse("1h30m")).contains(Duration.ofMinutes(90));
        assertThat(SimulatedDuration.parse("1.5s")).contains(Duration.ofMillis(1500));
        assertThat(SimulatedDuration.parse("soon")).isEmpty();
    }
}
