package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.DeviceId;
import dev.gyropilot.brain.placement.device.DeviceTaint;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Scope;
import dev.gyropilot.brain.placement.device.Slice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorldTest {
    private static final DeviceId DEVICE = new DeviceId(new PoolId("gpu.example.com", "a"), "gpu-0");
    private final World world = new World();
    private final Pod pod =
            new Pod("p", "p", PodShape.of("default", Map.of(), Map.of("cpu", 1000L)), 0, 0, List.of("c"), List.of());
    private final Claim claim =
            new Claim("default", "c", "uid", List.of(), List.of(), List.of(), Optional.empty(), Set.of(), false);
    private final ClaimAllocation allocation = new ClaimAllocation(
            "default",
            "c",
            "uid",
            List.of(new ClaimAllocation.Result(
                    "gpu", DEVICE, false, List.of(), List.of(), List.of(), Optional.empty(), Map.of())),
            List.of(),
            Optional.empty());
    private final Verdict.Placed placed = new Verdict.Placed("a", List.of(allocation), List.of());

    private void node(String name) {
        world.node(new Node(name, Map.of(), List.of(), false, Map.of("cpu", 4000L, "pods", 10L)));
    }

    private int holders() {
        return world.snapshot().devices().holders(DEVICE);
    }

    @Test
    void aDecisionHoldsUntilTheInformerShowsIt() {
        node("a");
        world.claim(claim, 1);
        world.decided(pod, placed);
        assertThat(world.snapshot().free("a", "cpu")).isEqualTo(3000);
        assertThat(holders()).isEqualTo(1);

        world.claim(claim, 2);
        assertThat(holders()).as("an older version must not take it back").isEqualTo(1);
        world.written(placed, Map.of("c", 3L));
        world.claim(claim, 2);
        assertThat(holders()).isEqualTo(1);
        world.claim(claim.allocated(allocation, Set.of("p")), 3);
        assertThat(holders()).isEqualTo(1);
        world.claim(claim, 4);
        assertThat(holders()).as("released by the claim controller").isZero();
    }

    @Test
    void aReleaseThatWasSeenBeforeTheWriteReturnedCounts() {
        node("a");
        world.claim(claim, 1);
        world.decided(pod, placed);
        world.claim(claim, 9);
        world.written(placed, Map.of("c", 3L));
        assertThat(holders()).isZero();
    }

    @Test
    void othersWaitForASharedClaimUntilItIsWritten() {
        node("a");
        world.claim(claim, 1);
        world.decided(pod, placed);
        assertThat(world.sharesUnwrittenClaim(pod)).isTrue();
        world.written(placed, Map.of("c", 3L));
        assertThat(world.sharesUnwrittenClaim(pod)).isFalse();
    }

    @Test
    void aFailedDecisionLeavesNothingBehind() {
        node("a");
        world.claim(claim, 1);
        world.decided(pod, placed);
        world.undone(pod, placed);
        assertThat(world.snapshot().free("a", "cpu")).isEqualTo(4000);
        assertThat(holders()).isZero();
        assertThat(world.isPlaced("p")).isFalse();
    }

    @Test
    void podsOfAnUnknownNodeCountOnceItComes() {
        world.placed(pod, "a");
        node("a");
        assertThat(world.snapshot().free("a", "cpu")).isEqualTo(3000);
        world.nodeGone("a");
        node("a");
        assertThat(world.snapshot().free("a", "cpu")).isEqualTo(3000);
        world.podGone("p");
        assertThat(world.snapshot().free("a", "cpu")).isEqualTo(4000);
    }

    @Test
    void anUnchangedNodeHelpsNobody() {
        node("a");
        assertThat(world.node(new Node("a", Map.of(), List.of(), false, Map.of("cpu", 4000L, "pods", 10L))))
                .isEmpty();
        assertThat(world.node(new Node("a", Map.of(), List.of(), false, Map.of("cpu", 5000L, "pods", 10L))))
                .isNotEmpty();
    }

    @Test
    void aTaintThatDoesNotSayItCountsFromWhenItWasSeen() {
        var device = new Device(
                DEVICE.device(),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                List.of(new DeviceTaint("broken", "", "NoExecute", 0)),
                false,
                List.of(),
                List.of(),
                false);
        var slice = new Slice("s", DEVICE.pool(), 1, 1, new Scope.OnNode("a"), List.of(device), List.of());
        world.slice(slice, 1000);
        world.slice(slice, 2000);
        var held = claim.allocated(allocation, Set.of("p"));
        assertThat(world.snapshot().devices().eviction(held).orElseThrow().atMillis())
                .isEqualTo(1000);
        world.sliceGone("s");
        assertThat(world.mayEvict()).isFalse();
        assertThat(world.snapshot().devices().eviction(held)).isEmpty();
    }
}
