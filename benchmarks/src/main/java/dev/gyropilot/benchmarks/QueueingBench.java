package dev.gyropilot.benchmarks;

import dev.gyropilot.simulator.queueing.QueueingRun;
import dev.gyropilot.simulator.queueing.QueueingRun.Order;
import dev.gyropilot.simulator.queueing.TraceJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long the jobs of a trace wait on 72 nodes of 8 devices: in the order of submission, by their true run times, and as our
 * cycle decides, which only knows how long earlier jobs of the same owner and size have run. A list with pauses of a week or
 * more is several periods, each on a cluster of its own.
 */
final class QueueingBench {
    private static final int NODES = 72;
    private static final int DEVICES = 8;
    private static final long PAUSE_MILLIS = 7 * 86_400_000L;
    private static final double SECOND = 1000;

    private QueueingBench() {}

    static List<Row> run(Path file) {
        var rows = new ArrayList<Row>();
        List<List<TraceJob>> periods = periods(TraceJob.read(file));
        for (int p = 0; p < periods.size(); p++) {
            List<TraceJob> jobs = periods.get(p);
            String period = periods.size() == 1 ? "" : "/period-" + (p + 1);
            double fifo = 0;
            for (Order order : Order.values()) {
                String policy = order.name().toLowerCase(Locale.ROOT).replace('_', '-');
                System.err.println("queueing: " + policy + period + ", " + jobs.size() + " jobs");
                QueueingRun.Outcome outcome = QueueingRun.run(jobs, NODES, DEVICES, order);
                double mean = outcome.meanMillis() / SECOND;
                fifo = order == Order.FIFO ? mean : fifo;
                String row = "queueing/" + policy + period;
                rows.add(new Row(row, mean, "s", "FIFO, same run", fifo));
                rows.add(Row.alone(row + "/p99", outcome.p99Millis() / SECOND, "s"));
                rows.add(Row.alone(row + "/longest-of-64-devices", outcome.largestMillis() / SECOND, "s"));
            }
        }
        return rows;
    }

    private static List<List<TraceJob>> periods(List<TraceJob> jobs) {
        var result = new ArrayList<List<TraceJob>>();
        long last = Long.MIN_VALUE / 2;
        for (TraceJob job : jobs) {
            if (job.submitMillis() - last >= PAUSE_MILLIS) {
                result.add(new ArrayList<>());
            }
            last = job.submitMillis();
            result.getLast().add(job);
        }
        return result;
    }
}
