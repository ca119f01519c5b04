package dev.gyropilot.benchmarks;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.Cycle;
import dev.gyropilot.brain.placement.queue.Decision;
import dev.gyropilot.brain.placement.queue.Demand;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.brain.placement.queue.QueueTree;
import dev.gyropilot.brain.placement.queue.Reservation;
import dev.gyropilot.brain.placement.queue.Running;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Gangs, queues, reclaim and proofs of impossibility by the pure cycle alone, one thread, beside what KAI and Kueue publish
 * for the same shapes on real control planes (their figures include those).
 */
final class QueueBench {
    private static final String GPU = "nvidia.com/gpu";
    private static final int NODES = 5000;
    private static final int DEVICES = 8;

    private final List<Row> rows = new ArrayList<>();

    private QueueBench() {}

    static List<Row> run() {
        var bench = new QueueBench();
        bench.gangs("queues/gang-512-topology", 1, 512, DEVICES, 49_000.0);
        bench.gangs("queues/gangs-9x1000", 9, 1000, 1, null);
        bench.reclaim("queues/reclaim-2000-gpus", 250, DEVICES, 1, 102_000.0);
        bench.reclaim("queues/reclaim-4000-times-1-gpu", 1, 1, 4000, 694_000.0);
        bench.impossible();
        bench.admissions();
        return bench.rows;
    }

    private void gangs(String name, int gangs, int pods, int gpus, @Nullable Double peer) {
        double millis = 0;
        for (int round = 0; round < 3; round++) {
            var world = new World(NODES);
            long worst = 0;
            for (int g = 0; g < gangs; g++) {
                Level[] levels =
                        gangs == 1 ? new Level[] {new Level("block", true), new Level("rack", false)} : new Level[0];
                Job job = world.job("gang" + g, "", 0, pods, gpus, levels);
                long begin = System.nanoTime();
                int started = world.cycle(List.of(job));
                worst = Math.max(worst, System.nanoTime() - begin);
                require(started == 1, name + ": the gang was not placed");
            }
            millis = worst / 1e6;
        }
        rows.add(new Row(name, millis, "ms", peer == null ? null : "KAI, published", peer));
    }

    /** 500 nodes full of one-GPU work that borrows; the lender takes its guarantee back. */
    private void reclaim(String name, int pods, int gpus, int jobs, double peer) {
        double millis = 0;
        for (int round = 0; round < 2; round++) {
            var world = new World(500);
            world.queues.add(QueueRules.of("lender", "", 4000, -1));
            world.queues.add(QueueRules.of("borrower", "", 0, -1));
            world.fill("borrower", 4000);
            List<Job> waiting = IntStream.range(0, jobs)
                    .mapToObj(i -> world.job("back" + i, "lender", 0, pods, gpus))
                    .toList();
            long begin = System.nanoTime();
            world.until(waiting);
            millis = (System.nanoTime() - begin) / 1e6;
            require(world.stopped == 4000 || world.stopped == 2000, name + ": stopped " + world.stopped);
        }
        rows.add(new Row(name, millis, "ms", "KAI, published", peer));
    }

    private void impossible() {
        double millis = 0;
        for (int round = 0; round < 3; round++) {
            var world = new World(500);
            world.queues.add(QueueRules.of("lender", "", 4000, -1));
            world.queues.add(QueueRules.of("sure", "", 4000, -1));
            world.fill("sure", 4000);
            Job job = world.job("never", "lender", 0, 10, DEVICES, new Level("rack", true));
            long begin = System.nanoTime();
            require(world.cycle(List.of(job)) == 0, "impossible: something was placed");
            millis = (System.nanoTime() - begin) / 1e6;
        }
        rows.add(new Row("queues/impossible-80-gpus", millis, "ms", "KAI, published", 249_000.0));
    }

