package dev.gyropilot.brain.placement.gang;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GangPlacementTest {
    private static final PodShape SHAPE = PodShape.of("default", Map.of(), Map.of("gpu", 1L));
    private final GangPlacement gangs = new GangPlacement(1, new Allocator(Features.ALL, new CelSelectors()));
    private Snapshot snapshot = Snapshot.EMPTY;

    /** Blocks of two racks of two NVLink domains of two nodes with one device each. */
    private void blocks(int count) {
        var edit = Snapshot.EMPTY.edit();
        for (int n = 0; n < count * 8; n++) {
            edit.node(new Node(
                    "n" + n,
                    Map.of("block", "b" + n / 8, "rack", "r" + n / 4, "nvlink", "v" + n / 2),
                    List.of(),
                    false,
                    Map.of("cpu", 1000L, "pods", 10L, "gpu", 1L)));
        }
        snapshot = edit.build();
    }

    private void occupy(String... nodes) {
        var edit = snapshot.edit();
        for (String node : nodes) {
            edit.place(Pod.of("on-" + node, SHAPE, 0), node);
        }
        snapshot = edit.build();
    }

    private static List<Pod> pods(String name, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Pod.of(name + i, SHAPE, 0))
                .toList();
    }

    private Set<String> labels(GangVerdict verdict, String key, String pods) {
        return ((GangVerdict.Placed) verdict)
                .assignments().stream()
                        .filter(a -> a.pod().name().startsWith(pods))
                        .map(a -> snapshot.node(a.placed().node())
                                .orElseThrow()
                                .labels()
                                .getOrDefault(key, ""))
                        .collect(Collectors.toSet());
    }

    @Test
    void nestedLevelsAreMetTogether() {
        blocks(2);
        occupy("n0");
        var group = new Group(
                "g", List.of(new Level("block", true), new Level("rack", true)), Map.of(), pods("p", 4), List.of());
        GangVerdict verdict = gangs.place(snapshot, group);
        assertThat(labels(verdict, "rack", "p")).hasSize(1).doesNotContain("r0");
        assertThat(labels(verdict, "block", "p"))
                .as("the block that is used already")
                .containsExactly("b0");
    }

    @Test
    void partsGoIntoDomainsOfTheirOwnInsideThatOfTheWhole() {
        blocks(2);
        occupy("n1");
        var link = List.of(new Level("nvlink", true));
        var group = new Group(
                "g",
                List.of(new Level("block", true)),
                Map.of(),
                List.of(),
                IntStream.range(0, 4)
                        .mapToObj(i -> new Group("part" + i, link, Map.of(), pods("part" + i + "-", 2), List.of()))
                        .toList());
        GangVerdict verdict = gangs.place(snapshot, group);
        assertThat(labels(verdict, "block", "part")).containsExactly("b1");
        for (int i = 0; i < 4; i++) {
            assertThat(labels(verdict, "nvlink", "part" + i)).hasSize(1);
        }
    }

    @Test
    void preferredLevelsSpreadOverAsFewDomainsAsPossible() {
        blocks(1);
        occupy("n0", "n2");
        var group = new Group("g", List.of(new Level("nvlink", false)), Map.of(), pods("p", 4), List.of());
        assertThat(labels(gangs.place(snapshot, group), "nvlink", "p")).containsExactlyInAnyOrder("v2", "v3");
    }

    @Test
    void membersThatRunBindTheOthersToTheirDomain() {
        blocks(2);
        var group = new Group("g", List.of(new Level("rack", true)), Map.of("rack", "r3"), pods("p", 2), List.of());
        assertThat(labels(gangs.place(snapshot, group), "rack", "p")).containsExactly("r3");
        occupy("n12", "n13", "n14");
        assertThat(gangs.place(snapshot, group)).isInstanceOf(GangVerdict.Refused.class);
    }

    @Test
    void theTightestDomainsOfATreeAreTaken() {
        // Twelve nodes in a tree of three levels, five busy: the three that are nearest to each other are n5, n7 and
        // n8.
        var edit = Snapshot.EMPTY.edit();
        for (int n = 1; n <= 12; n++) {
            String leaf = "s" + (n <= 2 ? 1 : n <= 4 ? 2 : n <= 8 ? 3 : n <= 10 ? 4 : 5);
            edit.node(new Node(
                    "n" + n,
                    Map.of("leaf", leaf, "spine", n <= 8 ? "x" : "y"),
                    List.of(),
                    false,
                    Map.of("cpu", 1000L, "pods", 10L, "gpu", 1L)));
        }
        snapshot = edit.build();
        occupy("n1", "n3", "n6", "n9", "n11");
        var group = new Group(
                "g", List.of(new Level("spine", false), new Level("leaf", false)), Map.of(), pods("p", 3), List.of());
        assertThat(((GangVerdict.Placed) gangs.place(snapshot, group)).assignments())
                .extracting(a -> a.placed().node())
                .containsExactlyInAnyOrder("n5", "n7", "n8");
    }

    @Test
    void aSmallPodGivesWayToALargeOneOfItsGroup() {
        snapshot = Snapshot.EMPTY
                .edit()
                .node(node("much-cpu", 64_000, 4))
                .node(node("little-cpu", 8_000, 8))
                .build();
        Pod small = Pod.of("small", PodShape.of("default", Map.of(), Map.of("cpu", 100L, "gpu", 2L)), 0);
        Pod large = Pod.of("large", PodShape.of("default", Map.of(), Map.of("cpu", 32_000L, "gpu", 4L)), 0);
        Group group = Group.of("g", List.of(small, large));
        assertThat(gangs.placeAtOnce(snapshot, group))
                .as("alone the small one is best off where only the large one can go")
                .isInstanceOf(GangVerdict.Refused.class);
        assertThat(places(gangs.place(snapshot, group))).isEqualTo(Map.of("small", "little-cpu", "large", "much-cpu"));
    }

    @Test
    void whatDoesNotFitInAnyOrderIsRefusedWithTheFirstReason() {
        snapshot = Snapshot.EMPTY.edit().node(node("n", 64_000, 4)).build();
        List<Pod> pods = IntStream.range(0, 6)
                .mapToObj(i -> Pod.of(
                        "p" + i,
                        PodShape.of("default", Map.of("pod", "p" + i), Map.of("cpu", 1000L + i, "gpu", 1L)),
                        0))
                .toList();
        GangVerdict verdict = gangs.place(snapshot, Group.of("g", pods));
        assertThat(verdict).isEqualTo(gangs.placeAtOnce(snapshot, Group.of("g", pods)));
        assertThat(((GangVerdict.Refused) verdict).message())
                .startsWith("4 of 6 pods of g find a place, p4 does not: 0/1 nodes are available: 1 Insufficient gpu.");
    }

    private static Node node(String name, long cpu, long gpus) {
        return new Node(name, Map.of(), List.of(), false, Map.of("cpu", cpu, "pods", 10L, "gpu", gpus));
    }

    private static Map<String, String> places(GangVerdict verdict) {
        return ((GangVerdict.Placed) verdict)
                .assignments().stream()
                        .collect(Collectors.toMap(
                                a -> a.pod().name(), a -> a.placed().node()));
    }
}
