package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.queue.Decision.Why;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole rounds on small clusters; most are troubles that users of other schedulers reported. */
class CycleTest {
    private static final Level REQUIRED = new Level(Cell.RACK, true);
    private final Cell cell = new Cell();

    @Test
    void aGangRunsAsAWholeOrHoldsNothing() {
        cell.nodes(2, 8, 2).submit("big", "", 0, 3, 8).submit("small", "", 0, 1, 8);
        cell.settle();
        assertThat(cell.running).containsOnlyKeys("small");
        assertThat(cell.reason("big")).startsWith("1 of 3 pods of big find a place, big-1 does not: 0/2 nodes");

        cell.nodes(4, 8, 2).settle();
        assertThat(cell.running).containsOnlyKeys("small", "big");
    }

    @Test
    @DisplayName("Volcano-3373: of two gangs of 100 pods on 100 nodes one runs whole, and the other holds nothing")
    void ofTwoLargeGangsOneRunsWholeAndTheOtherHoldsNothing() {
        cell.nodes(100, 1, 100).submit("a", "", 0, 100, 1).submit("b", "", 0, 100, 1);
        cell.settle();
        assertThat(cell.running).hasSize(1);
        assertThat(cell.running.values().iterator().next().pods()).hasSize(100);
        assertThat(cell.snapshot.nodes())
                .allSatisfy(node ->
                        assertThat(cell.snapshot.free(node.name(), Cell.GPU)).isZero());
    }

    @Test
    void aRequiredRackIsTheTightestThatHoldsTheGang() {
        cell.node("a0", 8, "a")
                .node("b0", 8, "b")
                .node("b1", 8, "b")
                .node("c0", 8, "c")
                .node("c1", 8, "c")
                .node("c2", 8, "c");
        cell.submit("gang", "", 0, 2, 8, REQUIRED).settle();
        assertThat(cell.runs("gang").pods()).extracting(p -> p.node()).containsExactlyInAnyOrder("b0", "b1");

        cell.submit("four", "", 0, 4, 8, REQUIRED).settle();
        assertThat(cell.reason("four")).isEqualTo("no rack has room for all 4 pods of four; the best of 3 takes 3.");
    }

    @Test
    void aPreferredRackIsNotInsistedOn() {
        cell.nodes(4, 8, 2)
                .submit("gang", "", 0, 3, 8, new Level(Cell.RACK, false))
                .settle();
        assertThat(cell.running).containsKey("gang");
    }

    @Test
    void aMissingTopologyLabelIsNamed() {
        cell.nodes(2, 8, 2)
                .submit("gang", "", 0, 2, 8, new Level("example.com/block", true))
                .settle();
        assertThat(cell.reason("gang")).startsWith("no node has the label example.com/block");
    }

    @Test
    @DisplayName("KAI-1591: a rack that is full of work that may be stopped stays a candidate for a gang")
    void occupiedButPreemptibleRacksStayCandidates() {
        cell.nodes(11, 4, 11);
        IntStream.range(0, 44).forEach(i -> cell.submit("low" + i, "", 0, 1, 1));
        cell.settle().submit("gang", "", 100, 11, 4, REQUIRED).settle();
        assertThat(cell.running).containsOnlyKeys("gang");
        assertThat(cell.stopped).hasSize(44);
    }

    @Test
    @DisplayName("Kueue-5243: nobody is stopped where no node can be freed, and one where one is enough")
    void nobodyIsStoppedWhereNoNodeCanBeFreedAndOneWhereOneIsEnough() {
        cell.nodes(4, 8, 4);
        for (int node = 0; node < 4; node++) {
            // The fullest node is taken first: six and two fill one.
            int first = node;
            IntStream.range(0, 6).forEach(i -> cell.submit("high" + first + i, "", 100, 1, 1));
            cell.settle();
            IntStream.range(0, 2).forEach(i -> cell.submit("low" + first + i, "", 0, 1, 1));
            cell.settle();
        }
        cell.submit("whole", "", 100, 1, 8).settle();
        assertThat(cell.stopped).isEmpty();
        assertThat(cell.reason("whole")).contains("Insufficient nvidia.com/gpu");

        cell.submit("one", "", 100, 1, 1).settle();
        assertThat(cell.stopped).singleElement().asString().startsWith("low");
        assertThat(cell.running).containsKey("one");
    }

    @Test
    void aGuaranteeIsTakenBackToTheDeviceAndNotBeyond() {
        cell.nodes(38, 8, 38).queue("a", "", 100, -1).queue("b", "", 0, -1);
        IntStream.range(0, 600).forEach(i -> cell.submit("b" + i, "b", 0, 1, 1));
        cell.settle();
        assertThat(cell.devices("b")).isEqualTo(304);
        IntStream.range(0, 200).forEach(i -> cell.submit("a" + i, "a", 0, 1, 1));
        for (int i = 0; i < 60; i++) {
            cell.step();
        }
        assertThat(cell.devices("a")).isEqualTo(100);
        assertThat(cell.devices("b")).isEqualTo(204);
        assertThat(cell.stopped).hasSize(100);
    }

