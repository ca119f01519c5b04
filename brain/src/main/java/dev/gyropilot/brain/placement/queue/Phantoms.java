package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Occupies the places of a reservation: on each node as much as the job needs there beyond what the work gives back that it
 * waits for. What is still free then is free both now and when the job starts. Devices that are free now and promised to it
 * are held by its claims.
 */
final class Phantoms {
    private static final String UID = "reserved/";

    private Phantoms() {}

    static Snapshot place(Snapshot snapshot, Reservation reservation, Map<String, Running> running) {
        var needs = new TreeMap<String, Map<String, Long>>();
        var edit = snapshot.edit();
        for (Assignment place : reservation.places()) {
            add(needs, place.placed().node(), place.pod(), 1);
            for (var allocation : place.placed().allocations()) {
                edit.devices()
                        .claim(allocation.namespace(), allocation.name())
                        .filter(claim -> claim.allocation().isEmpty())
                        .ifPresent(claim -> edit.devices(
                                edit.devices().with(claim.allocated(allocation, Set.of(UID + reservation.job())))));
            }
        }
        for (String id : reservation.waitsFor()) {
            Running work = running.get(id);
            if (work != null) {
                for (PlacedPod given : work.pods()) {
                    if (needs.containsKey(given.node())) {
                        add(needs, given.node(), given.pod(), -1);
                    }
                }
            }
        }
        needs.forEach((node, amounts) -> {
            amounts.values().removeIf(amount -> amount <= 0);
            edit.place(
                    new Pod(
                            "reserved",
                            UID + reservation.job() + "/" + node,
                            PodShape.of("", Map.of(), amounts),
                            Integer.MAX_VALUE,
                            0,
                            List.of(),
                            List.of()),
                    node);
        });
        return edit.build();
    }

    private static void add(Map<String, Map<String, Long>> needs, String node, Pod pod, int sign) {
        Map<String, Long> here = needs.computeIfAbsent(node, n -> new HashMap<>());
        pod.shape().requests().forEach((resource, amount) -> here.merge(resource, sign * amount, Long::sum));
    }
}
