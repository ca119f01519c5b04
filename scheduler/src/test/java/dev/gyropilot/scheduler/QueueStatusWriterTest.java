package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.queue.QueueSpec;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import dev.gyropilot.api.queue.QueueStatus;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.QueueRules;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QueueStatusWriterTest {
    @Test
    void devicesThatTheClusterCannotClaimAreTold() {
        QueueStatus lacking = status(queue(new Amounts(2.0, 1.0, null), null), false);
        assertThat(Conditions.find(lacking.conditions(), Conditions.SUPPORTED)).hasValueSatisfying(condition -> {
            assertThat(condition.getStatus()).isEqualTo("False");
            assertThat(condition.getReason()).isEqualTo(Conditions.DYNAMIC_RESOURCES_MISSING);
            assertThat(condition.getMessage()).contains("resource.k8s.io/v1", "Kubernetes 1.34");
        });
        assertThat(Conditions.isTrue(lacking.conditions(), Conditions.READY)).isTrue();
    }

    @Test
    void nothingIsToldOfWhatNobodyAsksForOrIsThere() {
        assertThat(status(queue(new Amounts(0.0, 4.0, null), null), false).conditions())
                .hasSize(1);
        assertThat(status(queue(null, new Amounts(8.0, null, null)), true).conditions())
                .hasSize(1);
    }

    @Test
    void anUpgradeTurnsTheCondition() {
        Queue queue = queue(null, new Amounts(8.0, null, null));
        queue.setStatus(status(queue, false));
        assertThat(Conditions.isTrue(status(queue, true).conditions(), Conditions.SUPPORTED))
                .isTrue();
    }

    private static Queue queue(@Nullable Amounts guaranteed, @Nullable Amounts limit) {
        Queue queue = new Queue();
        queue.setMetadata(
                new ObjectMetaBuilder().withName("research").withGeneration(3L).build());
        queue.setSpec(new QueueSpec(null, guaranteed, limit, null, null, null));
        return queue;
    }

    private static QueueStatus status(Queue queue, boolean devicesServed) {
        QueueRules rules = QueueFeed.read(queue);
        return QueueStatusWriter.status(
                queue,
                new QueueStatuses.Seen(rules, Amount.NONE, 0, 0, Optional.empty()),
                devicesServed,
                Instant.parse("2026-01-01T00:00:00Z"));
    }
}
