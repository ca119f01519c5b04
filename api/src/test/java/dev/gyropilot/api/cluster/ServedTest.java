package dev.gyropilot.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServedTest {
    private final Set<Class<?>> api = new HashSet<>(Set.of(Pod.class));
    private final List<Class<? extends HasMetadata>> asked = new ArrayList<>();
    private Instant now = Instant.EPOCH;
    private final Served served = new Served(
            kind -> {
                asked.add(kind);
                return api.contains(kind);
            },
            () -> now);

    @Test
    void asksOnceForWhatIsThere() {
        assertThat(served.has(Pod.class)).isTrue();
        now = now.plus(Duration.ofDays(1));
        assertThat(served.has(Pod.class)).isTrue();
        assertThat(asked).hasSize(1);
    }

    @Test
    void noticesAnUpgradeWithoutAskingOften() {
        assertThat(served.has(ResourceSlice.class)).isFalse();
        api.add(ResourceSlice.class);
        now = now.plus(Served.LOOK_AGAIN).minusMillis(1);
        assertThat(served.has(ResourceSlice.class)).isFalse();
        assertThat(asked).hasSize(1);
        now = now.plusMillis(1);
        assertThat(served.has(ResourceSlice.class)).isTrue();
        assertThat(asked).hasSize(2);
    }
}
