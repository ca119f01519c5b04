package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.preemption.Candidates;
import dev.gyropilot.brain.placement.preemption.Plan;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Rights;
import dev.gyropilot.brain.placement.preemption.Victim;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Troubles with gangs and with making room for them that users of other schedulers reported, each named by its issue. Some have
 * their test elsewhere, under the same kind of name; {@code grep} for the issue finds it.
 */
class NamedGangScenariosTest {
    private static final Level RACK = new Level(Cell.RACK, true);
    private final Cell cell = new Cell();

    /** Four nodes of four: on each, two devices are in use by right and two are borrowed. */
    private void halfBorrowed(long lenderGuarantee) {
        cell.nodes(4, 4, 4)
                .queue("kept", "", 8, -1)
                .queue("borrower", "", 0, -1)
                .queue("lender", "", lenderGuarantee, -1);
        for (int i = 0; i < 4; i++) {
            // The fullest node is taken first: the two fill one.
            cell.submit("kept" + i, "kept", 0, 1, 2).settle();
            cell.submit("borrowed" + i, "borrower", 0, 1, 2).settle();
        }
    }

    @Test
    @DisplayName("KAI-1537, KAI-1660: a reclaim whose only solution spans several nodes is found")
    void aReclaimSpansNodes() {
        halfBorrowed(8);
        cell.submit("gang", "lender", 0, 4, 2).settle();
        assertThat(cell.stopped).containsExactlyInAnyOrder("borrowed0", "borrowed1", "borrowed2", "borrowed3");
        assertThat(nodes("gang")).hasSize(4);
    }

    @Test
    @DisplayName("KAI-1537, KAI-1660: where no reclaim helps that is proven, not given up")
    void thatNoReclaimHelpsIsProven() {
        halfBorrowed(10);
        cell.submit("gang", "lender", 0, 5, 2).settle();
        assertThat(cell.stopped).isEmpty();
        assertThat(cell.reason("gang")).contains("4 nodes are available");

        var allocator = new Allocator(Features.ALL, new CelSelectors());
        var borrowed = new Candidates(cell.running.values().stream()
                .filter(work -> work.queue().equals("borrower"))
                .map(work -> new Victim(work.id(), work.pods(), 1))
                .toList());
        Plan plan = new Preemptor(1, allocator, new GangPlacement(1, allocator))
                .plan(
                        cell.snapshot,
                        cell.job("again", "lender", 0, 5, 2).group(),
                        borrowed,
                        Rights.ALL,
                        Preemptor.STEP_LIMIT);
        assertThat(plan).isInstanceOf(Plan.Impossible.class);
    }

    @Test
    @DisplayName("Kueue-10815: victims are chosen inside one clique of 16 nodes, and the plan is carried out")
    void victimsAreChosenInsideOneClique() {
        cell.nodes(48, 4, 16).queue("asks", "", 64, -1).queue("lends", "", 128, -1);
        IntStream.range(0, 192).forEach(i -> cell.submit("lent" + i, "lends", 0, 1, 1));
        cell.settle().submit("clique", "asks", 0, 16, 4, RACK).settle();
        assertThat(cell.stopped).hasSize(64);
        assertThat(racks("clique")).hasSize(1);
        assertThat(cell.devices("lends")).as("not below its guarantee").isEqualTo(128);
    }

    @Test
    @DisplayName("Kueue-10089: a victim that holds GPUs and one that holds only CPU on the same node are both selected")
    void victimsOfDifferentKinds() {
        cell.node("n0", 8, "r0");
        cell.submit("gpus", "", 0, 1, 4)
                .submit(cell.job("cpu", "", 0, List.of(cell.pod("cpu", 0, Map.of("cpu", 60_000L)))))
                .settle();
        assertThat(cell.running).hasSize(2);
        Pod wants = cell.pod("wants", 100, Map.of("cpu", 32_000L, Cell.GPU, 8L));
        cell.submit(cell.job("wants", "", 100, List.of(wants))).settle();
        assertThat(cell.running).containsOnlyKeys("wants");
        assertThat(cell.stopped).containsExactlyInAnyOrder("gpus", "cpu");
    }

    @Test
    @DisplayName("Kueue-10497: a victim that holds GPUs and one that holds only a pod slot are both selected")
    void victimsOfPodSlots() {
        cell.snapshot = cell.snapshot
                .edit()
                .node(new Node("n0", Map.of(), List.of(), false, Map.of("cpu", 64_000L, "pods", 2L, Cell.GPU, 8L)))
                .build();
        cell.submit("gpus", "", 0, 1, 4)
                .submit(cell.job("slot", "", 0, List.of(cell.pod("slot", 0, Map.of()))))
                .settle();
        assertThat(cell.running).hasSize(2);
        cell.submit("pair", "", 100, 2, 4).settle();
        assertThat(cell.running).containsOnlyKeys("pair");
        assertThat(cell.stopped).containsExactlyInAnyOrder("gpus", "slot");
    }

    @Test
    @DisplayName(
            "Kueue-12478: for an important gang work in quota is not stopped, and the refusal says what is missing")
    void workInQuotaStays() {
        cell.nodes(4, 4, 2).queue("owner", "", 16, -1).queue("important", "", 0, -1);
        IntStream.range(0, 16).forEach(i -> cell.submit("own" + i, "owner", 0, 1, 1));
        cell.settle();
        Job gang = cell.job("gang", "important", 1000, 2, 4, RACK);
        cell.submit(gang).settle();
        assertThat(cell.stopped).isEmpty();
        assertThat(cell.reason("gang")).isEqualTo("no rack has room for all 2 pods of gang; the best of 2 takes 0.");
        assertThat(cell.remedy(gang)).startsWith(" Remedy: 2 more nodes like n");
    }

