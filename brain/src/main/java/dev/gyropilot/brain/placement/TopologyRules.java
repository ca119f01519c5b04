package dev.gyropilot.brain.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What spreading and pod affinity mean for one pod in one snapshot: each rule becomes a table over the domains of a topology
 * key, so that judging a node is a look-up.
 */
final class TopologyRules {
    private static final String SPREAD = "node(s) didn't match pod topology spread constraints";
    private static final String SPREAD_LABEL = SPREAD + " (missing required label)";
    private static final String AFFINITY = "node(s) didn't match pod affinity rules";
    private static final String ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules";
    private static final String OTHERS_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules";

    /** How much a required affinity of a placed pod counts when it means this pod. */
    private static final int REQUIRED_AFFINITY_WEIGHT = 1;

    private final Snapshot snapshot;
    private final PodShape shape;
    private final ShapeMemo memo;
    private final TopologyColumns columns;
    final List<Check> checks = new ArrayList<>();

    /** A rule that forbids: the domains that are allowed, and whether a node without the label is. */
    static final class Check {
        private final TopologyColumns.Column column;
        private final boolean[] allowed;
        private final boolean absentAllowed;
        private final String reason;
        private final String absentReason;

        Check(
                TopologyColumns.Column column,
                boolean[] allowed,
                boolean absentAllowed,
                String reason,
                String absentReason) {
            this.column = column;
            this.allowed = allowed;
            this.absentAllowed = absentAllowed;
            this.reason = reason;
            this.absentReason = absentReason;
        }

        boolean allows(int block, int slot) {
            int domain = column.domains[block][slot];
            return domain == TopologyColumns.NONE ? absentAllowed : allowed[domain];
        }

        String reason(int block, int slot) {
            return column.domains[block][slot] == TopologyColumns.NONE ? absentReason : reason;
        }
    }

    /** A rule that prefers: points per domain; a node without the label gets none. */
    static final class Points {
        final TopologyColumns.Column column;
        final double[] byDomain;

        Points(TopologyColumns.Column column, double[] byDomain) {
            this.column = column;
            this.byDomain = byDomain;
        }
    }

    TopologyRules(Snapshot snapshot, PodShape shape, ShapeMemo memo, TopologyColumns columns) {
        this.snapshot = snapshot;
        this.shape = shape;
        this.memo = memo;
        this.columns = columns;
        spreadChecks();
        affinityChecks();
        antiAffinityChecks();
        othersAntiAffinityChecks();
    }

    /** The slots of the block, among those given, that no rule forbids. */
    long filter(int block, long mask) {
        long result = mask;
        for (Check check : checks) {
            for (long rest = result; rest != 0; rest &= rest - 1) {
                if (!check.allows(block, Long.numberOfTrailingZeros(rest))) {
                    result &= ~(rest & -rest);
                }
            }
        }
        return result;
    }

    private void spreadChecks() {
        List<SpreadConstraint> required =
                shape.spread().stream().filter(SpreadConstraint::required).toList();
        for (SpreadConstraint constraint : required) {
            var column = columns.column(snapshot, constraint.topologyKey());
            int[] counts = new int[column.size()];
            boolean[] exists = new boolean[column.size()];
            long[] eligible = eligible(constraint, required);
            markDomains(column, eligible, exists);
            count(column, spreadMatcher(constraint), eligible, counts);
            int domains = 0;
            int least = Integer.MAX_VALUE;
            for (int d = 0; d < counts.length; d++) {
                if (exists[d]) {
                    domains++;
                    least = Math.min(least, counts[d]);
                }
            }
            if (domains < constraint.minDomains() || domains == 0) {
                least = 0;
            }
            int self = constraint.selector().matches(shape.labels()) ? 1 : 0;
            boolean[] allowed = new boolean[counts.length];
            for (int d = 0; d < counts.length; d++) {
                allowed[d] = counts[d] + self - least <= constraint.maxSkew();
            }
            checks.add(new Check(column, allowed, false, SPREAD, SPREAD_LABEL));
        }
    }

    private Predicate<PodShape> spreadMatcher(SpreadConstraint constraint) {
        return other -> !other.terminating()
                && other.namespace().equals(shape.namespace())
                && constraint.selector().matches(other.labels());
    }

