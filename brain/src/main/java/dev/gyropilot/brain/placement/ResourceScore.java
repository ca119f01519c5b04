package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.Verdict.ScoreTerm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a shape's requests fit a node, and how well: least allocated plus balanced, the defaults of kube-scheduler, for work
 * on the CPU alone; packing for work with devices ({@link DeviceScore}).
 */
final class ResourceScore {
    private final PodShape shape;
    private final int[] columns;
    private final long[] requests;
    private final long cpu;
    private final long memory;
    private final boolean impossible;
    private final long seed;
    private final DeviceScore devices;

    ResourceScore(PodShape shape, Snapshot snapshot, long seed) {
        this.shape = shape;
        this.seed = seed;
        List<String> resources = snapshot.resources;
        devices = new DeviceScore(shape, resources, snapshot.costs, 0);
        int[] wanted = new int[resources.size()];
        long[] amounts = new long[resources.size()];
        int n = 0;
        for (int r = 0; r < resources.size(); r++) {
            long request = Resources.request(shape, r, resources);
            if (request > 0) {
                wanted[n] = r;
                amounts[n++] = request;
            }
        }
        boolean unknown = false;
        for (var request : shape.requests().entrySet()) {
            unknown |= request.getValue() > 0 && !resources.contains(request.getKey());
        }
        impossible = unknown;
        columns = Arrays.copyOf(wanted, n);
        requests = Arrays.copyOf(amounts, n);
        cpu = shape.requests().getOrDefault("cpu", 0L);
        memory = shape.requests().getOrDefault("memory", 0L);
    }

    /** The slots with room for the requests. */
    long fitting(NodeBlock block) {
        if (impossible) {
            return 0;
        }
        long mask = block.nodes.present;
        for (int k = 0; k < columns.length && mask != 0; k++) {
            if (columns[k] >= block.free.length) {
                return 0;
            }
            long[] free = block.free[columns[k]];
            long request = requests[k];
            long enough = 0;
            for (int slot = 0; slot < NodeBlock.SIZE; slot++) {
                enough |= (free[slot] >= request ? 1L : 0L) << slot;
            }
            mask &= enough;
        }
        return mask;
    }

    /** About 0 to 200; less where the place costs the work to come. */
    double points(NodeBlock block, int slot) {
        return devices.asksForDevices() ? devices.points(block, slot) : spreading(block, slot);
    }

    /** The points term by term. */
    List<ScoreTerm> terms(NodeBlock block, int slot) {
        if (devices.asksForDevices()) {
            return List.of(DeviceScore.term(devices.points(block, slot)));
        }
        var terms = new ArrayList<ScoreTerm>();
        terms.add(new ScoreTerm("LeastAllocated", leastAllocated(block, slot), 1));
        terms.add(new ScoreTerm("BalancedAllocation", balanced(block, slot), 1));
        double malus = devices.malus(block, slot);
        if (malus != 0) {
            terms.add(DeviceScore.term(-malus));
        }
        return terms;
    }

    /** Of a pod without devices, and what it costs the node's. */
    private double spreading(NodeBlock block, int slot) {
        return leastAllocated(block, slot) + balanced(block, slot) - devices.malus(block, slot);
    }

    private double leastAllocated(NodeBlock block, int slot) {
        double cpuFree = freeShare(
                block.nodes.allocatable[Resources.CPU][slot], block.scoringCpuMillis[slot] + shape.scoringCpuMillis());
        double memoryFree = freeShare(
                block.nodes.allocatable[Resources.MEMORY][slot],
                block.scoringMemoryBytes[slot] + shape.scoringMemoryBytes());
        return 50 * (cpuFree + memoryFree);
    }

    private double balanced(NodeBlock block, int slot) {
        double cpuUsed = 1 - freeAfter(block, Resources.CPU, slot, cpu);
        double memoryUsed = 1 - freeAfter(block, Resources.MEMORY, slot, memory);
        return 100 * (1 - Math.abs(cpuUsed - memoryUsed) / 2);
    }

    /** Orders nodes of equal score; a function of the seed and the node's name only. */
    long tie(NodeBlock block, int slot) {
        long h = block.nodes.nameHash[slot] ^ seed;
        h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
        h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
        return (h ^ (h >>> 31)) & Long.MAX_VALUE;
    }

    private static double freeShare(long allocatable, long requested) {
        return allocatable <= 0 || requested >= allocatable ? 0 : (double) (allocatable - requested) / allocatable;
    }

    private static double freeAfter(NodeBlock block, int column, int slot, long request) {
        long allocatable = block.nodes.allocatable[column][slot];
        return allocatable <= 0 ? 0 : Math.max(0, (double) (block.free[column][slot] - request) / allocatable);
    }
}
