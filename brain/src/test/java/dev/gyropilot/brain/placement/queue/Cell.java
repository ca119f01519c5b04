package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Victim;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** A small cluster with queues in virtual time: work is submitted, cycles run, stopped work goes, ended work goes. */
final class Cell {
    static final String GPU = "nvidia.com/gpu";
    static final String RACK = "rack";

    final Cycle cycle;
    Snapshot snapshot = Snapshot.EMPTY;
    final List<QueueRules> queues = new ArrayList<>();
    final Map<String, Job> waiting = new LinkedHashMap<>();
    final Map<String, Running> running = new LinkedHashMap<>();
    final Map<String, Decision.Wait> reasons = new HashMap<>();
    final List<String> stopped = new ArrayList<>();
    List<Reservation> reservations = List.of();
    long now = 1_000_000;
    private final Map<PodShape, PodShape> shapes = new HashMap<>();

    Cell() {
        this(new Allocator(Features.ALL, new CelSelectors()));
    }

    Cell(Allocator allocator) {
        cycle = new Cycle(1, allocator);
    }

    Cell node(String name, long gpus, String rack) {
        snapshot = snapshot.edit()
                .node(new Node(
                        name,
                        Map.of(RACK, rack, "kubernetes.io/hostname", name),
                        List.of(),
                        false,
                        Map.of("cpu", 64_000L, "memory", 512L << 30, "pods", 110L, GPU, gpus)))
                .build();
        return this;
    }

    Cell nodes(int count, long gpus, int perRack) {
        for (int i = 0; i < count; i++) {
            node("n" + i, gpus, "r" + i / perRack);
        }
        return this;
    }

    Cell queue(String name, String parent, long guaranteed, long limit) {
        queues.add(QueueRules.of(name, parent, guaranteed, limit));
        return this;
    }

    /** A job of equal pods; each asks for so many GPUs. */
    Job job(String id, String queue, int priority, int pods, long gpus, Level... levels) {
        return job(
                id,
                queue,
                priority,
                IntStream.range(0, pods)
                        .mapToObj(i -> pod(id + "-" + i, priority, Map.of("cpu", 100L, GPU, gpus)))
                        .toList(),
                levels);
    }

    /** A job of these pods. */
    Job job(String id, String queue, int priority, List<Pod> pods, Level... levels) {
        var group = new Group(id, List.of(levels), Map.of(), pods, List.of());
        return new Job(id, queue, priority, now, group, demand(pods), 0, false, true);
    }

    Pod pod(String name, int priority, Map<String, Long> requests) {
        PodShape shape = shapes.computeIfAbsent(PodShape.of("default", Map.of(), requests), s -> s);
        return new Pod(name, name, shape, priority, now, List.of(), List.of());
    }

    private Amount demand(List<Pod> pods) {
        return Demand.of(snapshot.devices(), pods);
    }

    Cell submit(Job job) {
        waiting.put(job.id(), job);
        return this;
    }

    Cell submit(String id, String queue, int priority, int pods, long gpus, Level... levels) {
        return submit(job(id, queue, priority, pods, gpus, levels));
    }

    /** With an expected and true run time. */
    Cell submitFor(long seconds, String id, String queue, int priority, int pods, long gpus) {
        Job job = job(id, queue, priority, pods, gpus);
        return submit(new Job(id, queue, priority, now, job.group(), job.demand(), seconds * 1000, false, true));
    }

    QueueTree tree() {
        var tree = QueueTree.of(queues, Demand.capacity(snapshot));
        running.values().forEach(work -> tree.charge(work.queue(), work.amount(), 1));
        return tree;
    }

    /** One cycle; what it stops is gone right after it. */
    Cycle.Result step() {
        Cycle.Result result = cycle.run(new Cycle.Input(
                snapshot, tree(), List.copyOf(waiting.values()), List.copyOf(running.values()), reservations, now));
        reservations = result.reservations();
        reasons.clear();
        for (Decision decision : result.decisions()) {
            switch (decision) {
                case Decision.Start start -> begin(start);
                case Decision.Preempt preempt ->
                    preempt.victims().forEach(victim -> {
                        stopped.add(victim.id());
                        end(victim.id());
                    });
                case Decision.Wait wait -> reasons.put(wait.job().id(), wait);
            }
        }
        return result;
    }

    Cell settle() {
        for (int i = 0; i < 20; i++) {
            boolean acted = step().decisions().stream().anyMatch(d -> !(d instanceof Decision.Wait));
            if (!acted) {
                return this;
            }
        }
        throw new AssertionError("does not come to rest");
    }

    private void begin(Decision.Start start) {
        var edit = snapshot.edit();
        start.assignments().forEach(a -> edit.place(a.pod(), a.placed()));
        snapshot = edit.build();
        Job job = start.job();
        waiting.remove(job.id());
        running.put(
                job.id(),
                new Running(
                        job.id(),
                        job.queue(),
                        job.priority(),
                        start.assignments().stream()
                                .map(a -> new PlacedPod(a.pod(), a.placed().node()))
                                .toList(),
                        demand(job.group().allPods()),
                        now,
                        now,
                        job.expectedMillis(),
                        true,
                        false));
    }

    void end(String id) {
        Running gone = runs(id);
        running.remove(id);
        snapshot = Preemptor.without(snapshot, List.of(new Victim(id, gone.pods(), 0)));
    }

    /** The node of one of a gang's pods breaks; the others run on. Returns its name. */
    String lose(String id) {
        Running gang = runs(id);
        PlacedPod gone = gang.pods().getFirst();
        List<PlacedPod> rest = gang.pods().subList(1, gang.pods().size());
        snapshot = snapshot.edit().withoutNode(gone.node()).build();
        running.put(
                id,
                new Running(
                        id,
                        gang.queue(),
                        gang.priority(),
                        rest,
                        demand(rest.stream().map(PlacedPod::pod).toList()),
                        gang.startedMillis(),
                        gang.savedMillis(),
                        gang.expectedMillis(),
                        true,
                        false));
        return gone.node();
    }

    /** Lets time pass and work end that has run its time. */
    Cell pass(long seconds) {
        now += seconds * 1000;
        List.copyOf(running.values()).stream()
                .filter(work -> work.expectedMillis() > 0 && work.startedMillis() + work.expectedMillis() <= now)
                .forEach(work -> end(work.id()));
        return this;
    }

    long devices(String queue) {
        return tree().usage(queue).deviceMillis() / 1000;
    }

    Running runs(String id) {
        return Objects.requireNonNull(running.get(id), id + " does not run");
    }

    Decision.Why why(String id) {
        return Objects.requireNonNull(reasons.get(id), id + " does not wait").why();
    }

    String remedy(Job job) {
        return new Remedies(1, new Allocator(Features.ALL, new CelSelectors()))
                .of(snapshot, tree(), job, running.values());
    }

    String reason(String id) {
        Decision.Wait wait = reasons.get(id);
        return wait == null ? "" : wait.message();
    }
}
