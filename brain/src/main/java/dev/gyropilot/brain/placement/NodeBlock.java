package dev.gyropilot.brain.placement;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * 64 node slots, column by column, so that a filter's result is one {@code long}. A published block never changes: a builder
 * copies the one block that a change touches and shares all others. That makes a snapshot cheap, and lets whatever was
 * computed about a block stay valid for as long as the block is the same object.
 */
final class NodeBlock {
    static final int SIZE = 64;
    private static final Pod[] NO_PODS = {};

    final Nodes nodes;

    /** By resource column and slot: allocatable minus requested; may be negative. */
    final long[][] free;

    final long[] scoringCpuMillis;
    final long[] scoringMemoryBytes;
    final Pod[][] pods;

    /** The distinct shapes of the pods here, and how many of each are on each slot. */
    PodShape[] shapes;

    short[][] shapeCounts;

    /** The part that only changes with the nodes themselves. */
    static final class Nodes {
        final @Nullable Node[] bySlot = new @Nullable Node[SIZE];
        final long[][] allocatable;
        final long[] nameHash = new long[SIZE];
        long present;

        Nodes(int columns) {
            allocatable = new long[columns][SIZE];
        }

        Nodes(Nodes from, int columns) {
            System.arraycopy(from.bySlot, 0, bySlot, 0, SIZE);
            System.arraycopy(from.nameHash, 0, nameHash, 0, SIZE);
            allocatable = widened(from.allocatable, columns);
            present = from.present;
        }

        Node at(int slot) {
            Node node = bySlot[slot];
            if (node == null) {
                throw new IllegalStateException("no node in slot " + slot);
            }
            return node;
        }
    }

    NodeBlock(int columns) {
        nodes = new Nodes(columns);
        free = new long[columns][SIZE];
        scoringCpuMillis = new long[SIZE];
        scoringMemoryBytes = new long[SIZE];
        pods = new Pod[SIZE][];
        Arrays.fill(pods, NO_PODS);
        shapes = new PodShape[0];
        shapeCounts = new short[0][];
    }

    private NodeBlock(NodeBlock from, Nodes nodes, int columns) {
        this.nodes = nodes;
        free = widened(from.free, columns);
        scoringCpuMillis = from.scoringCpuMillis.clone();
        scoringMemoryBytes = from.scoringMemoryBytes.clone();
        pods = from.pods.clone();
        shapes = from.shapes.clone();
        shapeCounts = from.shapeCounts.clone();
    }

    /** A copy to place pods on; the nodes are shared. */
    NodeBlock copy() {
        return new NodeBlock(this, nodes, free.length);
    }

    /** A copy in which nodes may change too. */
    NodeBlock copyWithNodes(int columns) {
        return new NodeBlock(this, new Nodes(nodes, columns), columns);
    }

    void setNode(int slot, @Nullable Node node, List<String> resources) {
        nodes.bySlot[slot] = node;
        nodes.nameHash[slot] = node == null ? 0 : hash(node.name());
        nodes.present = node == null ? nodes.present & ~(1L << slot) : nodes.present | 1L << slot;
        for (int r = 0; r < resources.size(); r++) {
            long allocatable = node == null ? 0 : node.allocatable().getOrDefault(resources.get(r), 0L);
            long requested = 0;
            for (Pod pod : pods[slot]) {
                requested += Resources.request(pod.shape(), r, resources);
            }
            nodes.allocatable[r][slot] = allocatable;
            free[r][slot] = allocatable - requested;
        }
    }

    void add(int slot, Pod pod, List<String> resources) {
        pods[slot] = Arrays.copyOf(pods[slot], pods[slot].length + 1);
        pods[slot][pods[slot].length - 1] = pod;
        charge(slot, pod.shape(), 1, resources);
    }

    /** Takes the pod with this uid from the slot; null when it is not there. */
    @Nullable
    Pod remove(int slot, String uid, List<String> resources) {
        Pod[] here = pods[slot];
        for (int i = 0; i < here.length; i++) {
            if (here[i].uid().equals(uid)) {
                Pod gone = here[i];
                Pod[] rest = Arrays.copyOf(here, here.length - 1);
                System.arraycopy(here, i + 1, rest, i, here.length - 1 - i);
                pods[slot] = rest.length == 0 ? NO_PODS : rest;
                charge(slot, gone.shape(), -1, resources);
                return gone;
            }
        }
        return null;
    }

    private void charge(int slot, PodShape shape, int sign, List<String> resources) {
        for (int r = 0; r < resources.size(); r++) {
            free[r][slot] -= sign * Resources.request(shape, r, resources);
        }
        scoringCpuMillis[slot] += sign * shape.scoringCpuMillis();
        scoringMemoryBytes[slot] += sign * shape.scoringMemoryBytes();
        count(slot, shape, sign);
    }

    /** Shapes are canonical; comparing their content here would cost more than the whole placement. */
    @SuppressWarnings("ReferenceEquality")
    private void count(int slot, PodShape shape, int sign) {
        int k = 0;
        while (k < shapes.length && shapes[k] != shape) {
            k++;
        }
        if (k == shapes.length) {
            shapes = Arrays.copyOf(shapes, k + 1);
            shapeCounts = Arrays.copyOf(shapeCounts, k + 1);
            shapes[k] = shape;
            shapeCounts[k] = new short[SIZE];
        } else {
            shapeCounts[k] = shapeCounts[k].clone();
        }
        shapeCounts[k][slot] += (short) sign;
        if (sign < 0 && isZero(shapeCounts[k])) {
            int last = shapes.length - 1;
            shapes[k] = shapes[last];
            shapeCounts[k] = shapeCounts[last];
            shapes = Arrays.copyOf(shapes, last);
            shapeCounts = Arrays.copyOf(shapeCounts, last);
        }
    }

    private static boolean isZero(short[] counts) {
        for (short count : counts) {
            if (count != 0) {
                return false;
            }
        }
        return true;
    }

    private static long[][] widened(long[][] columns, int width) {
        long[][] copy = new long[Math.max(width, columns.length)][];
        for (int r = 0; r < copy.length; r++) {
            copy[r] = r < columns.length ? columns[r].clone() : new long[SIZE];
        }
        return copy;
    }

    private static long hash(String name) {
        long h = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            h = (h ^ name.charAt(i)) * 0x100000001b3L;
        }
        return h;
    }
}
