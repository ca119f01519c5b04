package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import java.util.List;
import java.util.Set;

/**
 * Places that are kept for a job until it can start there.
 *
 * @param startMillis when it is promised to start at the latest
 * @param waitsFor the running work that has to end before
 * @param stops whether that work is being stopped for it; else it ends by itself
 */
public record Reservation(String job, long startMillis, List<Assignment> places, Set<String> waitsFor, boolean stops) {
    public Reservation {
        places = List.copyOf(places);
        waitsFor = Set.copyOf(waitsFor);
    }
}
