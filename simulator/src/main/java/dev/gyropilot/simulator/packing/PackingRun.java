package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Fleet;
import dev.gyropilot.brain.placement.packing.Host;
import dev.gyropilot.brain.placement.packing.Mix;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.brain.placement.packing.Packer;
import dev.gyropilot.brain.placement.packing.Place;
import dev.gyropilot.brain.placement.packing.Rearrangement;
import dev.gyropilot.brain.placement.packing.Tenant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a list of pods: each is placed or not, at once and for good. (Weng et al., USENIX ATC 2023, section 6.)
 */
public final class PackingRun {
    /** Which scheduler. */
    public enum Policy {
        BEST_FIT,
        FGD,
        GYROPILOT,

        /** Ours, and it may move a share {@link #MOVED} of the running pods. */
        GYROPILOT_WITH_MOVES
    }

    /** Of the pods that run, how many may have been moved at any time. */
    public static final double MOVED = 0.02;

    /** How many pods move for one. */
    private static final int MOVES_AT_ONCE = 4;

    private final List<Need> pods;
    private final Policy policy;
    private final Fleet fleet;
    private final Packer packer;
    private final Rearrangement rearrangement;
    private final List<Map<String, Tenant>> tenants = new ArrayList<>();
    private final long capacity;

    /** For which no room could be made since the last move. */
    private final Set<Need> hopeless = new HashSet<>();

    private long running;
    private long moved;
    private long allocated;

    /**
     * What came out.
     *
     * @param byArrived the share of all devices that was allocated, in percent, by how many percent of them had been asked for
     * @param moves how many pods were moved
     * @param running how many pods run in the end
     */
    public record Outcome(List<Double> byArrived, long moves, long running) {}

    private PackingRun(List<Host> hosts, List<Need> pods, Policy policy) {
        this.pods = pods;
        this.policy = policy;
        fleet = new Fleet(hosts);
        capacity = hosts.stream()
                .mapToLong(host -> (long) host.devices() * Need.WHOLE)
                .sum();
        Mix mix = Mix.of(pods);
        packer = switch (policy) {
            case BEST_FIT -> new Packer(fleet, new BestFitScore(fleet));
            case FGD -> new Packer(fleet, new FgdScore(fleet, mix));
            case GYROPILOT, GYROPILOT_WITH_MOVES -> Packer.forMix(fleet, mix);
        };
        hosts.forEach(host -> tenants.add(new LinkedHashMap<>()));
        rearrangement =
                new Rearrangement(fleet, packer, host -> tenants.get(host).values());
    }

    /** @param hosts in the order of their names */
    public static Outcome run(List<Host> hosts, List<Need> pods, Policy policy, long seed) {
        return new PackingRun(hosts, pods, policy).run(seed);
    }

    private Outcome run(long seed) {
        int last = (int) Math.ceil(100 * Arrivals.LOAD);
        double[] sum = new double[last + 1];
        int[] count = new int[last + 1];
        long asked = 0;
        int id = 0;
        for (Need need : Arrivals.of(pods, capacity, seed)) {
            asked += need.amount();
            if (place("pod-" + id++, need)) {
                allocated += need.amount();
                running++;
            }
            int arrived = (int) Math.min(last, Math.round(100.0 * asked / capacity));
            sum[arrived] += 100.0 * allocated / capacity;
            count[arrived]++;
        }
        var result = new ArrayList<Double>();
        for (int r = 0; r <= last; r++) {
            int near = count[r] > 0 || r == 0 ? r : r - 1;
            result.add(sum[near] / Math.max(1, count[near]));
        }
        return new Outcome(List.copyOf(result), moved, running);
    }

    private boolean place(String id, Need need) {
        @Nullable Place place = packer.choose(need);
        if (place == null && policy == Policy.GYROPILOT_WITH_MOVES && need.devices() > 0) {
            place = makeRoom(need);
        }
        if (place == null) {
            return false;
        }
        add(new Tenant(id, need, place));
        return true;
    }

    private @Nullable Place makeRoom(Need need) {
        int limit = (int) Math.min(MOVES_AT_ONCE, (long) (MOVED * running) - moved);
        if (limit <= 0 || hopeless.contains(need)) {
            return null;
        }
        Optional<Rearrangement.Plan> plan = rearrangement.makeRoom(need, limit);
        if (plan.isEmpty()) {
            hopeless.add(need);
            return null;
        }
        hopeless.clear();
        for (Rearrangement.Move move : plan.get().moves()) {
            Tenant before = move.tenant();
            add(new Tenant(before.id(), before.need(), move.to()));
            tenants.get(before.place().host()).remove(before.id());
            fleet.give(before.need(), before.place());
            moved++;
        }
        return plan.get().place().orElseThrow();
    }

    private void add(Tenant tenant) {
        fleet.take(tenant.need(), tenant.place());
        tenants.get(tenant.place().host()).put(tenant.id(), tenant);
    }
}
