package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.device.Room;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The points of all nodes for pods of one shape whose claims ask for devices; only what changed is computed again. Nodes without
 * anything free, and those that have refused such a pod and did not change since, come last: packing would try them first.
 */
final class ClaimScore {
    /** More than all other points together. */
    private static final double HOPELESS = 100_000;

    private final DeviceScore devices;
    private @Nullable NodeBlock[] blocks = new @Nullable NodeBlock[0];
    private @Nullable Room[] rooms = new @Nullable Room[0];
    private double[] points = new double[0];

    ClaimScore(DeviceScore devices) {
        this.devices = devices;
    }

    /** @param room of each slot */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    void refresh(Snapshot snapshot, Room[] room) {
        int count = snapshot.blocks.length;
        if (blocks.length != count) {
            blocks = Arrays.copyOf(blocks, count);
            rooms = Arrays.copyOf(rooms, count * NodeBlock.SIZE);
            points = Arrays.copyOf(points, count * NodeBlock.SIZE);
        }
        for (int b = 0; b < count; b++) {
            NodeBlock block = snapshot.blocks[b];
            boolean changed = blocks[b] != block;
            blocks[b] = block;
            for (long rest = block.nodes.present; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                int at = b * NodeBlock.SIZE + slot;
                if (changed || rooms[at] != room[at]) {
                    rooms[at] = room[at];
                    points[at] = devices.points(block, slot, room[at]) - (room[at].shares() == 0 ? HOPELESS : 0);
                }
            }
        }
    }

    double points(int at) {
        return points[at];
    }

    /** The devices of a node did not do. */
    void refused(int at) {
        points[at] -= points[at] > -HOPELESS / 2 ? HOPELESS : 0;
    }
}
