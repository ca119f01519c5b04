package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random work on random clusters with random queues, in virtual time. After every cycle: no device is given twice, every gang
 * runs whole, no limit is exceeded, nobody was stopped out of his guarantee; and all of it happens again the same way.
 */
class CycleSim {
    private static final int STEPS = 40;
    private static final int CELLS = 15;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void invariantsHoldAndRunsRepeat(long seed) {
        for (int i = 0; i < CELLS; i++) {
            long own = seed * 1000 + i;
            assertThat(run(own)).as("seed " + own).isEqualTo(run(own));
        }
    }

    /** What was started and stopped, in order. */
    private static List<String> run(long seed) {
        var random = new Random(seed);
        var cell = new Cell();
        cell.nodes(2 + random.nextInt(8), 1 + random.nextInt(8), 1 + random.nextInt(4));
        queues(cell, random);
        var log = new ArrayList<String>();
        for (int step = 0; step < STEPS; step++) {
            submit(cell, random, step);
            cell.pass(random.nextInt(60));
            QueueTree before = promised(cell);
            Cycle.Result result = cell.step();
            result.decisions().stream()
                    .filter(d -> !(d instanceof Decision.Wait))
                    .forEach(d ->
                            log.add(d.getClass().getSimpleName() + " " + d.job().id()));
            log.addAll(cell.stopped);
            check(cell, result, before, seed);
            cell.stopped.clear();
        }
        return log;
    }

    private static void queues(Cell cell, Random random) {
        cell.queue("org", "", 10, 30 + random.nextInt(40));
        cell.queue("a", "org", random.nextInt(10), -1);
        cell.queue("b", "org", random.nextInt(10), 20);
        QueueRules strict = QueueRules.of("c", "", 8, -1);
        cell.queues.add(new QueueRules(
                "c", Optional.empty(), strict.guaranteed(), strict.limit(), 3, false, strict.reclaim(), false));
    }

    private static void submit(Cell cell, Random random, int step) {
        for (int n = random.nextInt(4); n > 0; n--) {
            String queue = List.of("", "a", "b", "c", "org").get(random.nextInt(5));
            int pods = random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 1;
            Level[] levels =
                    random.nextInt(3) == 0 ? new Level[] {new Level(Cell.RACK, random.nextBoolean())} : new Level[0];
            Job job =
                    cell.job("j" + step + "-" + n, queue, random.nextInt(3) * 10, pods, 1 + random.nextInt(4), levels);
            long expected = random.nextInt(4) == 0 ? 0 : 1000L * (1 + random.nextInt(300));
            cell.submit(new Job(
                    job.id(), queue, job.priority(), cell.now, job.group(), job.demand(), expected, false, true));
        }
    }

    private static long guaranteed(Cell cell, String queue) {
        return cell.queues.stream()
                .filter(q -> q.name().equals(queue))
                .mapToLong(q -> q.guaranteed().deviceMillis() / 1000)
                .sum();
    }

    /** What is used, and what is promised to work for which other work was stopped. */
    private static QueueTree promised(Cell cell) {
        QueueTree tree = cell.tree();
        for (Reservation reservation : cell.reservations) {
            Job job = cell.waiting.get(reservation.job());
            if (reservation.stops() && job != null) {
                tree.charge(job.queue(), job.demand(), 1);
            }
        }
        return tree;
    }

    private static void check(Cell cell, Cycle.Result result, QueueTree usage, long seed) {
        for (Node node : cell.snapshot.nodes()) {
            assertThat(cell.snapshot.free(node.name(), Cell.GPU))
                    .as("seed %d: devices of %s", seed, node.name())
                    .isNotNegative();
        }
        for (Decision decision : result.decisions()) {
            if (decision instanceof Decision.Start start) {
                assertThat(start.assignments())
                        .as("seed %d: all of %s", seed, start.job().id())
                        .hasSize(start.job().group().allPods().size());
                racks(cell, start, seed);
            }
        }
        for (int i = 0; i < cell.queues.size(); i++) {
            QueueRules queue = cell.queues.get(i);
            long used = cell.devices(queue.name());
            long limit = queue.limit().deviceMillis() / 1000;
            assertThat(used).as("seed %d: limit of %s", seed, queue.name()).isLessThanOrEqualTo(limit);
            if (!queue.borrowing()) {
                assertThat(used)
                        .as("seed %d: guarantee of %s", seed, queue.name())
                        .isLessThanOrEqualTo(queue.guaranteed().deviceMillis() / 1000);
            }
        }
        onlyBorrowersAreStopped(cell, result, usage, seed);
    }

    private static void racks(Cell cell, Decision.Start start, long seed) {
        boolean required = start.job().group().levels().stream().anyMatch(Level::required);
        if (required) {
            assertThat(start.assignments().stream()
                            .map(a -> cell.snapshot
                                    .node(a.placed().node())
                                    .orElseThrow()
                                    .labels()
                                    .get(Cell.RACK))
                            .distinct())
                    .as("seed %d: racks of %s", seed, start.job().id())
                    .hasSize(1);
        }
    }

    /** Whoever is stopped had a lower priority in the same queue, or was in a queue that used more than its guarantee. */
    private static void onlyBorrowersAreStopped(Cell cell, Cycle.Result result, QueueTree usage, long seed) {
        for (Decision decision : result.decisions()) {
            if (decision instanceof Decision.Start start) {
                usage.charge(start.job().queue(), start.job().demand(), 1);
            } else if (decision instanceof Decision.Preempt preempt) {
                for (Running victim : preempt.victims()) {
                    if (victim.queue().equals(preempt.job().queue())) {
                        assertThat(victim.priority())
                                .as(
                                        "seed %d: %s stopped for %s",
                                        seed, victim.id(), preempt.job().id())
                                .isLessThan(preempt.job().priority());
                    } else {
                        assertThat(usage.usage(victim.queue()).deviceMillis() / 1000)
                                .as(
                                        "seed %d: %s stopped for %s",
                                        seed, victim.id(), preempt.job().id())
                                .isGreaterThan(guaranteed(cell, victim.queue()));
                    }
                    usage.charge(victim.queue(), victim.amount(), -1);
                }
                usage.charge(preempt.job().queue(), preempt.job().demand(), 1);
            }
        }
    }
}
