package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.Verdict.ScoreTerm;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.ClaimSet;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import dev.gyropilot.brain.placement.device.Outcome;
import dev.gyropilot.brain.placement.device.Sizes;
import dev.gyropilot.brain.placement.packing.Costs;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a pod goes. The verdict depends on the snapshot, the pod and the seed alone; the object only remembers what
 * it has computed about shapes and blocks of nodes. One thread at a time.
 *
 * <p>Most pods take the short way: nothing but resources and fixed rules decides, so that each shape keeps the best node of
 * every block of 64, and a decision recomputes only the blocks that changed. Pods with ports, spreading, affinity,
 * preferences or claims take the long way over all nodes.
 */
public final class Placement {
    /** How many shapes are remembered before all are forgotten. */
    private static final int SHAPE_LIMIT = 4096;

    /** Of how many extended resources a node may serve some by a device plugin and others by claims. */
    private static final int MIXED_LIMIT = 4;

    private final long seed;
    private final Allocator allocator;
    private final Sizes sizes;
    private final TopologyColumns columns = new TopologyColumns();
    private final IdentityHashMap<PodShape, ShapeMemo> memos = new IdentityHashMap<>();
    private final IdentityHashMap<PodShape, ResourceScore> scores = new IdentityHashMap<>();
    private final RoomColumn rooms;
    private final IdentityHashMap<PodShape, Map<Integer, ClaimScore>> claimScores = new IdentityHashMap<>();
    private final IdentityHashMap<PodShape, Map<Set<String>, PodShape>> bare = new IdentityHashMap<>();
    private List<String> scoredResources = List.of();
    private Costs scoredCosts = Costs.NONE;
    private double[] total = new double[0];

    /** @param seed decides between nodes of equal score */
    public Placement(long seed, Allocator allocator) {
        this(seed, allocator, new RoomColumn());
    }

    private Placement(long seed, Allocator allocator, RoomColumn rooms) {
        this.seed = seed;
        this.allocator = allocator;
        this.sizes = allocator.sizes();
        this.rooms = rooms;
    }

    /** Another that decides the same and knows the devices, but no shapes yet; for shapes that are soon forgotten. */
    public Placement fresh() {
        return new Placement(seed, allocator, rooms);
    }

    /** Where this pod goes now. Extended resources are looked for with device plugins first, then among devices. */
    public Verdict decide(Snapshot snapshot, Pod pod) {
        Verdict verdict = decide(snapshot, pod, Set.of());
        if (pod.extended().isEmpty() || !(verdict instanceof Verdict.Unplaceable)) {
            return verdict;
        }
        for (Set<String> byClaim : parts(snapshot.devices().served(pod))) {
            verdict = decide(snapshot, pod, byClaim);
            if (!(verdict instanceof Verdict.Unplaceable)) {
                return verdict;
            }
        }
        return verdict;
    }

    /** All parts of a set but the empty one, the whole set last; of a large set only that. */
    private static List<Set<String>> parts(Set<String> whole) {
        if (whole.size() > MIXED_LIMIT) {
            return List.of(whole);
        }
        List<String> all = List.copyOf(whole);
        var parts = new ArrayList<Set<String>>();
        for (int bits = 1; bits < 1 << all.size(); bits++) {
            var part = new TreeSet<String>();
            for (int i = 0; i < all.size(); i++) {
                if ((bits & 1 << i) != 0) {
                    part.add(all.get(i));
                }
            }
            parts.add(part);
        }
        return parts;
    }

