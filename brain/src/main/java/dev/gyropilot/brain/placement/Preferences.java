package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.Verdict.ScoreTerm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The score of the long way: resources plus each preference, brought to 0..100 over the feasible nodes and weighted as
 * kube-scheduler does by default.
 */
final class Preferences {
    private static final int TAINT_WEIGHT = 3;
    private static final int NODE_AFFINITY_WEIGHT = 2;
    private static final int SPREAD_WEIGHT = 2;
    private static final int POD_AFFINITY_WEIGHT = 2;

    private final Snapshot snapshot;
    private final PodShape shape;
    private final ShapeMemo memo;
    private final TopologyRules rules;
    private final long[] feasible;
    private final List<Term> terms = new ArrayList<>();

    private static final class Term {
        final String name;
        final double[] points;
        final int weight;

        Term(String name, double[] points, int weight) {
            this.name = name;
            this.points = points;
            this.weight = weight;
        }
    }

    @FunctionalInterface
    private interface Raw {
        double at(int block, int slot);
    }

    Preferences(Snapshot snapshot, PodShape shape, ShapeMemo memo, TopologyRules rules, long[] feasible) {
        this.snapshot = snapshot;
        this.shape = shape;
        this.memo = memo;
        this.rules = rules;
        this.feasible = feasible;
    }

    /**
     * Fills {@code total} for the feasible slots.
     *
     * @param packing stands in for the resources where claims ask for devices
     */
    void score(ResourceScore resources, @Nullable ClaimScore packing, double[] total) {
        collect();
        for (int b = 0; b < feasible.length; b++) {
            for (long rest = feasible[b]; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                int at = b * NodeBlock.SIZE + slot;
                double points = packing == null ? resources.points(snapshot.blocks[b], slot) : packing.points(at);
                for (Term term : terms) {
                    points += term.weight * term.points[at];
                }
                total[at] = points;
            }
        }
    }

    /** The points of one slot, term by term. */
    List<ScoreTerm> terms(int at) {
        return terms.stream()
                .map(term -> new ScoreTerm(term.name, term.points[at], term.weight))
                .toList();
    }

    private void collect() {
        add("TaintToleration", TAINT_WEIGHT, (b, slot) -> -memo.fixed(b).softTaints[slot]);
        if (!shape.preferredNodeTerms().isEmpty()) {
            add("NodeAffinity", NODE_AFFINITY_WEIGHT, (b, slot) -> memo.fixed(b).preferred[slot]);
        }
        List<TopologyRules.Points> affinity = rules.affinityPoints();
        if (!affinity.isEmpty()) {
            add("InterPodAffinity", POD_AFFINITY_WEIGHT, (b, slot) -> sum(affinity, b, slot));
        }
        List<TopologyRules.Points> costs = rules.spreadCosts();
        if (!costs.isEmpty()) {
            addSpread(costs);
        }
    }

    private static double sum(List<TopologyRules.Points> tables, int block, int slot) {
        double result = 0;
        for (TopologyRules.Points table : tables) {
            int domain = table.column.domains[block][slot];
            result += domain == TopologyColumns.NONE ? 0 : table.byDomain[domain];
        }
        return result;
    }

    /** Adds a term whose smallest raw value becomes 0 and whose largest becomes 100; none when all are equal. */
    private void add(String name, int weight, Raw raw) {
        double[] points = new double[feasible.length * NodeBlock.SIZE];
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int b = 0; b < feasible.length; b++) {
            for (long rest = feasible[b]; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                double value = raw.at(b, slot);
                points[b * NodeBlock.SIZE + slot] = value;
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (high <= low) {
            return;
        }
        for (int b = 0; b < feasible.length; b++) {
            for (long rest = feasible[b]; rest != 0; rest &= rest - 1) {
                int at = b * NodeBlock.SIZE + Long.numberOfTrailingZeros(rest);
                points[at] = 100 * (points[at] - low) / (high - low);
            }
        }
        terms.add(new Term(name, points, weight));
    }

    /** Spreading: the fullest domain gets the fewest points, and a node without one of the labels none at all. */
    private void addSpread(List<TopologyRules.Points> costs) {
        double[] points = new double[feasible.length * NodeBlock.SIZE];
        boolean[] counted = new boolean[points.length];
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (int b = 0; b < feasible.length; b++) {
            for (long rest = feasible[b]; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                if (!hasAll(costs, b, slot)) {
                    continue;
                }
                double cost = sum(costs, b, slot);
                int at = b * NodeBlock.SIZE + slot;
                counted[at] = true;
                points[at] = cost;
                low = Math.min(low, cost);
                high = Math.max(high, cost);
            }
        }
        for (int at = 0; at < points.length; at++) {
            if (counted[at]) {
                points[at] = high == 0 ? 100 : 100 * (high + low - points[at]) / high;
            }
        }
        terms.add(new Term("PodTopologySpread", points, SPREAD_WEIGHT));
    }

    private static boolean hasAll(List<TopologyRules.Points> tables, int block, int slot) {
        for (TopologyRules.Points table : tables) {
            if (table.column.domains[block][slot] == TopologyColumns.NONE) {
                return false;
            }
        }
        return true;
    }
}
