package dev.gyropilot.brain.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LeastLoadTest {
    private static final long NOW = 1_000_000;
    private final Policy policy = new LeastLoad();

    @Test
    void refusesWithoutReplicas() {
        assertThat(policy.pick(new Snapshot(List.of()), PickRequest.first(NOW), 1))
                .isEqualTo(new Verdict.Refused(Verdict.Refusal.NO_REPLICA));
    }

    @Test
    void takesTheLeastOfOwnAndReportedLoad() {
        Snapshot snapshot = new Snapshot(List.of(
                new EndpointLoad("a:1", 3, 0, 0, 0, Ejection.NONE),
                new EndpointLoad("b:1", 0, 4, 1, 0, Ejection.NONE),
                new EndpointLoad("c:1", 1, 1, 1, 0, Ejection.NONE)));
        assertThat(policy.pick(snapshot, new PickRequest(NOW, new BitSet(), 5), 7))
                .isEqualTo(new Verdict.Picked(2, List.of(0, 1), Verdict.Reason.LEAST_LOAD));
    }

    @Test
    void avoidsAFullCache() {
        Snapshot snapshot = new Snapshot(List.of(
                new EndpointLoad("a:1", 0, 0, 0, 0.99, Ejection.NONE),
                new EndpointLoad("b:1", 5, 0, 0, 0.4, Ejection.NONE)));
        assertThat(picked(snapshot, PickRequest.first(NOW), 1)).isEqualTo(1);
    }

    @Test
    void leavesOutWhatJustFailedAndReturnsToItLater() {
        Ejection failed = Ejection.NONE.failed(NOW);
        Snapshot snapshot = new Snapshot(List.of(
                new EndpointLoad("a:1", 0, 0, 0, 0, failed), new EndpointLoad("b:1", 50, 0, 0, 0, Ejection.NONE)));
        assertThat(picked(snapshot, PickRequest.first(NOW), 1)).isEqualTo(1);
        assertThat(picked(snapshot, PickRequest.first(failed.untilMillis()), 1)).isZero();
    }

    @Test
    void saysWhetherAllWereTriedOrAllAreLeftOut() {
        Ejection failed = Ejection.NONE.failed(NOW);
        Snapshot snapshot =
                new Snapshot(List.of(EndpointLoad.idle("a:1"), new EndpointLoad("b:1", 0, 0, 0, 0, failed)));
        assertThat(policy.pick(snapshot, tried(0), 1)).isEqualTo(new Verdict.Refused(Verdict.Refusal.ALL_EJECTED));
        assertThat(policy.pick(snapshot, tried(0, 1), 1)).isEqualTo(new Verdict.Refused(Verdict.Refusal.ALL_TRIED));
    }

    @Test
    void spreadsTiesEvenlyAndRepeatsForTheSameSeed() {
        for (int size : new int[] {3, 100}) {
            Snapshot snapshot = new Snapshot(IntStream.range(0, size)
                    .mapToObj(i -> EndpointLoad.idle("r" + i + ":1"))
                    .toList());
            int rounds = 1000 * size;
            int[] counts = new int[size];
            for (long seed = 0; seed < rounds; seed++) {
                int picked = picked(snapshot, PickRequest.first(NOW), seed);
                assertThat(picked(snapshot, PickRequest.first(NOW), seed)).isEqualTo(picked);
                counts[picked]++;
            }
            double chiSquare = 0;
            for (int count : counts) {
                chiSquare += (count - 1000.0) * (count - 1000.0) / 1000.0;
            }
            // Mean size - 1, deviation sqrt(2 (size - 1)): five deviations.
            assertThat(chiSquare).isLessThan(size - 1 + 5 * Math.sqrt(2.0 * (size - 1)));
        }
    }

    @Test
    void keepsManyReplicasLevelByTwoChoices() {
        int size = 200;
        int[] open = new int[size];
        for (long seed = 0; seed < 50L * size; seed++) {
            List<EndpointLoad> now = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                now.add(new EndpointLoad("r", open[i], 0, 0, 0, Ejection.NONE));
            }
            open[picked(new Snapshot(now), PickRequest.first(NOW), seed)]++;
        }
        assertThat(IntStream.of(open).max().orElseThrow()).isLessThanOrEqualTo(54);
    }

    @Test
    void doublesTheEjectionUpToItsLimit() {
        Ejection ejection = Ejection.NONE;
        long now = NOW;
        List<Long> durations = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            ejection = ejection.failed(now);
            durations.add(ejection.untilMillis() - now);
            assertThat(ejection.failed(now)).as("a failure while left out").isEqualTo(ejection);
            now = ejection.untilMillis();
        }
        assertThat(durations).containsExactly(500L, 1000L, 2000L, 4000L, 8000L, 16000L, 30000L, 30000L, 30000L);
        assertThat(ejection.succeeded()).isEqualTo(Ejection.NONE);
    }

    private static PickRequest tried(int... replicas) {
        BitSet tried = new BitSet();
        IntStream.of(replicas).forEach(tried::set);
        return new PickRequest(NOW, tried, 0);
    }

    private int picked(Snapshot snapshot, PickRequest request, long seed) {
        return ((Verdict.Picked) policy.pick(snapshot, request, seed)).replica();
    }
}
