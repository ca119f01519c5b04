package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.queue.Decision.Start;
import dev.gyropilot.brain.placement.queue.Decision.Why;
import dev.gyropilot.brain.placement.queue.QueueRules.Reclaim;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Troubles with queues, quotas and reclaim that users of other schedulers reported, each named by its issue. Some have their test
 * elsewhere, under the same kind of name; {@code grep} for the issue finds it.
 */
class NamedQueueScenariosTest {
    private static final String MIG = "nvidia.com/mig-1g.10gb";
    private final Cell cell = new Cell();

    @Test
    @DisplayName("KAI-987: MIG instances count as their part of a device, for quota and for reclaim")
    void instancesCount() {
        cell.snapshot = cell.snapshot
                .edit()
                .node(new Node("n0", Map.of(), List.of(), false, Map.of("cpu", 64_000L, "pods", 110L, MIG, 14L)))
                .build();
        cell.queue("a", "", 1, -1).queue("b", "", 0, -1);
        IntStream.range(0, 14).forEach(i -> submitMig("b" + i, "b", 1));
        cell.settle();
        assertThat(cell.tree().usage("b").deviceMillis()).isLessThanOrEqualTo(2000);

        IntStream.range(0, 9).forEach(i -> submitMig("a" + i, "a", 1));
        cell.settle();
        assertThat(cell.stopped).as("a device has seven of them").hasSize(7);
        assertThat(cell.running.keySet()).filteredOn(id -> id.startsWith("a")).hasSize(7);
    }

    private void submitMig(String id, String queue, long instances) {
        Pod pod = cell.pod(id, 0, Map.of("cpu", 100L, MIG, instances));
        cell.submit(cell.job(id, queue, 0, List.of(pod)));
    }

    @ParameterizedTest
    @DisplayName("KAI-1873: a request for more than can be counted is refused, and hides no other demand")
    @CsvSource({
        "nvidia.com/gpu, 9223372036854775807",
        "nvidia.com/gpu, 9223372036854775",
        "nvidia.com/mig-1g.10gb, 9223372036854775807",
        "cpu, 9223372036854775807"
    })
    void anOverflowHidesNothing(String resource, long amount) {
        cell.nodes(1, 8, 1).queue("team", "", 0, 8);
        Pod bad = cell.pod("bad", 10, Map.of(resource, amount));
        assertThat(Demand.of(cell.snapshot.devices(), bad)).satisfies(demand -> {
            assertThat(demand.deviceMillis()).isNotNegative();
            assertThat(demand.cpuMillis()).isNotNegative();
        });
        Pod good = cell.pod("good", 10, Map.of(Cell.GPU, 8L));
        Job both = cell.job("both", "team", 10, List.of(bad, good, good));
        assertThat(both.demand().deviceMillis()).isGreaterThanOrEqualTo(16_000);
        cell.submit(both)
                .submit(cell.job("bad", "team", 10, List.of(bad)))
                .submit("fits", "team", 0, 1, 6)
                .settle();
        assertThat(cell.running).containsOnlyKeys("fits");
        assertThat(cell.why("both")).isEqualTo(Why.QUOTA);
        cell.submit("second", "team", 0, 1, 6).settle();
        assertThat(cell.why("second")).as("the quota still holds").isEqualTo(Why.QUOTA);
    }