    /** 50,000 jobs of one GPU in 1,000 queues; what fits starts. */
    private void admissions() {
        double perSecond = 0;
        for (int round = 0; round < 2; round++) {
            var world = new World(NODES);
            for (int q = 0; q < 1000; q++) {
                world.queues.add(QueueRules.of("q" + q, "", 20, -1));
            }
            List<Job> jobs = IntStream.range(0, 50_000)
                    .mapToObj(i -> world.job("j" + i, "q" + i % 1000, 0, 1, 1))
                    .toList();
            long begin = System.nanoTime();
            int started = world.cycle(jobs);
            perSecond = started / ((System.nanoTime() - begin) / 1e9);
            require(started == NODES * DEVICES, "admissions: only " + started + " started");
        }
        rows.add(new Row("queues/admissions-1000-queues", perSecond, "jobs/s", "Kueue, published", 42.0));
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }

    /** A cluster in which decisions take effect at once. */
    private static final class World {
        final List<QueueRules> queues = new ArrayList<>();
        private final Cycle cycle = new Cycle(1, new Allocator(Features.ALL, new CelSelectors()));
        private final Map<String, Running> running = new HashMap<>();
        private final Map<PodShape, PodShape> shapes = new HashMap<>();
        private List<Reservation> reservations = List.of();
        private Snapshot snapshot;
        int stopped;

        World(int nodes) {
            var edit = Snapshot.EMPTY.edit();
            for (int i = 0; i < nodes; i++) {
                edit.node(new Node(
                        "n" + i,
                        Map.of("rack", "r" + i / 16, "block", "b" + i / 1024),
                        List.of(),
                        false,
                        Map.of("cpu", 64_000L, "memory", 512L << 30, "pods", 110L, GPU, (long) DEVICES)));
            }
            snapshot = edit.build();
        }

        Job job(String id, String queue, int priority, int pods, int gpus, Level... levels) {
            PodShape shape = shapes.computeIfAbsent(
                    PodShape.of("default", Map.of(), Map.of("cpu", 1000L, GPU, (long) gpus)), s -> s);
            List<Pod> list = IntStream.range(0, pods)
                    .mapToObj(i -> new Pod(id + "-" + i, id + "-" + i, shape, priority, 0, List.of(), List.of()))
                    .toList();
            Amount demand = Demand.of(snapshot.devices(), list.getFirst()).times(pods);
            return new Job(
                    id,
                    queue,
                    priority,
                    0,
                    new Group(id, List.of(levels), Map.of(), list, List.of()),
                    demand,
                    0,
                    false,
                    true);
        }

        void fill(String queue, int jobs) {
            cycle(IntStream.range(0, jobs)
                    .mapToObj(i -> job("fill" + i, queue, 0, 1, 1))
                    .toList());
        }

        void until(List<Job> jobs) {
            List<Job> waiting = jobs;
            while (!waiting.isEmpty()) {
                cycle(waiting);
                waiting = waiting.stream()
                        .filter(job -> !running.containsKey(job.id()))
                        .toList();
            }
        }

        int cycle(List<Job> waiting) {
            var tree = QueueTree.of(queues, Demand.capacity(snapshot));
            running.values().forEach(work -> tree.charge(work.queue(), work.amount(), 1));
            var result = cycle.run(
                    new Cycle.Input(snapshot, tree, waiting, List.copyOf(running.values()), reservations, 1000));
            reservations = result.reservations();
            int started = 0;
            var edit = snapshot.edit();
            for (Decision decision : result.decisions()) {
                if (decision instanceof Decision.Start start) {
                    started++;
                    start.assignments().forEach(a -> edit.place(a.pod(), a.placed()));
                    running.put(start.job().id(), running(start));
                } else if (decision instanceof Decision.Preempt preempt) {
                    for (Running victim : preempt.victims()) {
                        stopped++;
                        running.remove(victim.id());
                        victim.pods()
                                .forEach(p -> edit.withoutPod(p.node(), p.pod().uid()));
                    }
                }
            }
            snapshot = edit.build();
            return started;
        }

        private static Running running(Decision.Start start) {
            Job job = start.job();
            return new Running(
                    job.id(),
                    job.queue(),
                    job.priority(),
                    start.assignments().stream()
                            .map(a -> new PlacedPod(a.pod(), a.placed().node()))
                            .toList(),
                    job.demand(),
                    1000,
                    1000,
                    0,
                    true,
                    false);
        }
    }
}