    /** @param byClaim the extended resources that devices shall serve, on nodes that offer none of them themselves */
    private Verdict decide(Snapshot snapshot, Pod pod, Set<String> byClaim) {
        ClaimSet claims = pod.hasClaims() ? ClaimSet.of(snapshot.devices(), pod) : ClaimSet.NONE;
        if (!byClaim.isEmpty()) {
            claims = claims.with(ImplicitClaim.of(pod, byClaim, snapshot.devices()));
        }
        if (claims.obstacle().isPresent()) {
            return new Verdict.Waiting(
                    "0/" + snapshot.nodeCount() + " nodes are available: "
                            + claims.obstacle().get() + ".",
                    EnumSet.of(Cause.CLAIMS));
        }
        forgetOtherResources(snapshot);
        PodShape shape = byClaim.isEmpty() ? pod.shape() : bare(pod.shape(), byClaim);
        ShapeMemo memo = memo(shape);
        ResourceScore score = scores.computeIfAbsent(shape, s -> new ResourceScore(s, snapshot, seed));
        boolean preferences = memo.refreshFixed(snapshot);
        if (!preferences && !pod.hasClaims() && byClaim.isEmpty() && isPlain(shape)) {
            ShapeMemo.Best[] bests = memo.refreshBest(snapshot, score);
            int chosen = shortWay(bests);
            if (chosen >= 0) {
                return placed(
                        snapshot, chosen, List.of(), terms(snapshot, score, null, chosen), List.of(), Optional.empty());
            }
            if (chosen == NOWHERE) {
                return new Refusal(snapshot, shape, memo, score, new TopologyRules(snapshot, shape, memo, columns))
                        .verdict();
            }
        }
        return longWay(snapshot, shape, memo, score, claims);
    }

    private static boolean isPlain(PodShape shape) {
        return shape.hostPorts().isEmpty()
                && shape.spread().isEmpty()
                && shape.requiredAffinity().isEmpty()
                && shape.requiredAntiAffinity().isEmpty()
                && shape.preferredAffinity().isEmpty();
    }

    private static final int NOWHERE = -1;
    private static final int UNDECIDED = -2;

    /** The best slot of all blocks, {@link #NOWHERE}, or {@link #UNDECIDED} when placed pods have a say. */
    private static int shortWay(ShapeMemo.Best[] bests) {
        int chosen = NOWHERE;
        double points = Double.NEGATIVE_INFINITY;
        long tie = -1;
        for (int b = 0; b < bests.length; b++) {
            ShapeMemo.Best best = bests[b];
            if (best.podTermsMatter()) {
                return UNDECIDED;
            }
            if (best.slot() >= 0 && (best.score() > points || (best.score() == points && best.tie() > tie))) {
                chosen = b * NodeBlock.SIZE + best.slot();
                points = best.score();
                tie = best.tie();
            }
        }
        return chosen;
    }

    private Verdict longWay(Snapshot snapshot, PodShape shape, ShapeMemo memo, ResourceScore score, ClaimSet claims) {
        var rules = new TopologyRules(snapshot, shape, memo, columns);
        long[] feasible = new long[snapshot.blocks.length];
        int count = 0;
        for (int b = 0; b < feasible.length; b++) {
            NodeBlock block = snapshot.blocks[b];
            long mask = memo.fixed(b).allowed & score.fitting(block);
            mask = rules.filter(b, HostPorts.filter(shape, block, mask));
            feasible[b] = claims.filter(block.nodes.bySlot, mask);
            count += Long.bitCount(feasible[b]);
        }
        if (total.length < feasible.length * NodeBlock.SIZE) {
            total = new double[feasible.length * NodeBlock.SIZE];
        }
        var preferences = new Preferences(snapshot, shape, memo, rules, feasible);
        @Nullable ClaimScore packing = claimScore(snapshot, shape, claims);
        preferences.score(score, packing, total);
        var refusal = new Refusal(snapshot, shape, memo, score, rules);
        for (; count > 0; count--) {
            int best = highest(snapshot, score, feasible);
            if (claims.toAllocate().isEmpty()) {
                return placed(
                        snapshot,
                        best,
                        List.of(),
                        terms(snapshot, score, packing, best),
                        preferences.terms(best),
                        Optional.empty());
            }
            switch (allocator.allocate(snapshot.devices(), snapshot.node(best), claims.toAllocate())) {
                case Outcome.Allocated allocated -> {
                    return placed(
                            snapshot,
                            best,
                            allocated.claims(),
                            terms(snapshot, score, packing, best),
                            preferences.terms(best),
                            claims.implicit());
                }
                case Outcome.NoFit noFit -> {
                    refusal.noDevices(best, noFit.reason());
                    if (packing != null) {
                        packing.refused(best);
                    }
                }
                case Outcome.Failed failed -> {
                    return new Verdict.Failed(failed.message(), EnumSet.of(Cause.CLAIMS));
                }
            }
            feasible[best / NodeBlock.SIZE] &= ~(1L << best % NodeBlock.SIZE);
        }
        return refusal.claims(claims).verdict();
    }

