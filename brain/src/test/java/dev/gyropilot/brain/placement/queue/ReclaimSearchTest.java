package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.preemption.Candidates;
import dev.gyropilot.brain.placement.preemption.Plan;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Rights;
import dev.gyropilot.brain.placement.preemption.Victim;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans to stop work against all plans that there are, on random clusters that are small enough to try them all. */
class ReclaimSearchTest {
    private static final int WORLDS = 150;
    private static final int VICTIMS = 9;
    private static final int DEVICES = 4;

    private final Allocator allocator = new Allocator(Features.ALL, new CelSelectors());
    private final GangPlacement gangs = new GangPlacement(1, allocator);

    /** Work may be stopped that has so many devices in all. */
    private static final class Budget implements Rights {
        private double left;

        Budget(double left) {
            this.left = left;
        }

        @Override
        public boolean allows(Victim victim) {
            return victim.cost() <= left;
        }

        @Override
        public void take(Victim victim) {
            left -= victim.cost();
        }

        @Override
        public void giveBack(Victim victim) {
            left += victim.cost();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @DisplayName(
            "KAI-1537, KAI-1660: a plan is found if and only if there is one, and costs little more than the cheapest")
    void aPlanIsFoundIfThereIsOne(long seed) {
        var random = new Random(seed);
        double cheapest = 0;
        double found = 0;
        for (int i = 0; i < WORLDS; i++) {
            String what = "seed " + seed + ", world " + i;
            var cell = new Cell(allocator);
            List<Victim> victims = fill(cell, 2 + random.nextInt(3), random);
            double budget = random.nextInt(12);
            Level[] levels = random.nextInt(3) == 0 ? new Level[] {new Level(Cell.RACK, true)} : new Level[0];
            Group group = cell.job("g", "", 0, 1 + random.nextInt(4), 1 + random.nextInt(DEVICES), levels)
                    .group();
            if (gangs.place(cell.snapshot, group) instanceof GangVerdict.Placed) {
                continue;
            }
            double least = cheapest(cell, group, victims, budget);
            Plan plan = new Preemptor(1, allocator, gangs)
                    .plan(cell.snapshot, group, new Candidates(victims), new Budget(budget), Preemptor.STEP_LIMIT);
            if (plan instanceof Plan.Stop stop) {
                double cost = stop.victims().stream().mapToDouble(Victim::cost).sum();
                assertThat(cost).as(what).isBetween(least, budget);
                cheapest += least;
                found += cost;
            } else {
                assertThat(plan).as(what).isInstanceOf(Plan.Impossible.class);
                assertThat(least).as(what).isInfinite();
            }
        }
        assertThat(found / cheapest).isBetween(1.0, 1.05);
    }

    /** Work of one pod or two, somewhere; it costs what it has of devices. */
    private static List<Victim> fill(Cell cell, int nodes, Random random) {
        cell.nodes(nodes, DEVICES, 2);
        var edit = cell.snapshot.edit();
        long[] free = new long[nodes];
        var victims = new ArrayList<Victim>();
        for (int v = 0; v < VICTIMS; v++) {
            long devices = 1L + random.nextInt(3);
            var placed = new ArrayList<PlacedPod>();
            for (int p = random.nextInt(4) == 0 ? 2 : 1; p > 0; p--) {
                int at = random.nextInt(nodes);
                if (free[at] + devices <= DEVICES) {
                    free[at] += devices;
                    Pod pod = cell.pod("v" + v + "-" + p, 0, Map.of("cpu", 100L, Cell.GPU, devices));
                    edit.place(pod, "n" + at);
                    placed.add(new PlacedPod(pod, "n" + at));
                }
            }
            if (!placed.isEmpty()) {
                victims.add(new Victim("v" + v, placed, (double) placed.size() * devices));
            }
        }
        cell.snapshot = edit.build();
        return victims;
    }

    private double cheapest(Cell cell, Group group, List<Victim> victims, double budget) {
        double least = Double.POSITIVE_INFINITY;
        for (int bits = 1; bits < 1 << victims.size(); bits++) {
            var some = new ArrayList<Victim>();
            for (int i = 0; i < victims.size(); i++) {
                if ((bits & 1 << i) != 0) {
                    some.add(victims.get(i));
                }
            }
            double cost = some.stream().mapToDouble(Victim::cost).sum();
            if (cost <= budget
                    && cost < least
                    && gangs.place(Preemptor.without(cell.snapshot, some), group) instanceof GangVerdict.Placed) {
                least = cost;
            }
        }
        return least;
    }
}
