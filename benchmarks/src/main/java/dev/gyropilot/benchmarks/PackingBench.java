package dev.gyropilot.benchmarks;

import dev.gyropilot.brain.placement.packing.Host;
import dev.gyropilot.brain.placement.packing.Mix;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.simulator.packing.Openb;
import dev.gyropilot.simulator.packing.PackingRun;
import dev.gyropilot.simulator.packing.PackingRun.Policy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The protocol of FGD on all openb pod lists of a folder: how many percent of the devices are allocated when as much has been
 * asked for as there is (rows {@code packing/LIST/POLICY}), and when 30 % more has ({@code …@130}). Beside ours stand FGD and
 * best fit as they run here, and as the peer what the authors of FGD published, where the folder holds it. The bound is what
 * could be allocated of an expected mix that is served as it comes, were there nothing but devices.
 */
final class PackingBench {
    private static final int HUNDRED = 100;
    private static final int LAST = 130;

    private PackingBench() {}

    static List<Row> run(Path folder, int seeds, long firstSeed) {
        List<Host> hosts = Openb.nodes(folder);
        Map<String, double[]> published = Openb.published(folder, "FGD");
        var rows = new ArrayList<Row>();
        var totals = new EnumMap<Policy, double[]>(Policy.class);
        int withPeer = 0;
        Map<String, Path> lists = Openb.lists(folder);
        for (var list : lists.entrySet()) {
            List<Need> pods = Openb.pods(list.getValue());
            double[] peer = published.get(list.getKey());
            withPeer += peer == null ? 0 : 1;
            rows.add(Row.alone(
                    "packing/" + list.getKey() + "/bound-as-it-comes",
                    HUNDRED * Mix.of(pods).allocatable(),
                    "%"));
            for (Policy policy : Policy.values()) {
                System.err.println("packing: " + list.getKey() + ", " + name(policy) + ", " + seeds + " seeds");
                List<PackingRun.Outcome> outcomes = LongStream.range(firstSeed, firstSeed + seeds)
                        .parallel()
                        .mapToObj(seed -> PackingRun.run(hosts, pods, policy, seed))
                        .toList();
                String row = "packing/" + list.getKey() + "/" + name(policy);
                double at100 = mean(outcomes, HUNDRED);
                double at130 = mean(outcomes, LAST);
                rows.add(row(row, at100, peer, 0));
                rows.add(row(row + "@130", at130, peer, 1));
                if (policy == Policy.GYROPILOT_WITH_MOVES) {
                    double moved = outcomes.stream()
                            .mapToDouble(o -> 100.0 * o.moves() / o.running())
                            .average()
                            .orElse(0);
                    rows.add(Row.alone(row + "/moved", moved, "% of pods"));
                }
                double[] sum = totals.computeIfAbsent(policy, p -> new double[4]);
                sum[0] += at100;
                sum[1] += at130;
                if (peer != null) {
                    sum[2] += at100 - peer[0];
                    sum[3] += at130 - peer[1];
                }
            }
        }
        for (var total : totals.entrySet()) {
            String row = "packing/mean/" + name(total.getKey());
            double[] sum = total.getValue();
            rows.add(Row.alone(row, sum[0] / lists.size(), "%"));
            rows.add(Row.alone(row + "@130", sum[1] / lists.size(), "%"));
            if (withPeer > 0) {
                rows.add(Row.alone(row + "/above-published-fgd", sum[2] / withPeer, "points"));
                rows.add(Row.alone(row + "/above-published-fgd@130", sum[3] / withPeer, "points"));
            }
        }
        return rows;
    }

    private static Row row(String name, double value, double @Nullable [] peer, int which) {
        return peer == null ? Row.alone(name, value, "%") : new Row(name, value, "%", "FGD, published", peer[which]);
    }

    private static double mean(List<PackingRun.Outcome> outcomes, int arrived) {
        return outcomes.stream()
                .mapToDouble(outcome -> outcome.byArrived().get(arrived))
                .average()
                .orElseThrow();
    }

    private static String name(Policy policy) {
        return policy.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
