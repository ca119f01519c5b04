package dev.gyropilot.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Speed of placement, then packing and queueing on traces, where their files are named. */
final class PlacementSuite {
    private PlacementSuite() {}

    static List<Row> run(Bench.Options options) {
        List<Row> rows = new ArrayList<>(PlacementBench.run());
        if (options.openb().isPresent()) {
            rows.addAll(PackingBench.run(options.openb().get(), options.seeds(), options.firstSeed()));
        } else {
            System.err.println("placement: packing is left out, as --openb names no folder");
        }
        if (options.jobs().isPresent()) {
            rows.addAll(QueueingBench.run(options.jobs().get()));
        } else {
            System.err.println("placement: queueing is left out, as --jobs names no file");
        }
        return rows;
    }
}
