package dev.gyropilot.brain.placement.packing;

import java.util.HashMap;

/** Where the work to come is cost least ({@link Costs}); of equals the fullest host. */
final class PackingScore implements PlaceScore {
    /** Weighs CPU against devices where hosts are compared by how full they are. */
    private static final double CPU_SCALE = 128_000;

    private static final double SHARE_SCALE = 8_000;

    private final Fleet fleet;
    private final Costs costs;

    PackingScore(Fleet fleet, Mix mix) {
        this.fleet = fleet;
        var devices = new HashMap<String, Long>();
        fleet.hosts.forEach(host -> devices.merge(host.type(), (long) host.devices(), Long::sum));
        costs = Costs.of(mix, devices);
    }

    @Override
    public void rate(Need need, int host, Rating into) {
        int[] free = fleet.free[host];
        String type = fleet.host(host).type();
        long cpu = fleet.cpu[host];
        long cpuAfter = cpu - need.cpuMillis();
        int shares = fleet.freeShares(host);
        int sharesAfter = shares - need.amount();
        int whole = whole(free);
        into.device = -1;
        if (need.isFraction()) {
            double inGap = costs.host(need, type, cpu, cpuAfter, shares, sharesAfter, whole, whole);
            double onFree =
                    whole > 0 ? costs.host(need, type, cpu, cpuAfter, shares, sharesAfter, whole, whole - 1) : inGap;
            double least = Double.POSITIVE_INFINITY;
            for (int d = 0; d < free.length; d++) {
                if (free[d] < need.share()) {
                    continue;
                }
                double cost = (free[d] == Need.WHOLE ? onFree : inGap) + costs.gap(free[d], free[d] - need.share());
                double steps = Math.rint(cost / Costs.STEP);
                if (steps < least || (steps == least && free[d] < free[into.device])) {
                    least = steps;
                    into.device = d;
                }
            }
            into.points = -least;
        } else {
            double cost = costs.host(need, type, cpu, cpuAfter, shares, sharesAfter, whole, whole - need.devices());
            into.points = -Math.rint(cost / Costs.STEP);
        }
        into.tie = -(cpuAfter / CPU_SCALE + sharesAfter / SHARE_SCALE);
    }

    private static int whole(int[] free) {
        int count = 0;
        for (int share : free) {
            count += share == Need.WHOLE ? 1 : 0;
        }
        return count;
    }
}
