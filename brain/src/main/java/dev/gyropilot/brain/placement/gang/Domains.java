package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The values of a node label as places for a group, and how many pods each could hold at most by its free resources. */
final class Domains {
    /**
     * One value.
     *
     * @param room how many of the group's pods fit at most; claims are not looked at
     * @param enough whether it may hold all
     */
    record Domain(String value, long room, boolean enough) {}

    private Domains() {}

    /** Those with the least room first; equal ones by name. */
    static List<Domain> of(Snapshot snapshot, Group group, String key, Map<String, String> within) {
        var shapes = new IdentityHashMap<PodShape, Integer>();
        var served = new HashSet<String>();
        for (Pod pod : group.allPods()) {
            shapes.merge(pod.shape(), 1, Integer::sum);
            served.addAll(snapshot.devices().served(pod));
        }
        List<PodShape> distinct = new ArrayList<>(shapes.keySet());
        var rooms = new TreeMap<String, long[]>();
        for (Node node : snapshot.nodes()) {
            String value = node.labels().get(key);
            if (value != null && isWithin(node, within)) {
                long[] room = rooms.computeIfAbsent(value, v -> new long[distinct.size()]);
                for (int i = 0; i < room.length; i++) {
                    room[i] += room(snapshot, node, distinct.get(i), served);
                }
            }
        }
        var result = new ArrayList<Domain>();
        rooms.forEach((value, room) -> {
            boolean enough = true;
            long least = Long.MAX_VALUE;
            for (int i = 0; i < room.length; i++) {
                enough &= room[i] >= shapes.getOrDefault(distinct.get(i), 0);
                least = Math.min(least, room[i]);
            }
            result.add(new Domain(value, least, enough));
        });
        result.sort(Comparator.comparingLong(Domain::room).thenComparing(Domain::value));
        return result;
    }

    private static boolean isWithin(Node node, Map<String, String> within) {
        for (var label : within.entrySet()) {
            if (!label.getValue().equals(node.labels().get(label.getKey()))) {
                return false;
            }
        }
        return true;
    }

    /** @param served resources that devices may serve where the node itself has none */
    private static long room(Snapshot snapshot, Node node, PodShape shape, Set<String> served) {
        if (node.unschedulable()) {
            return 0;
        }
        long room = snapshot.free(node.name(), "pods");
        for (var request : shape.requests().entrySet()) {
            boolean byDevices =
                    served.contains(request.getKey()) && node.allocatable().getOrDefault(request.getKey(), 0L) == 0;
            if (request.getValue() > 0 && !byDevices) {
                room = Math.min(room, snapshot.free(node.name(), request.getKey()) / request.getValue());
            }
        }
        return Math.max(0, room);
    }

    /** The labels of a domain inside others. */
    static Map<String, String> inside(Map<String, String> within, String key, String value) {
        var result = new HashMap<>(within);
        result.put(key, value);
        return Map.copyOf(result);
    }
}