    /** The nodes whose pods count for a constraint: they carry every topology key, and the inclusion policies hold. */
    private long[] eligible(SpreadConstraint constraint, List<SpreadConstraint> all) {
        long[] result = new long[snapshot.blocks.length];
        for (int b = 0; b < result.length; b++) {
            ShapeMemo.Fixed fixed = memo.fixed(b);
            result[b] = snapshot.blocks[b].nodes.present;
            result[b] &= constraint.honorAffinity() ? fixed.selected : -1L;
            result[b] &= constraint.honorTaints() ? fixed.tolerated : -1L;
        }
        for (SpreadConstraint other : all) {
            var column = columns.column(snapshot, other.topologyKey());
            for (int b = 0; b < result.length; b++) {
                for (long rest = result[b]; rest != 0; rest &= rest - 1) {
                    if (column.domains[b][Long.numberOfTrailingZeros(rest)] == TopologyColumns.NONE) {
                        result[b] &= ~(rest & -rest);
                    }
                }
            }
        }
        return result;
    }

    private void affinityChecks() {
        List<PodTerm> terms = shape.requiredAffinity();
        if (terms.isEmpty()) {
            return;
        }
        // A placed pod counts only when it meets all terms at once.
        Predicate<PodShape> meetsAll = other -> PodTerm.allMatch(terms, other, snapshot.namespaces);
        var tables = new ArrayList<Check>();
        boolean found = false;
        for (PodTerm term : terms) {
            var column = columns.column(snapshot, term.topologyKey());
            int[] counts = new int[column.size()];
            count(column, meetsAll, null, counts);
            boolean[] allowed = new boolean[counts.length];
            for (int d = 0; d < counts.length; d++) {
                allowed[d] = counts[d] > 0;
                found |= allowed[d];
            }
            tables.add(new Check(column, allowed, false, AFFINITY, AFFINITY));
        }
        if (!found && PodTerm.allMatch(terms, shape, snapshot.namespaces)) {
            // The first pod of a group that wants to be together would otherwise wait for itself.
            tables.forEach(check -> Arrays.fill(check.allowed, true));
        }
        checks.addAll(tables);
    }

    private void antiAffinityChecks() {
        for (PodTerm term : shape.requiredAntiAffinity()) {
            var column = columns.column(snapshot, term.topologyKey());
            int[] counts = new int[column.size()];
            count(column, other -> term.matches(other, snapshot.namespaces), null, counts);
            boolean[] allowed = new boolean[counts.length];
            for (int d = 0; d < counts.length; d++) {
                allowed[d] = counts[d] == 0;
            }
            checks.add(new Check(column, allowed, true, ANTI_AFFINITY, ANTI_AFFINITY));
        }
    }

    private void othersAntiAffinityChecks() {
        if (snapshot.podsWithTerms == 0) {
            return;
        }
        for (PodTerm term : othersTerms()) {
            var column = columns.column(snapshot, term.topologyKey());
            int[] counts = new int[column.size()];
            count(column, other -> other.requiredAntiAffinity().contains(term), null, counts);
            boolean[] allowed = new boolean[counts.length];
            boolean blocks = false;
            for (int d = 0; d < counts.length; d++) {
                allowed[d] = counts[d] == 0;
                blocks |= !allowed[d];
            }
            if (blocks) {
                checks.add(new Check(column, allowed, true, OTHERS_ANTI_AFFINITY, OTHERS_ANTI_AFFINITY));
            }
        }
    }

    /** The distinct required anti-affinity terms of placed pods that mean this pod. */
    private List<PodTerm> othersTerms() {
        var result = new ArrayList<PodTerm>();
        for (PodShape other : placedShapes()) {
            for (PodTerm term : other.requiredAntiAffinity()) {
                if (term.matches(shape, snapshot.namespaces) && !result.contains(term)) {
                    result.add(term);
                }
            }
        }
        return result;
    }