    @ParameterizedTest
    @DisplayName("KAI-2065: over-quota work goes first, guarantees hold, and whose work is stopped can be configured")
    @CsvSource({"ANY, 4", "LOWER_PRIORITY, 2", "NEVER, 0"})
    void overQuotaWorkGoesFirst(Reclaim reclaim, int stopped) {
        cell.nodes(3, 4, 3).queue("owner", "", 4, -1).queue("borrower", "", 4, -1);
        QueueRules plain = QueueRules.of("asks", "", 4, -1);
        cell.queues.add(
                new QueueRules("asks", Optional.empty(), plain.guaranteed(), plain.limit(), 1, true, reclaim, true));
        IntStream.range(0, 4).forEach(i -> cell.submit("owned" + i, "owner", 0, 1, 1));
        IntStream.range(0, 6).forEach(i -> cell.submit("high" + i, "borrower", 20, 1, 1));
        IntStream.range(0, 2).forEach(i -> cell.submit("low" + i, "borrower", 0, 1, 1));
        cell.settle();
        assertThat(cell.running).hasSize(12);

        IntStream.range(0, 5).forEach(i -> cell.submit("ask" + i, "asks", 10, 1, 1));
        cell.settle();
        assertThat(cell.stopped).hasSize(stopped);
        if (stopped >= 2) {
            assertThat(cell.stopped).as("the lowest priority first").contains("low0", "low1");
        }
        assertThat(cell.devices("owner")).as("it uses what it is guaranteed").isEqualTo(4);
        assertThat(cell.devices("borrower")).isEqualTo(8 - stopped);
        assertThat(cell.devices("asks")).isEqualTo(stopped);
    }

    @Test
    @DisplayName("Kueue-14477: with 1300 nodes free all 536 jobs of a queue are admitted in one cycle")
    void manyAdmissionsInOneCycle() {
        cell.nodes(1300, 8, 16).queue("team", "", 10_400, -1);
        IntStream.range(0, 536).forEach(i -> cell.submit("job" + i, "team", 0, 2, 8));
        assertThat(cell.step().decisions()).hasSize(536).allMatch(decision -> decision instanceof Start);
    }

    @Test
    @DisplayName(
            "Kueue-9715, Kueue-8095: of 10,000 the first 1000 do not fit, and the next starts in each cycle that has room")
    void theFirstThatFitsStarts() {
        cell.nodes(4, 8, 4);
        IntStream.range(0, 1000).forEach(i -> cell.submit("huge" + i, "", 100, 5, 8));
        cell.submit("fits", "", 50, 1, 8);
        IntStream.range(0, 8999).forEach(i -> cell.submit("later" + i, "", 0, 5, 8));
        cell.step();
        assertThat(cell.running).containsOnlyKeys("fits");

        // Work that is asked for again in between starts no scan anew.
        IntStream.range(0, 10).forEach(i -> cell.submit("huge" + i, "", 100, 5, 8));
        cell.submit("fits too", "", 50, 1, 8);
        cell.step();
        assertThat(cell.running).containsOnlyKeys("fits", "fits too");
    }

    @ParameterizedTest
    @DisplayName(
            "Volcano-3869: two queues with five replicas each and no room for all come to rest, and none stops the other")
    @CsvSource({"0", "4"})
    void twoQueuesComeToRest(long guarantee) {
        cell.nodes(1, 8, 1).queue("a", "", guarantee, -1).queue("b", "", guarantee, -1);
        IntStream.range(0, 5).forEach(i -> cell.submit("a" + i, "a", 0, 1, 1).submit("b" + i, "b", 0, 1, 1));
        for (int i = 0; i < 20; i++) {
            cell.step();
        }
        assertThat(cell.stopped).isEmpty();
        assertThat(cell.devices("a")).isEqualTo(4);
        assertThat(cell.devices("b")).isEqualTo(4);
    }

    @Test
    @DisplayName("YuniKorn-759: of 300 GPUs lent to 600 pods the owner of 100 gets exactly 100 back")
    void exactlyTheGuaranteeComesBack() {
        cell.nodes(75, 4, 75).queue("a", "", 100, -1).queue("b", "", 0, -1);
        IntStream.range(0, 600).forEach(i -> cell.submit("b" + i, "b", 0, 1, 1));
        cell.settle();
        assertThat(cell.devices("b")).isEqualTo(300);
        IntStream.range(0, 100).forEach(i -> cell.submit("a" + i, "a", 0, 1, 1));
        for (int i = 0; i < 60; i++) {
            cell.step();
        }
        assertThat(cell.devices("a")).isEqualTo(100);
        assertThat(cell.devices("b")).isEqualTo(200);
        assertThat(cell.stopped).hasSize(100);
    }
}