    @Test
    void queuesWithoutGuaranteesDoNotStopEachOther() {
        cell.nodes(1, 8, 1).queue("a", "", 0, -1).queue("b", "", 0, -1);
        IntStream.range(0, 5).forEach(i -> cell.submit("a" + i, "a", 0, 1, 1).submit("b" + i, "b", 0, 1, 1));
        cell.settle();
        assertThat(cell.devices("a")).isEqualTo(4);
        assertThat(cell.devices("b")).isEqualTo(4);
        assertThat(cell.stopped).isEmpty();
    }

    @Test
    void victimsAreChosenInsideOneRack() {
        cell.nodes(8, 4, 4).queue("lender", "", 16, -1).queue("other", "", 0, -1);
        IntStream.range(0, 32).forEach(i -> cell.submit("o" + i, "other", 0, 1, 1));
        cell.settle().submit("clique", "lender", 0, 4, 4, REQUIRED).settle();
        assertThat(cell.running).containsKey("clique");
        assertThat(cell.stopped).hasSize(16);
        assertThat(cell.runs("clique").pods())
                .extracting(
                        p -> cell.snapshot.node(p.node()).orElseThrow().labels().get(Cell.RACK))
                .containsOnly(cell.snapshot
                        .node(cell.runs("clique").pods().getFirst().node())
                        .orElseThrow()
                        .labels()
                        .get(Cell.RACK));
    }

    @Test
    void victimsAreWholeGangsAndThoseThatLoseLeast() {
        cell.nodes(2, 8, 2).submit("old", "", 0, 1, 8).settle();
        cell.pass(7200).submit("young", "", 0, 1, 8).settle();
        cell.submit("urgent", "", 100, 1, 8).settle();
        assertThat(cell.stopped).containsExactly("young");
    }

    @Test
    void aJobBehindThousandThatDoNotFitStartsAtOnce() {
        cell.nodes(4, 8, 4);
        IntStream.range(0, 1000).forEach(i -> cell.submit("huge" + i, "", 100, 9, 8));
        cell.submit("fits", "", 0, 1, 1).settle();
        assertThat(cell.running).containsOnlyKeys("fits");
    }

    @Test
    @DisplayName("KAI-1731, Kueue-KEP-10852: who waits for quota is told the queue and the smallest raise that helps")
    void aLimitSaysWhichQueueAndTheSmallestRaise() {
        cell.nodes(4, 8, 4).queue("org", "", 0, 8).queue("team", "org", 0, -1);
        cell.submit("a", "team", 0, 1, 6).settle();
        cell.submit("b", "team", 0, 1, 4).settle();
        assertThat(cell.why("b")).isEqualTo(Why.QUOTA);
        assertThat(cell.reason("b"))
                .isEqualTo(
                        "queue org may use at most 8 devices, and uses 6 devices: 4 devices more do not fit now."
                                + " Remedy: raise spec.limit.devices of queue org to 10, or wait until it uses 2 devices less.");

        cell.queues.set(0, QueueRules.of("org", "", 0, 10));
        cell.settle();
        assertThat(cell.running).as("the remedy holds what it says").containsKey("b");
    }

    @Test
    void aGuaranteeIsTakenBackWithinTheLimitOfTheQueueAbove() {
        cell.nodes(12, 8, 12)
                .queue("org", "", 48, 64)
                .queue("research", "org", 32, -1)
                .queue("product", "org", 16, -1);
        IntStream.range(0, 60).forEach(i -> cell.submit("p" + i, "product", 0, 1, 1));
        cell.settle().submit("gang", "research", 0, 4, 8).settle();
        assertThat(cell.running).containsKey("gang");
        assertThat(cell.devices("product")).isEqualTo(32);
        assertThat(cell.stopped).hasSize(28);
    }

    @Test
    void workOfHigherPriorityMakesQuotaInItsQueue() {
        cell.nodes(4, 8, 4).queue("team", "", 0, 8);
        cell.submit("low1", "team", 0, 1, 2).submit("low2", "team", 0, 1, 6).settle();
        cell.submit("high", "team", 10, 1, 2).settle();
        assertThat(cell.running).containsOnlyKeys("high", "low2");
    }

    @Test
    void unknownAndCircularQueuesAreNamed() {
        cell.nodes(1, 8, 1).queue("x", "y", 0, -1).queue("y", "x", 0, -1).queue("z", "gone", 0, -1);
        cell.submit("1", "nosuch", 0, 1, 1)
                .submit("2", "x", 0, 1, 1)
                .submit("3", "z", 0, 1, 1)
                .submit("4", "", 0, 1, 1);
        cell.settle();
        assertThat(cell.reason("1")).isEqualTo("there is no queue nosuch. Create it, or correct the label.");
        assertThat(cell.reason("2"))
                .isEqualTo(
                        "spec.parent of queue x leads in a circle: x is below y is below x. Let one of them name another"
                                + " queue, or none.");
        assertThat(cell.reason("3"))
                .isEqualTo(
                        "spec.parent of queue z is gone, and there is no such queue. Create it, or correct the name.");
        assertThat(cell.running).as("others go on").containsOnlyKeys("4");
    }