    /** Points of preferred pod affinity: the pod's own wishes and those of placed pods about it. */
    List<Points> affinityPoints() {
        var byKey = new HashMap<String, Points>();
        for (Weighted<PodTerm> wish : shape.preferredAffinity()) {
            addPoints(byKey, wish.term(), wish.weight(), other -> wish.term().matches(other, snapshot.namespaces));
        }
        if (snapshot.podsWithTerms > 0) {
            for (PodShape other : placedShapes()) {
                for (Weighted<PodTerm> wish : other.preferredAffinity()) {
                    if (wish.term().matches(shape, snapshot.namespaces)) {
                        addPoints(byKey, wish.term(), wish.weight(), candidate -> candidate.equals(other));
                    }
                }
                for (PodTerm term : other.requiredAffinity()) {
                    if (term.matches(shape, snapshot.namespaces)) {
                        addPoints(byKey, term, REQUIRED_AFFINITY_WEIGHT, candidate -> candidate.equals(other));
                    }
                }
            }
        }
        return List.copyOf(byKey.values());
    }

    private void addPoints(Map<String, Points> byKey, PodTerm term, int weight, Predicate<PodShape> matcher) {
        var column = columns.column(snapshot, term.topologyKey());
        var points = byKey.computeIfAbsent(term.topologyKey(), k -> new Points(column, new double[column.size()]));
        int[] counts = new int[column.size()];
        count(column, matcher, null, counts);
        for (int d = 0; d < counts.length; d++) {
            points.byDomain[d] += (double) weight * counts[d];
        }
    }

    /** Costs of the preferred spread constraints; smaller is better. */
    List<Points> spreadCosts() {
        List<SpreadConstraint> preferred =
                shape.spread().stream().filter(c -> !c.required()).toList();
        var result = new ArrayList<Points>();
        for (SpreadConstraint constraint : preferred) {
            var column = columns.column(snapshot, constraint.topologyKey());
            int[] counts = new int[column.size()];
            boolean[] exists = new boolean[column.size()];
            long[] eligible = eligible(constraint, preferred);
            markDomains(column, eligible, exists);
            count(column, spreadMatcher(constraint), eligible, counts);
            int domains = 0;
            for (boolean here : exists) {
                domains += here ? 1 : 0;
            }
            double weight = Math.log(domains + 2);
            double[] costs = new double[counts.length];
            for (int d = 0; d < counts.length; d++) {
                costs[d] = counts[d] * weight + (constraint.maxSkew() - 1);
            }
            result.add(new Points(column, costs));
        }
        return result;
    }

    private Iterable<PodShape> placedShapes() {
        var result = new IdentityHashMap<PodShape, Boolean>();
        for (NodeBlock block : snapshot.blocks) {
            for (PodShape other : block.shapes) {
                if (other.hasPodTerms()) {
                    result.put(other, true);
                }
            }
        }
        return result.keySet();
    }

    private void markDomains(TopologyColumns.Column column, long[] eligible, boolean[] exists) {
        for (int b = 0; b < eligible.length; b++) {
            for (long rest = eligible[b]; rest != 0; rest &= rest - 1) {
                int domain = column.domains[b][Long.numberOfTrailingZeros(rest)];
                if (domain != TopologyColumns.NONE) {
                    exists[domain] = true;
                }
            }
        }
    }

    /** Adds to {@code counts}, per domain, the placed pods that match; {@code eligible} null counts those of all nodes. */
    private void count(
            TopologyColumns.Column column, Predicate<PodShape> matcher, long @Nullable [] eligible, int[] counts) {
        var known = new IdentityHashMap<PodShape, Boolean>();
        for (int b = 0; b < snapshot.blocks.length; b++) {
            NodeBlock block = snapshot.blocks[b];
            long mask = eligible == null ? -1L : eligible[b];
            for (int k = 0; k < block.shapes.length; k++) {
                if (!known.computeIfAbsent(block.shapes[k], matcher::test)) {
                    continue;
                }
                short[] perSlot = block.shapeCounts[k];
                for (int slot = 0; slot < NodeBlock.SIZE; slot++) {
                    int domain = column.domains[b][slot];
                    if (perSlot[slot] != 0 && domain != TopologyColumns.NONE && (mask >>> slot & 1) != 0) {
                        counts[domain] += perSlot[slot];
                    }
                }
            }
        }
    }
}
