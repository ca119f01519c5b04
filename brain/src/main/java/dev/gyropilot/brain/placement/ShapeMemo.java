package dev.gyropilot.brain.placement;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one shape of pod, block by block. Each entry names the block object it was computed from and is
 * valid for as long as the snapshot holds that very object; between two decisions usually one block has changed, so a
 * decision costs one block's work and a scan over the blocks' best nodes.
 */
final class ShapeMemo {
    static final String UNSCHEDULABLE = "node(s) were unschedulable";
    static final String WRONG_NAME = "node(s) didn't match the requested node name";
    static final String WRONG_LABELS = "node(s) didn't match Pod's node affinity/selector";
    static final String TAINTED = "node(s) had untolerated taint(s)";
    private static final Taint CORDONED = new Taint("node.kubernetes.io/unschedulable", "", Taint.Effect.NO_SCHEDULE);

    private final PodShape shape;
    private Fixed[] fixed = new Fixed[0];
    private Best[] best = new Best[0];
    private final IdentityHashMap<PodShape, Boolean> speaksAboutUs = new IdentityHashMap<>();
    private Map<String, Map<String, String>> namespaces = Map.of();

    /** What only the nodes and the shape decide. */
    static final class Fixed {
        final NodeBlock.Nodes nodes;
        final @Nullable String[] reasons = new @Nullable String[NodeBlock.SIZE];
        final int[] preferred = new int[NodeBlock.SIZE];
        final int[] softTaints = new int[NodeBlock.SIZE];
        long allowed;

        /** Slots whose node the pod's affinity and selector allow, and slots whose taints it tolerates. */
        long selected;

        long tolerated;
        boolean hasPreferences;

        Fixed(NodeBlock.Nodes nodes) {
            this.nodes = nodes;
        }
    }

    /** The best slot of a block by resources alone; slot -1 when nothing fits. */
    record Best(NodeBlock block, int slot, double score, long tie, boolean podTermsMatter) {}

    ShapeMemo(PodShape shape) {
        this.shape = shape;
    }

    /** Brings the fixed part up to date; whether a node of the cluster carries preferences for this shape. */
    boolean refreshFixed(Snapshot snapshot) {
        int count = snapshot.blocks.length;
        if (fixed.length != count) {
            fixed = Arrays.copyOf(fixed, count);
        }
        boolean preferences = false;
        for (int b = 0; b < count; b++) {
            NodeBlock.Nodes nodes = snapshot.blocks[b].nodes;
            Fixed known = fixed[b];
            if (known == null || known.nodes != nodes) {
                known = judge(nodes);
                fixed[b] = known;
            }
            preferences |= known.hasPreferences;
        }
        return preferences;
    }

    Fixed fixed(int block) {
        return fixed[block];
    }

    private Fixed judge(NodeBlock.Nodes nodes) {
        var result = new Fixed(nodes);
        for (long rest = nodes.present; rest != 0; rest &= rest - 1) {
            int slot = Long.numberOfTrailingZeros(rest);
            long bit = rest & -rest;
            Node node = nodes.at(slot);
            boolean selects = shape.selects(node);
            Optional<Taint> untolerated = shape.untolerated(node);
            result.selected |= selects ? bit : 0;
            result.tolerated |= untolerated.isEmpty() ? bit : 0;
            String reason = reason(node, selects, untolerated);
            if (reason == null) {
                result.allowed |= bit;
                prefer(result, slot, node);
            } else {
                result.reasons[slot] = reason;
            }
        }
        return result;
    }

    private @Nullable String reason(Node node, boolean selects, Optional<Taint> untolerated) {
        if (node.unschedulable() && !Toleration.any(shape.tolerations(), CORDONED)) {
            return UNSCHEDULABLE;
        }
        if (!shape.nodeName().isEmpty() && !shape.nodeName().equals(node.name())) {
            return WRONG_NAME;
        }
        if (untolerated.isPresent()) {
            return TAINTED;
        }
        return selects ? null : WRONG_LABELS;
    }

    private void prefer(Fixed result, int slot, Node node) {
        for (Weighted<NodeTerm> preference : shape.preferredNodeTerms()) {
            if (preference.term().matches(node)) {
                result.preferred[slot] += preference.weight();
                result.hasPreferences = true;
            }
        }
        for (Taint taint : node.taints()) {
            if (taint.effect() == Taint.Effect.PREFER_NO_SCHEDULE && !Toleration.any(shape.tolerations(), taint)) {
                result.softTaints[slot]++;
                result.hasPreferences = true;
            }
        }
    }

    /** The best of each block by resources alone. Needs {@link #refreshFixed} before. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    Best[] refreshBest(Snapshot snapshot, ResourceScore score) {
        int count = snapshot.blocks.length;
        if (best.length != count || namespaces != snapshot.namespaces) {
            best = namespaces == snapshot.namespaces ? Arrays.copyOf(best, count) : new Best[count];
            if (namespaces != snapshot.namespaces) {
                speaksAboutUs.clear();
                namespaces = snapshot.namespaces;
            }
        }
        for (int b = 0; b < count; b++) {
            NodeBlock block = snapshot.blocks[b];
            if (best[b] == null || best[b].block != block) {
                best[b] = best(block, fixed[b], score, snapshot.podsWithTerms > 0);
            }
        }
        return best;
    }

    private Best best(NodeBlock block, Fixed known, ResourceScore score, boolean someHaveTerms) {
        long fits = known.allowed & score.fitting(block);
        int bestSlot = -1;
        double bestScore = Double.NEGATIVE_INFINITY;
        long bestTie = 0;
        for (long rest = fits; rest != 0; rest &= rest - 1) {
            int slot = Long.numberOfTrailingZeros(rest);
            double points = score.points(block, slot);
            long tie = score.tie(block, slot);
            if (points > bestScore || (points == bestScore && tie > bestTie)) {
                bestSlot = slot;
                bestScore = points;
                bestTie = tie;
            }
        }
        boolean matter = false;
        if (someHaveTerms) {
            for (PodShape other : block.shapes) {
                matter |= other.hasPodTerms() && speaksAboutUs.computeIfAbsent(other, this::speaksAboutUs);
            }
        }
        return new Best(block, bestSlot, bestScore, bestTie, matter);
    }

    /** Whether an affinity term of a pod that is already placed means pods of our shape. */
    private boolean speaksAboutUs(PodShape other) {
        for (PodTerm term : other.requiredAntiAffinity()) {
            if (term.matches(shape, namespaces)) {
                return true;
            }
        }
        for (PodTerm term : other.requiredAffinity()) {
            if (term.matches(shape, namespaces)) {
                return true;
            }
        }
        for (Weighted<PodTerm> preference : other.preferredAffinity()) {
            if (preference.term().matches(shape, namespaces)) {
                return true;
            }
        }
        return false;
    }
}