    /** Devices by claims are packed like those that nodes count themselves. Null when no claim has to be allocated. */
    private @Nullable ClaimScore claimScore(Snapshot snapshot, PodShape shape, ClaimSet claims) {
        int thousandths = claims.thousandths(snapshot.devices(), sizes);
        if (thousandths == 0) {
            return null;
        }
        ClaimScore result = claimScores
                .computeIfAbsent(shape, s -> new HashMap<>())
                .computeIfAbsent(
                        thousandths,
                        t -> new ClaimScore(new DeviceScore(shape, snapshot.resources, snapshot.costs, t)));
        result.refresh(snapshot, rooms.of(snapshot));
        return result;
    }

    private int highest(Snapshot snapshot, ResourceScore score, long[] feasible) {
        int chosen = -1;
        double points = Double.NEGATIVE_INFINITY;
        long tie = -1;
        for (int b = 0; b < feasible.length; b++) {
            for (long rest = feasible[b]; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                double here = total[b * NodeBlock.SIZE + slot];
                if (here > points || (here == points && score.tie(snapshot.blocks[b], slot) > tie)) {
                    chosen = b * NodeBlock.SIZE + slot;
                    points = here;
                    tie = score.tie(snapshot.blocks[b], slot);
                }
            }
        }
        return chosen;
    }

    /** The points for devices and resources, term by term. */
    private static List<ScoreTerm> terms(
            Snapshot snapshot, ResourceScore score, @Nullable ClaimScore packing, int chosen) {
        return packing != null
                ? List.of(DeviceScore.term(packing.points(chosen)))
                : score.terms(snapshot.blocks[chosen / NodeBlock.SIZE], chosen % NodeBlock.SIZE);
    }

    private static Verdict placed(
            Snapshot snapshot,
            int chosen,
            List<ClaimAllocation> allocations,
            List<ScoreTerm> terms,
            List<ScoreTerm> preferences,
            Optional<ImplicitClaim> implicit) {
        var all = new ArrayList<>(terms);
        all.addAll(preferences);
        return new Verdict.Placed(snapshot.node(chosen).name(), allocations, List.copyOf(all), implicit);
    }

    /** The shape without resources that devices serve; one object per value, as all shapes. */
    private PodShape bare(PodShape shape, Set<String> without) {
        return bare.computeIfAbsent(shape, s -> new HashMap<>()).computeIfAbsent(without, shape::without);
    }

    private ShapeMemo memo(PodShape shape) {
        if (memos.size() > SHAPE_LIMIT) {
            memos.clear();
            scores.clear();
            claimScores.clear();
            bare.clear();
        }
        return memos.computeIfAbsent(shape, ShapeMemo::new);
    }

    /** What was computed holds for one set of resource columns and costs, which most snapshots share. */
    @SuppressWarnings("ReferenceEquality")
    private void forgetOtherResources(Snapshot snapshot) {
        if (scoredResources != snapshot.resources || scoredCosts != snapshot.costs) {
            scores.clear();
            memos.clear();
            claimScores.clear();
            scoredResources = snapshot.resources;
            scoredCosts = snapshot.costs;
        }
    }
}
