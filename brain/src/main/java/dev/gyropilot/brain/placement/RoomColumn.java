package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.device.Room;
import dev.gyropilot.brain.placement.device.Rooms;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is free of the devices of each slot's node. */
final class RoomColumn {
    private final Rooms rooms = new Rooms();
    private NodeBlock.@Nullable Nodes[] nodes = new NodeBlock.@Nullable Nodes[0];
    private Room[] bySlot = new Room[0];

    /** By slot; good until the next call. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    Room[] of(Snapshot snapshot) {
        int count = snapshot.blocks.length;
        if (nodes.length != count) {
            nodes = new NodeBlock.@Nullable Nodes[count];
            bySlot = new Room[count * NodeBlock.SIZE];
            Arrays.fill(bySlot, Room.NONE);
        }
        for (String name : rooms.refresh(snapshot.devices())) {
            int slot = snapshot.slotOf(name);
            if (slot >= 0) {
                bySlot[slot] = rooms.of(name);
            }
        }
        for (int b = 0; b < count; b++) {
            NodeBlock.Nodes here = snapshot.blocks[b].nodes;
            if (nodes[b] != here) {
                nodes[b] = here;
                for (long rest = here.present; rest != 0; rest &= rest - 1) {
                    int slot = Long.numberOfTrailingZeros(rest);
                    bySlot[b * NodeBlock.SIZE + slot] = rooms.of(here.at(slot).name());
                }
            }
        }
        return bySlot;
    }
}
