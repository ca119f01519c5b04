package dev.gyropilot.simulator.queueing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Jobs come and end in virtual time; after each such moment a policy says what starts. Nothing is ever stopped. A job of up to
 * a node's devices runs on one node, a larger one on whole nodes and a rest.
 */
public final class QueueingRun {
    /** Whoever decides what starts. */
    interface Policy {
        /** What of the waiting starts now; it is told once of each. */
        List<TraceJob> start(long nowMillis, Map<Integer, TraceJob> waiting);

        /** A job has ended by itself. */
        void ended(TraceJob job, long nowMillis);
    }

    /** Which order. */
    public enum Order {
        /** In the order of submission; the head blocks all others. */
        FIFO,

        /** By the true run time, which nobody knows; the head blocks all others. */
        SHORTEST_FIRST_ORACLE,

        /** Our queue cycle, which knows what has ended before. */
        GYROPILOT
    }

    /**
     * How long jobs waited.
     *
     * @param largestMillis the longest wait of a job of 64 devices or more; 0 without one
     */
    public record Outcome(double meanMillis, long p99Millis, long largestMillis) {}

    /** From so many devices on a job is one that others might starve. */
    private static final int LARGE = 64;

    private record End(long atMillis, TraceJob job) {}

    private QueueingRun() {}

    /** @throws IllegalArgumentException when a job is larger than the cluster */
    public static Outcome run(List<TraceJob> jobs, int nodes, int devicesPerNode, Order order) {
        for (TraceJob job : jobs) {
            if (job.devices() > nodes * devicesPerNode) {
                throw new IllegalArgumentException("job " + job.id() + " asks for " + job.devices() + " devices of "
                        + nodes * devicesPerNode + ". Maybe more nodes");
            }
        }
        Policy policy = switch (order) {
            case FIFO -> new HeadOfLine(nodes, devicesPerNode, Comparator.comparingInt(TraceJob::id));
            case SHORTEST_FIRST_ORACLE ->
                new HeadOfLine(
                        nodes,
                        devicesPerNode,
                        Comparator.comparingLong(TraceJob::runMillis).thenComparingInt(TraceJob::id));
            case GYROPILOT -> new CyclePolicy(nodes, devicesPerNode);
        };
        return run(jobs, policy);
    }

    private static Outcome run(List<TraceJob> jobs, Policy policy) {
        var waiting = new TreeMap<Integer, TraceJob>();
        var ends = new PriorityQueue<End>(Comparator.comparingLong(End::atMillis)
                .thenComparingInt(end -> end.job().id()));
        var waits = new ArrayList<Long>();
        long largest = 0;
        int next = 0;
        while (next < jobs.size() || !ends.isEmpty()) {
            long now = Math.min(
                    next < jobs.size() ? jobs.get(next).submitMillis() : Long.MAX_VALUE,
                    ends.isEmpty() ? Long.MAX_VALUE : ends.peek().atMillis());
            while (!ends.isEmpty() && ends.peek().atMillis() <= now) {
                policy.ended(ends.remove().job(), now);
            }
            while (next < jobs.size() && jobs.get(next).submitMillis() <= now) {
                waiting.put(jobs.get(next).id(), jobs.get(next));
                next++;
            }
            for (TraceJob job : policy.start(now, Collections.unmodifiableMap(waiting))) {
                waiting.remove(job.id());
                ends.add(new End(now + job.runMillis(), job));
                long waited = now - job.submitMillis();
                waits.add(waited);
                largest = job.devices() >= LARGE ? Math.max(largest, waited) : largest;
            }
        }
        if (!waiting.isEmpty()) {
            throw new IllegalStateException(waiting.size() + " jobs never started");
        }
        Collections.sort(waits);
        return new Outcome(
                waits.stream().mapToLong(Long::longValue).average().orElse(0),
                waits.isEmpty() ? 0 : waits.get((int) (waits.size() * 0.99)),
                largest);
    }
}
