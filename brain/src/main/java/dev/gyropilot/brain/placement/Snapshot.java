package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.packing.Costs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Nodes, the pods on them, namespaces and devices at one moment. Immutable; {@link #edit} makes the next one, which shares
 * all that did not change: placing one pod copies 64 node slots, not the cluster.
 */
public final class Snapshot {
    public static final Snapshot EMPTY =
            new Snapshot(Resources.FIXED, new NodeBlock[0], Map.of(), Map.of(), Devices.EMPTY, 0, Costs.NONE);

    final List<String> resources;
    final NodeBlock[] blocks;
    final Map<String, Map<String, String>> namespaces;

    /** How many placed pods have affinity terms of any kind; without one nobody need look for them. */
    final int podsWithTerms;

    /** What places cost the work that is expected. */
    final Costs costs;

    private final Map<String, Integer> slots;
    private final Devices devices;

    private Snapshot(
            List<String> resources,
            NodeBlock[] blocks,
            Map<String, Integer> slots,
            Map<String, Map<String, String>> namespaces,
            Devices devices,
            int podsWithTerms,
            Costs costs) {
        this.costs = costs;
        this.resources = resources;
        this.blocks = blocks;
        this.slots = slots;
        this.namespaces = namespaces;
        this.devices = devices;
        this.podsWithTerms = podsWithTerms;
    }

    public int nodeCount() {
        return slots.size();
    }

    public Optional<Node> node(String name) {
        Integer slot = slots.get(name);
        return slot == null ? Optional.empty() : Optional.of(node(slot));
    }

    /** All nodes. */
    public List<Node> nodes() {
        var result = new ArrayList<Node>(slots.size());
        for (NodeBlock block : blocks) {
            for (long rest = block.nodes.present; rest != 0; rest &= rest - 1) {
                result.add(block.nodes.at(Long.numberOfTrailingZeros(rest)));
            }
        }
        return result;
    }

    /** The pods on a node; empty for an unknown one. */
    public List<Pod> podsOn(String name) {
        Integer slot = slots.get(name);
        return slot == null ? List.of() : List.of(blocks[slot / NodeBlock.SIZE].pods[slot % NodeBlock.SIZE]);
    }

    /** Allocatable minus requested; 0 for an unknown node or resource. */
    public long free(String name, String resource) {
        Integer slot = slots.get(name);
        int column = resources.indexOf(resource);
        return slot == null || column < 0 ? 0 : blocks[slot / NodeBlock.SIZE].free[column][slot % NodeBlock.SIZE];
    }

    public Devices devices() {
        return devices;
    }

    /** What places cost the work that is expected. */
    public Costs costs() {
        return costs;
    }

    Node node(int slot) {
        return blocks[slot / NodeBlock.SIZE].nodes.at(slot % NodeBlock.SIZE);
    }

    int slotOf(String name) {
        return slots.getOrDefault(name, -1);
    }

    /** Starts the next snapshot. */
    public Builder edit() {
        return new Builder(this);
    }

    /** Changes collected into one next snapshot. Not thread-safe; use it once. */
    public static final class Builder {
        private List<String> resources;
        private NodeBlock[] blocks;
        private byte[] owned;
        private Map<String, Integer> slots;
        private boolean slotsOwned;
        private Map<String, Map<String, String>> namespaces;
        private Devices devices;
        private int podsWithTerms;
        private Costs costs;
        private static final byte PODS_OWNED = 1;
        private static final byte NODES_OWNED = 2;

        private Builder(Snapshot from) {
            resources = from.resources;
            blocks = from.blocks.clone();
            owned = new byte[blocks.length];
            slots = from.slots;
            namespaces = from.namespaces;
            devices = from.devices;
            podsWithTerms = from.podsWithTerms;
            costs = from.costs;
        }

        /** Adds or replaces a node; its pods stay. */
        public Builder node(Node node) {
            // In an order that is the same in each process, as decisions are to be made again.
            for (String resource : new TreeSet<>(node.allocatable().keySet())) {
                if (!resources.contains(resource)) {
                    var wider = new ArrayList<>(resources);
                    wider.add(resource);
                    resources = List.copyOf(wider);
                }
            }
            Integer slot = slots.get(node.name());
            int at = slot != null ? slot : vacantSlot();
            if (slot == null) {
                ownSlots().put(node.name(), at);
            }
            ownNodes(at / NodeBlock.SIZE).setNode(at % NodeBlock.SIZE, node, resources);
            return this;
        }

        /** Takes a node away, and with it the pods that were on it. */
        public Builder withoutNode(String name) {
            Integer slot = slots.get(name);
            if (slot == null) {
                return this;
            }
            NodeBlock block = ownNodes(slot / NodeBlock.SIZE);
            for (Pod pod : block.pods[slot % NodeBlock.SIZE]) {
                withoutPod(name, pod.uid());
            }
            block.setNode(slot % NodeBlock.SIZE, null, resources);
            ownSlots().remove(name);
            return this;
        }

        /** Puts a pod on a node. Nothing happens when the node is unknown. */
        public Builder place(Pod pod, String node) {
            Integer slot = slots.get(node);
            if (slot != null) {
                ownPods(slot / NodeBlock.SIZE).add(slot % NodeBlock.SIZE, pod, resources);
                podsWithTerms += pod.shape().hasPodTerms() ? 1 : 0;
            }
            return this;
        }

        /** Takes a pod from a node, if it is there. */
        public Builder withoutPod(String node, String uid) {
            Integer slot = slots.get(node);
            if (slot != null) {
                Pod gone = ownPods(slot / NodeBlock.SIZE).remove(slot % NodeBlock.SIZE, uid, resources);
                podsWithTerms -= gone != null && gone.shape().hasPodTerms() ? 1 : 0;
            }
            return this;
        }

        /** A pod got this place: it occupies its node, and its claims have their devices and are used by it, too. */
        public Builder place(Pod pod, Verdict.Placed placed) {
            placed.implicit().ifPresent(implicit -> devices = devices.with(implicit.claim()));
            for (ClaimAllocation allocation : placed.allocations()) {
                devices.claim(allocation.namespace(), allocation.name())
                        .ifPresent(claim -> devices = devices.with(claim.allocated(allocation, Set.of(pod.uid()))));
            }
            Pod bound = placed.bound(pod);
            for (String name : bound.claims()) {
                devices.claim(bound.namespace(), name)
                        .ifPresent(claim -> devices = devices.with(claim.usedBy(bound.uid())));
            }
            return place(bound, placed.node());
        }

        public Builder namespace(String name, @Nullable Map<String, String> labels) {
            var next = new HashMap<>(namespaces);
            if (labels == null) {
                next.remove(name);
            } else {
                next.put(name, Map.copyOf(labels));
            }
            namespaces = Map.copyOf(next);
            return this;
        }

        public Devices devices() {
            return devices;
        }

        public Builder devices(Devices next) {
            devices = next;
            return this;
        }

        /** Sets what places cost the work that is expected. */
        public Builder costs(Costs next) {
            costs = next;
            return this;
        }

        public Snapshot build() {
            return new Snapshot(resources, blocks, slots, namespaces, devices, podsWithTerms, costs);
        }

        private int vacantSlot() {
            if (slots.size() < blocks.length * NodeBlock.SIZE) {
                for (int b = 0; b < blocks.length; b++) {
                    long vacant = ~blocks[b].nodes.present;
                    if (vacant != 0) {
                        return b * NodeBlock.SIZE + Long.numberOfTrailingZeros(vacant);
                    }
                }
            }
            int b = blocks.length;
            blocks = Arrays.copyOf(blocks, b + 1);
            owned = Arrays.copyOf(owned, b + 1);
            blocks[b] = new NodeBlock(resources.size());
            owned[b] = PODS_OWNED | NODES_OWNED;
            return b * NodeBlock.SIZE;
        }

        private Map<String, Integer> ownSlots() {
            if (!slotsOwned) {
                slots = new HashMap<>(slots);
                slotsOwned = true;
            }
            return slots;
        }

        private NodeBlock ownPods(int b) {
            if (blocks[b].free.length < resources.size()) {
                return ownNodes(b);
            }
            if (owned[b] == 0) {
                blocks[b] = blocks[b].copy();
                owned[b] = PODS_OWNED;
            }
            return blocks[b];
        }

        private NodeBlock ownNodes(int b) {
            boolean widen = blocks[b].free.length < resources.size();
            if (widen || (owned[b] & NODES_OWNED) == 0) {
                blocks[b] = blocks[b].copyWithNodes(resources.size());
                owned[b] = PODS_OWNED | NODES_OWNED;
                if (widen) {
                    recharge(blocks[b]);
                }
            }
            return blocks[b];
        }

        /** Counts the requests for columns that the block did not have when its pods came. */
        private void recharge(NodeBlock block) {
            for (int slot = 0; slot < NodeBlock.SIZE; slot++) {
                block.setNode(slot, block.nodes.bySlot[slot], resources);
            }
        }
    }
}
