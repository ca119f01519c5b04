package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Victim;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When and where a job that finds no room can start at the latest: running work is taken away in the order of its expected
 * end until the job fits. (Lifka, "The ANL/IBM SP Scheduling System", 1995.)
 */
final class Backfill {
    private Backfill() {}

    static Optional<Reservation> earliest(
            Snapshot snapshot, Job job, Collection<Running> running, GangPlacement gangs, long nowMillis) {
        List<Running> ending = running.stream()
                .filter(work -> work.expectedMillis() > 0)
                .sorted(Comparator.comparingLong((Running work) -> work.endMillis(nowMillis))
                        .thenComparing(Running::id))
                .toList();
        int low = 1;
        int high = ending.size();
        if (high == 0 || !(fits(snapshot, job, ending, gangs) instanceof GangVerdict.Placed)) {
            return Optional.empty();
        }
        while (low < high) {
            int middle = (low + high) / 2;
            if (fits(snapshot, job, ending.subList(0, middle), gangs) instanceof GangVerdict.Placed) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        List<Running> gone = ending.subList(0, high);
        if (!(fits(snapshot, job, gone, gangs) instanceof GangVerdict.Placed placed)) {
            return Optional.empty();
        }
        var nodes = new HashSet<String>();
        placed.assignments().forEach(a -> nodes.add(a.placed().node()));
        Set<String> waitsFor = new HashSet<>();
        long start = nowMillis;
        for (Running work : gone) {
            if (work.pods().stream().anyMatch(p -> nodes.contains(p.node()))) {
                waitsFor.add(work.id());
                start = Math.max(start, work.endMillis(nowMillis));
            }
        }
        return Optional.of(new Reservation(job.id(), start, placed.assignments(), waitsFor, false));
    }

    private static GangVerdict fits(Snapshot snapshot, Job job, List<Running> gone, GangPlacement gangs) {
        return gangs.place(
                Preemptor.without(
                        snapshot,
                        gone.stream()
                                .map(work -> new Victim(work.id(), work.pods(), 0))
                                .toList()),
                job.group());
    }
}