    @Test
    @DisplayName("KAI-1969: small jobs go before a waiting gang only where that does not delay it")
    void theHeadIsNotDelayedByBackfill() {
        cell.nodes(2, 8, 2).submitFor(100, "runs", "", 0, 1, 8).settle();
        cell.submitFor(1000, "head", "", 0, 2, 8).settle();
        long promised = cell.reservations.getFirst().startMillis();
        assertThat(promised).isEqualTo(cell.now + 100_000);

        cell.submitFor(200, "long", "", 0, 1, 8)
                .submitFor(50, "short", "", 0, 1, 8)
                .settle();
        assertThat(cell.running).containsOnlyKeys("runs", "short");
        assertThat(cell.why("long")).isIn(Why.RESERVED, Why.ROOM);

        for (int i = 0; i < 10; i++) {
            cell.pass(10).submitFor(200, "more" + i, "", 0, 1, 4).settle();
        }
        assertThat(cell.running).containsKey("head");
        assertThat(cell.runs("head").startedMillis()).isLessThanOrEqualTo(promised);
    }

    @Test
    void smallJobsRunBesideTheKeptPlaces() {
        cell.nodes(2, 8, 2).submitFor(100, "runs", "", 0, 1, 8).settle();
        cell.submitFor(1000, "head", "", 0, 2, 8).settle();
        cell.submitFor(5000, "small", "", 0, 1, 1).settle();
        assertThat(cell.running).doesNotContainKey("small");
        cell.node("n3", 4, "r0").settle();
        assertThat(cell.running).containsKey("small");
        assertThat(cell.runs("small").pods().getFirst().node()).isEqualTo("n3");
    }

    @Test
    void theSmallerShareIsNextAndWeightsCount() {
        cell.nodes(5, 6, 5);
        cell.queues.add(QueueRules.of("one", "", 0, -1));
        QueueRules plain = QueueRules.of("two", "", 0, -1);
        cell.queues.add(new QueueRules(
                "two", Optional.empty(), plain.guaranteed(), plain.limit(), 2, true, plain.reclaim(), true));
        IntStream.range(0, 60)
                .forEach(i -> cell.submit("one" + i, "one", 0, 1, 1).submit("two" + i, "two", 0, 1, 1));
        cell.settle();
        assertThat(cell.devices("one")).isEqualTo(10);
        assertThat(cell.devices("two")).isEqualTo(20);
    }

    @Test
    void pastUsageFadesByHalfEachHalfLife() {
        var history = new UsageHistory(1000);
        var tree = QueueTree.of(List.of(QueueRules.of("q", "", 0, -1)), new Amount(10_000, 0, 0));
        tree.charge("q", new Amount(8000, 0, 0), 1);
        history.advance(tree, 0);
        history.advance(tree, 100_000);
        assertThat(tree.share(1)).isCloseTo(1.6, org.assertj.core.data.Offset.offset(1e-6));
        tree.charge("q", new Amount(8000, 0, 0), -1);
        history.advance(tree, 101_000);
        assertThat(tree.share(1)).isCloseTo(0.4, org.assertj.core.data.Offset.offset(1e-6));
    }

    @Test
    @DisplayName(
            "KAI-1731, Kueue-KEP-10852: who waits for room is told the fewest nodes or the lowest priority that help")
    void aRemedyIsTheFewestNodesOrTheLowestPriorityThatHelp() {
        cell.nodes(2, 8, 2).submit("runs", "", 20, 1, 8).settle();
        Job job = cell.job("waits", "", 0, 3, 8);
        cell.submit(job).settle();
        assertThat(cell.remedy(job)).isEqualTo(" Remedy: 2 more nodes like n0.");

        Job one = cell.job("one", "", 0, 2, 8);
        assertThat(cell.remedy(one)).isEqualTo(" Remedy: 1 more node like n0, or a priority of 21 in place of 0.");
        cell.waiting.clear();
        cell.submit(cell.job("raised", "", 21, 2, 8)).settle();
        assertThat(cell.running).as("the priority helps").containsOnlyKeys("raised");
    }

    @Test
    @DisplayName("Volcano-5805: a gang below its minimum comes before fresh work of its queue")
    void aStrandedGangComesFirst() {
        cell.nodes(1, 8, 1).submit("fresh", "", 0, 1, 8);
        Job job = cell.job("stranded", "", 0, 1, 8);
        cell.submit(new Job("stranded", "", 0, cell.now + 5, job.group(), job.demand(), 0, true, true))
                .settle();
        assertThat(cell.running).containsOnlyKeys("stranded");
    }
}
