package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.Verdict.ScoreTerm;
import dev.gyropilot.brain.placement.device.Room;
import dev.gyropilot.brain.placement.packing.Costs;
import dev.gyropilot.brain.placement.packing.Need;
import java.util.ArrayList;
import java.util.List;

/**
 * How well work with devices sits on a node: what the place costs the work to come ({@link Costs}), and among places that cost
 * the same how full the node is. Replaces the spreading that suits work on the CPU alone, from which it only takes off what
 * devices would lose their CPU.
 */
final class DeviceScore {
    static final String TERM = "DevicePacking";

    /** Just less than a step of the costs. */
    private static final double FULL = 0.99;

    private static final double BASE = 100;

    /** Points for each step that work on the CPU alone costs: a device stands against half of all that spreading can give. */
    private static final double MALUS = 4;

    private final Costs costs;
    private final Need need;

    /** The column of the devices that are asked for; -1: none, or by claims. */
    private final int column;

    /** The columns of all kinds of devices. */
    private final int[] columns;

    /** @param claimed how much of devices the pod's claims ask for, in thousandths of one */
    DeviceScore(PodShape shape, List<String> resources, Costs costs, int claimed) {
        this.costs = costs;
        int found = -1;
        int count = Math.ceilDiv(claimed, Need.WHOLE);
        var all = new ArrayList<Integer>();
        for (int r = 0; r < resources.size(); r++) {
            if (DeviceResource.isWhole(resources.get(r))) {
                all.add(r);
                long asked = shape.requests().getOrDefault(resources.get(r), 0L);
                if (asked > 0 && found < 0) {
                    found = r;
                    count = (int) Math.min(asked, Integer.MAX_VALUE / Need.WHOLE);
                }
            }
        }
        column = found;
        columns = all.stream().mapToInt(Integer::intValue).toArray();
        Need whole = DeviceResource.need(shape, count);
        need = found < 0 && claimed > 0 && claimed < Need.WHOLE
                ? new Need(whole.cpuMillis(), whole.memory(), 1, claimed, whole.types())
                : whole;
    }

    boolean asksForDevices() {
        return need.devices() > 0;
    }

    /** For a pod whose devices are counted by the node: more is better, 100 where it costs nothing. */
    double points(NodeBlock block, int slot) {
        long free = block.free[column][slot];
        long all = block.nodes.allocatable[column][slot];
        return points(block, slot, millis(free), count(free), all);
    }

    /** For a pod whose claims ask for devices, on a node with this room for them. */
    double points(NodeBlock block, int slot, Room room) {
        return points(block, slot, room.shares(), room.whole(), room.devices());
    }

    private double points(NodeBlock block, int slot, int shares, int whole, long all) {
        long cpu = block.free[Resources.CPU][slot];
        long cpuAfter = cpu - need.cpuMillis();
        int sharesAfter = Math.max(0, shares - need.amount());
        boolean fillsGap = need.isFraction() && shares - whole * Need.WHOLE >= need.share();
        int wholeAfter = fillsGap ? whole : Math.max(0, whole - need.devices());
        double cost = costs.host(
                need, DeviceResource.type(block.nodes.at(slot)), cpu, cpuAfter, shares, sharesAfter, whole, wholeAfter);
        double idle = all > 0 ? (double) sharesAfter / Need.WHOLE / all : 0;
        long cpuAll = block.nodes.allocatable[Resources.CPU][slot];
        double cpuIdle = cpuAll > 0 ? (double) Math.max(0, cpuAfter) / cpuAll : 0;
        return BASE - Math.rint(cost / Costs.STEP) + FULL * (1 - (idle + cpuIdle) / 2);
    }

    /** What a pod without devices costs those of the node, in points to be taken off. */
    double malus(NodeBlock block, int slot) {
        for (int c : columns) {
            if (c < block.free.length && block.nodes.allocatable[c][slot] > 0) {
                long free = block.free[c][slot];
                long cpu = block.free[Resources.CPU][slot];
                double cost = costs.host(
                        need, "", cpu, cpu - need.cpuMillis(), millis(free), millis(free), count(free), count(free));
                return MALUS * Math.rint(cost / Costs.STEP);
            }
        }
        return 0;
    }

    static ScoreTerm term(double points) {
        return new ScoreTerm(TERM, points, 1);
    }

    private static int count(long free) {
        return Math.clamp(free, 0, Integer.MAX_VALUE / Need.WHOLE);
    }

    private static int millis(long free) {
        return count(free) * Need.WHOLE;
    }
}