    @Test
    @DisplayName("Kueue-12478: lesser work of the gang's own queue makes the rack free, and starts again elsewhere")
    void lesserWorkStartsAgainElsewhere() {
        cell.nodes(4, 4, 2).queue("team", "", 16, -1);
        for (int i = 0; i < 4; i++) {
            // The fullest node is taken first: the two fill one, of which then half is free.
            cell.submit("lesser" + i, "team", 0, 1, 2).settle();
            cell.submit("filler" + i, "team", 0, 1, 2).settle();
        }
        IntStream.range(0, 4).forEach(i -> cell.end("filler" + i));
        cell.submit("gang", "team", 1000, 2, 4, RACK).settle();
        assertThat(cell.stopped).hasSize(2);
        assertThat(racks("gang")).hasSize(1);

        cell.stopped.forEach(id -> cell.submit(id, "team", 0, 1, 2));
        cell.settle();
        assertThat(cell.running).containsOnlyKeys("gang", "lesser0", "lesser1", "lesser2", "lesser3");
    }

    @Test
    @DisplayName(
            "Kueue-4474: pods without a wish for nearness take the single free GPUs, and the pair stays for who needs it")
    void singlesGoToSingles() {
        occupied(2, 3, 3);
        cell.submit("a", "", 0, 2, 1).settle();
        cell.submit("b", "", 0, 1, 2).settle();
        assertThat(cell.running).containsOnlyKeys("a", "b");
        assertThat(nodes("a")).containsExactlyInAnyOrder("n1", "n2");
    }

    @Test
    @DisplayName("Kueue-3909: a job of equal shape and higher priority takes the place of one whose flavor would do")
    void aJobOfEqualShapeTakesThePlace() {
        flavor("a", 3);
        cell.submit("first", "", 0, 3, 8).settle();
        flavor("b", 3);
        cell.submit("kept", "", 200, 3, 8).settle();
        flavor("c", 1);
        cell.submit("urgent", "", 100, 3, 8).settle();
        assertThat(cell.stopped).containsExactly("first");
        assertThat(cell.running).containsOnlyKeys("kept", "urgent");
    }

    @Test
    @DisplayName(
            "Volcano-5805: a gang that lost a pod to a repair heals before fresh work of a queue with a smaller share")
    void aStrandedGangComesBeforeFreshWorkOfOthers() {
        cell.nodes(3, 8, 3).queue("large", "", 0, -1).queue("small", "", 0, -1);
        cell.submit("gang", "large", 0, 3, 8).settle();
        String lost = cell.lose("gang");
        Job rest = cell.job("gang-again", "large", 0, 1, 8);
        cell.submit("fresh", "small", 0, 1, 8)
                .submit(new Job(
                        rest.id(), rest.queue(), 0, rest.createdMillis(), rest.group(), rest.demand(), 0, true, true))
                .settle();
        assertThat(cell.running).containsOnlyKeys("gang");

        cell.node(lost, 8, "r0").settle();
        assertThat(cell.running).containsOnlyKeys("gang", "gang-again");
    }

    @Test
    @DisplayName(
            "spark-operator-2512: small jobs run past a large gang, whose places are free again once it is deleted")
    void nothingIsKeptForADeletedGang() {
        cell.nodes(4, 4, 4);
        cell.submitFor(1000, "runs", "", 0, 1, 4).settle();
        cell.submitFor(5000, "gang", "", 0, 4, 4).settle();
        assertThat(cell.reservations).hasSize(1);
        cell.submitFor(100, "short0", "", 0, 1, 2)
                .submitFor(100, "short1", "", 0, 1, 2)
                .settle();
        assertThat(cell.running).containsOnlyKeys("runs", "short0", "short1");
        cell.submitFor(9000, "long", "", 0, 1, 4).settle();
        assertThat(cell.running).doesNotContainKey("long");

        cell.waiting.remove("gang");
        cell.settle();
        assertThat(cell.reservations).isEmpty();
        assertThat(cell.running).containsOnlyKeys("runs", "short0", "short1", "long");
    }

    /** Nodes with four devices each, of which so many are in use. */
    private void occupied(int... used) {
        cell.nodes(used.length, 4, used.length);
        var edit = cell.snapshot.edit();
        for (int i = 0; i < used.length; i++) {
            edit.place(cell.pod("on" + i, 0, Map.of("cpu", 100L, Cell.GPU, (long) used[i])), "n" + i);
        }
        cell.snapshot = edit.build();
    }

    private void flavor(String name, int nodes) {
        IntStream.range(0, nodes).forEach(i -> cell.node(name + i, 8, name));
    }

    private Set<String> nodes(String job) {
        var nodes = new HashSet<String>();
        cell.runs(job).pods().forEach(pod -> nodes.add(pod.node()));
        return nodes;
    }

    private Set<String> racks(String job) {
        var racks = new HashSet<String>();
        for (String node : nodes(job)) {
            racks.add(cell.snapshot.node(node).orElseThrow().labels().getOrDefault(Cell.RACK, ""));
        }
        return racks;
    }
}
