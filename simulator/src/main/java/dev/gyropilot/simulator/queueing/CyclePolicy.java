package dev.gyropilot.simulator.queueing;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.Cycle;
import dev.gyropilot.brain.placement.queue.Decision;
import dev.gyropilot.brain.placement.queue.Demand;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueTree;
import dev.gyropilot.brain.placement.queue.Reservation;
import dev.gyropilot.brain.placement.queue.RunTimes;
import dev.gyropilot.brain.placement.queue.Running;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The cycle that the scheduler runs, with one queue and with run times estimated from what has ended. */
final class CyclePolicy implements QueueingRun.Policy {
    private static final String DEVICE = "simulated.example/gpu";

    private final int perNode;
    private final Cycle cycle = new Cycle(1, new Allocator(Features.ALL, new CelSelectors()));
    private final RunTimes runTimes = new RunTimes();
    private final Map<Integer, PodShape> shapes = new HashMap<>();
    private final Map<Integer, Group> groups = new HashMap<>();
    private final Map<String, Running> running = new LinkedHashMap<>();
    private Snapshot snapshot;
    private List<Reservation> reservations = List.of();

    CyclePolicy(int nodes, int perNode) {
        this.perNode = perNode;
        var edit = Snapshot.EMPTY.edit();
        for (int i = 0; i < nodes; i++) {
            edit.node(new Node(
                    "node-" + i,
                    Map.of(),
                    List.of(),
                    false,
                    Map.of("cpu", 96_000L, "memory", 1L << 40, "pods", 110L, DEVICE, (long) perNode)));
        }
        snapshot = edit.build();
    }

    @Override
    public List<TraceJob> start(long nowMillis, Map<Integer, TraceJob> waiting) {
        if (waiting.isEmpty()) {
            return List.of();
        }
        var jobs = new ArrayList<Job>(waiting.size());
        for (TraceJob job : waiting.values()) {
            jobs.add(job(job));
        }
        var tree = QueueTree.of(List.of(), Demand.capacity(snapshot));
        running.values().forEach(work -> tree.charge(work.queue(), work.amount(), 1));
        Cycle.Result result = cycle.run(
                new Cycle.Input(snapshot, tree, jobs, List.copyOf(running.values()), reservations, nowMillis));
        reservations = result.reservations();
        var started = new ArrayList<TraceJob>();
        var edit = snapshot.edit();
        for (Decision decision : result.decisions()) {
            if (decision instanceof Decision.Start start) {
                start.assignments().forEach(a -> edit.place(a.pod(), a.placed()));
                TraceJob job = waiting.get(Integer.valueOf(start.job().id()));
                if (job != null) {
                    started.add(job);
                    running.put(start.job().id(), running(start, nowMillis));
                }
            }
        }
        snapshot = edit.build();
        return started;
    }

    @Override
    public void ended(TraceJob job, long nowMillis) {
        Running gone = running.remove(Integer.toString(job.id()));
        if (gone != null) {
            var edit = snapshot.edit();
            gone.pods().forEach(pod -> edit.withoutPod(pod.node(), pod.pod().uid()));
            snapshot = edit.build();
            groups.remove(job.id());
            runTimes.ran(kind(job), job.owner(), job.runMillis());
        }
    }

    private static String kind(TraceJob job) {
        return job.owner() + "/" + job.devices();
    }

    private Job job(TraceJob job) {
        String id = Integer.toString(job.id());
        return new Job(
                id,
                "",
                0,
                job.submitMillis(),
                groups.computeIfAbsent(job.id(), k -> group(job)),
                new Amount(1000L * job.devices(), 0, 0),
                runTimes.estimate(kind(job), job.owner()),
                false,
                false);
    }

    private Group group(TraceJob job) {
        var pods = new ArrayList<Pod>();
        for (int rest = job.devices(); rest > 0; rest -= perNode) {
            String name = job.id() + "-" + pods.size();
            PodShape shape = shapes.computeIfAbsent(
                    Math.min(rest, perNode),
                    count -> PodShape.of("default", Map.of(), Map.of("cpu", 1000L * count, DEVICE, (long) count)));
            pods.add(new Pod(name, name, shape, 0, job.submitMillis(), List.of(), List.of()));
        }
        return new Group(Integer.toString(job.id()), List.of(), Map.of(), pods, List.of());
    }

    private static Running running(Decision.Start start, long nowMillis) {
        Job job = start.job();
        return new Running(
                job.id(),
                job.queue(),
                0,
                start.assignments().stream()
                        .map(a -> new PlacedPod(a.pod(), a.placed().node()))
                        .toList(),
                job.demand(),
                nowMillis,
                nowMillis,
                job.expectedMillis(),
                false,
                false);
    }
}
