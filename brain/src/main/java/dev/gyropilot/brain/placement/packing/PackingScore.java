package dev.gyropilot.brain.placement.packing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a placement costs the work to come, in thousandths of a device:
 *
 * <ul>
 *   <li>devices that will find no CPU on their host ({@link Stranding});
 *   <li>the worth that a gap on a device loses beyond what fills it ({@link GapValue});
 *   <li>sets of whole devices that are broken up, as often as they are asked for;
 *   <li>the scarcity of the device type, where the work would be content with another.
 * </ul>
 *
 * All four follow from the mix of work and from what the hosts have; nothing is set per type or workload. Costs closer than
 * {@link #STEP} count as equal: then the fullest host is taken.
 */
final class PackingScore implements PlaceScore {
    private static final double STRANDING = 0.5;
    private static final double SETS = 0.25;

    /** For each device of a type of which as much is asked for as there is. */
    private static final double SCARCITY = 400;

    /** A gap counts for a little less than a free device of the same worth, so that gaps are filled first. */
    private static final double OPEN_GAP = 0.98;

    private static final double STEP = 40;

    /** Weighs CPU against devices where hosts are compared by how full they are. */
    private static final double CPU_SCALE = 128_000;

    private static final double SHARE_SCALE = 8_000;

    private final Fleet fleet;
    private final GapValue gaps;
    private final Stranding stranding;
    private final Map<String, Double> scarcity;
    private final List<Need> sets;
    private final double[] setFrequencies;

    PackingScore(Fleet fleet, Mix mix) {
        this.fleet = fleet;
        gaps = GapValue.of(mix);
        stranding = Stranding.of(mix, gaps);
        scarcity = scarcity(fleet, mix);
        sets = mix.frequencies().keySet().stream().filter(n -> n.devices() > 1).toList();
        setFrequencies = sets.stream().mapToDouble(mix.frequencies()::get).toArray();
    }

    @Override
    public void rate(Need need, int host, Rating into) {
        int[] free = fleet.free[host];
        long cpu = fleet.cpu[host];
        int shares = fleet.freeShares(host);
        int whole = whole(free);
        long cpuAfter = cpu - need.cpuMillis();
        int sharesAfter = shares - need.amount();
        double cost = STRANDING * (stranding.of(cpuAfter, sharesAfter) - stranding.of(cpu, shares)) + price(need, host);
        double intact = intact(host, cpu, whole);
        into.device = -1;
        if (need.isFraction()) {
            // Of equal gaps the first; a free device only costs more when it breaks up a set.
            double least = Double.POSITIVE_INFINITY;
            double split = intact - intact(host, cpuAfter, whole - 1);
            double kept = intact - intact(host, cpuAfter, whole);
            for (int d = 0; d < free.length; d++) {
                if (free[d] < need.share()) {
                    continue;
                }
                double here = Need.WHOLE * (worth(free[d]) - worth(free[d] - need.share()))
                        + SETS * (free[d] == Need.WHOLE ? split : kept);
                double rounded = Math.rint((cost + here) / STEP);
                if (rounded < least || (rounded == least && free[d] < free[into.device])) {
                    least = rounded;
                    into.device = d;
                }
            }
            into.points = -least;
        } else {
            double here = SETS * (intact - intact(host, cpuAfter, whole - need.devices()));
            into.points = -Math.rint((cost + here) / STEP);
        }
        into.tie = -(cpuAfter / CPU_SCALE + sharesAfter / SHARE_SCALE);
    }

    private double worth(int share) {
        return share >= Need.WHOLE ? 1 : OPEN_GAP * gaps.of(share);
    }

    private double price(Need need, int host) {
        return need.types().isEmpty() && need.devices() > 0
                ? SCARCITY * scarcity.getOrDefault(fleet.host(host).type(), 0.0) * need.amount() / Need.WHOLE
                : 0;
    }

    private static int whole(int[] free) {
        int count = 0;
        for (int share : free) {
            count += share == Need.WHOLE ? 1 : 0;
        }
        return count;
    }

    /** What the sets that still fit are asked for, weighed by their frequency. */
    private double intact(int host, long cpu, int whole) {
        double result = 0;
        for (int s = 0; s < setFrequencies.length; s++) {
            Need set = sets.get(s);
            if (whole >= set.devices()
                    && cpu >= set.cpuMillis()
                    && set.accepts(fleet.host(host).type())) {
                int times = whole / set.devices();
                result += setFrequencies[s] * set.amount() * times;
            }
        }
        return result;
    }

    /** For each type, the demand bound to it over what there is; a list of types shares its demand by their capacity. */
    private static Map<String, Double> scarcity(Fleet fleet, Mix mix) {
        var capacity = new HashMap<String, Double>();
        for (Host host : fleet.hosts) {
            capacity.merge(host.type(), (double) host.devices() * Need.WHOLE, Double::sum);
        }
        double total =
                capacity.values().stream().mapToDouble(Double::doubleValue).sum();
        double asked = 0;
        var bound = new HashMap<String, Double>();
        for (var entry : mix.frequencies().entrySet()) {
            Need need = entry.getKey();
            double amount = entry.getValue() * need.amount();
            asked += amount;
            double of = need.types().stream()
                    .mapToDouble(type -> capacity.getOrDefault(type, 0.0))
                    .sum();
            for (String type : need.types()) {
                if (capacity.containsKey(type)) {
                    bound.merge(type, amount * capacity.getOrDefault(type, 0.0) / of, Double::sum);
                }
            }
        }
        var result = new HashMap<String, Double>();
        for (var entry : bound.entrySet()) {
            double share = capacity.getOrDefault(entry.getKey(), 0.0);
            result.put(entry.getKey(), asked > 0 && share > 0 ? entry.getValue() / asked * total / share : 0);
        }
        return result;
    }
}
