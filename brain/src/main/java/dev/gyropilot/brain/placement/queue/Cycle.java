package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.Sizes;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.preemption.Candidates;
import dev.gyropilot.brain.placement.preemption.Plan;
import dev.gyropilot.brain.placement.preemption.Preemptor;
import dev.gyropilot.brain.placement.preemption.Victim;
import dev.gyropilot.brain.placement.queue.Decision.Preempt;
import dev.gyropilot.brain.placement.queue.Decision.Start;
import dev.gyropilot.brain.placement.queue.Decision.Wait;
import dev.gyropilot.brain.placement.queue.Decision.Why;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One round over all waiting jobs in their order: start what quota and room allow, stop work for what has the right to it,
 * keep places for the first that has to wait, and let others go before it only where that does not delay it (conservative
 * backfill). Given the same input it decides the same. One thread at a time.
 */
public final class Cycle {
    /** How many plans to stop work one cycle makes; the others get their turn in the next. */
    private static final int PLAN_LIMIT = 128;

    private static final Set<Cause> QUOTA_CAUSES = Set.of(Cause.RESOURCES, Cause.PODS);
    private static final Set<Cause> ANYTHING = Set.copyOf(EnumSet.allOf(Cause.class));
    /** How long the devices of work that is gone may take to be free. */
    private static final long RELEASE_MILLIS = 30_000;

    private static final double HOUR_MILLIS = 3_600_000;

    private final GangPlacement gangs;
    private final Preemptor preemptor;
    private final Sizes sizes;

    public Cycle(long seed, Allocator allocator) {
        sizes = allocator.sizes();
        gangs = new GangPlacement(seed, allocator);
        preemptor = new Preemptor(seed, allocator, gangs);
    }

    /**
     * What there is.
     *
     * @param tree charged with the running work; the cycle charges what it starts
     * @param reservations of the last cycle
     */
    public record Input(
            Snapshot snapshot,
            QueueTree tree,
            Collection<Job> waiting,
            Collection<Running> running,
            List<Reservation> reservations,
            long nowMillis) {}

    /**
     * What was decided, in the order of decision.
     *
     * @param reservations to be handed to the next cycle
     * @param after the snapshot with all that starts
     */
    public record Result(List<Decision> decisions, List<Reservation> reservations, Snapshot after) {}

    public Result run(Input input) {
        return new Round(input).run();
    }

    private final class Round {
        private final Input input;
        private final QueueTree tree;
        private final Map<String, Running> running = new LinkedHashMap<>();
        private final Map<String, Job> jobs = new LinkedHashMap<>();
        private final Map<String, Reservation> kept = new LinkedHashMap<>();
        private final List<Decision> decisions = new ArrayList<>();

        /** What found no room in this cycle: in it free room only shrinks, so equal work need not be tried. */
        private final Map<Object, GangVerdict.Refused> refused = new HashMap<>();

        /** For what nothing can be stopped in this cycle, in which what may be stopped only shrinks. */
        private final Set<Object> hopeless = new HashSet<>();

        private Snapshot now;
        private int plans;
        private boolean headWaits;
        private @Nullable Candidates candidates;

        Round(Input input) {
            this.input = input;
            this.tree = input.tree();
            this.now = input.snapshot();
            input.running().forEach(work -> running.put(work.id(), work));
            input.waiting().forEach(job -> jobs.put(job.id(), sized(job)));
            for (Reservation reservation : input.reservations()) {
                if (jobs.containsKey(reservation.job())) {
                    kept.put(reservation.job(), reservation);
                }
            }
            promise();
        }

        /** Who asks for partitions of devices asks for that much of them. */
        private Job sized(Job job) {
            Devices devices = now.devices();
            List<Pod> pods = job.group().allPods();
            return devices.hasPartitions() && pods.stream().anyMatch(Pod::hasClaims)
                    ? job.demanding(Demand.of(devices, pods, ask -> sizes.of(devices, ask)))
                    : job;
        }

        /** Work that is being stopped no longer counts; the work for which it is stopped does already. */
        private void promise() {
            for (Running work : running.values()) {
                if (work.stopping()) {
                    tree.charge(work.queue(), work.amount(), -1);
                }
            }
            for (Reservation reservation : kept.values()) {
                Job job = jobs.get(reservation.job());
                if (reservation.stops() && job != null) {
                    tree.charge(job.queue(), job.demand(), 1);
                }
            }
        }

        Result run() {
            var sound = new ArrayList<Job>();
            for (Job job : jobs.values()) {
                Optional<String> problem = tree.problem(job.queue());
                if (problem.isPresent()) {
                    decisions.add(new Wait(job, Why.QUEUE, problem.get(), Set.of()));
                } else {
                    sound.add(job);
                }
            }
            var order = new Order(tree, sound, input.nowMillis());
            for (Job job = order.next(); job != null; job = order.next()) {
                decisions.add(decide(job));
            }
            return new Result(List.copyOf(decisions), List.copyOf(kept.values()), now);
        }

        private Decision decide(Job job) {
            Reservation own = kept.get(job.id());
            if (own != null && own.stops()) {
                if (own.waitsFor().stream().anyMatch(running::containsKey)) {
                    return new Wait(job, Why.STOPPING, stopping(own), ANYTHING);
                }
                tree.charge(job.queue(), job.demand(), -1);
                Decision released = released(job, own);
                if (released != null) {
                    return released;
                }
                kept.remove(job.id());
            }
            Optional<Shortage> shortage = tree.check(job.queue(), job.demand());
            if (shortage.isPresent()) {
                return beyondQuota(job, shortage.get());
            }
            GangVerdict verdict = place(job);
            if (verdict instanceof GangVerdict.Placed placed) {
                return start(job, placed);
            }
            Decision preempt = preempt(job);
            return preempt != null ? preempt : noRoom(job, (GangVerdict.Refused) verdict);
        }

        /** What was stopped is gone; its devices may follow a moment later. Null when they do not. */
        private @Nullable Decision released(Job job, Reservation own) {
            long since = own.waitsFor().isEmpty() ? own.startMillis() : input.nowMillis();
            if (tree.check(job.queue(), job.demand()).isEmpty()
                    && gangs.place(keeping(job, Long.MAX_VALUE), job.group()) instanceof GangVerdict.Placed placed) {
                return start(job, withoutPhantoms(placed));
            }
            if (input.nowMillis() - since >= RELEASE_MILLIS) {
                return null;
            }
            kept.put(job.id(), new Reservation(job.id(), since, own.places(), Set.of(), true));
            tree.charge(job.queue(), job.demand(), 1);
            return new Wait(
                    job,
                    Why.STOPPING,
                    "what was stopped for it is gone, and its devices are being released.",
                    ANYTHING);
        }

        private Decision start(Job job, GangVerdict.Placed placed) {
            kept.remove(job.id());
            now = placed.after();
            tree.charge(job.queue(), job.demand(), 1);
            return new Start(job, placed.assignments());
        }

        private String stopping(Reservation own) {
            long left = own.waitsFor().stream().filter(running::containsKey).count();
            return "room is being made: " + left + " of " + own.waitsFor().size()
                    + " gangs or pods that were stopped for it are not gone yet.";
        }

        /** Only work of the same part of the tree that ends makes quota free. */
        private Decision beyondQuota(Job job, Shortage shortage) {
            Decision preempt = shortage.demanded() <= shortage.cap() ? preempt(job) : null;
            return preempt != null
                    ? preempt
                    : new Wait(job, Why.QUOTA, shortage.message() + " Remedy: " + shortage.remedy(), QUOTA_CAUSES);
        }

        /** Adds the cheapest work whose end makes the quota suffice; false when nothing does. */
        private boolean makeQuota(Job job, Set<Victim> victims) {
            var trial = tree.copy();
            var rights = new ReclaimRights(trial, job, running);
            victims.forEach(rights::take);
            if (trial.check(job.queue(), job.demand()).isEmpty()) {
                return true;
            }
            List<Victim> cheapest = candidates().all().stream()
                    .filter(victim -> !victims.contains(victim))
                    .sorted(Comparator.comparingDouble(Victim::cost).thenComparing(Victim::id))
                    .toList();
            for (Victim victim : cheapest) {
                Optional<Shortage> shortage = trial.check(job.queue(), job.demand());
                if (shortage.isEmpty()) {
                    return true;
                }
                Running work = running.get(victim.id());
                if (work != null
                        && trial.isWithin(work.queue(), shortage.get().queue())
                        && work.amount().of(shortage.get().resource()) > 0
                        && rights.allows(victim)) {
                    rights.take(victim);
                    victims.add(victim);
                }
            }
            return trial.check(job.queue(), job.demand()).isEmpty();
        }

        private GangVerdict place(Job job) {
            Object likeness = likeness(job);
            GangVerdict.Refused known = refused.get(likeness);
            if (known != null) {
                return known;
            }
            GangVerdict verdict = gangs.place(keeping(job, Long.MAX_VALUE), job.group());
            if (verdict instanceof GangVerdict.Refused && job.expectedMillis() > 0 && !kept.isEmpty()) {
                long end = input.nowMillis() + job.expectedMillis();
                if (gangs.place(keeping(job, end), job.group()) instanceof GangVerdict.Placed early) {
                    return withoutPhantoms(early);
                }
            }
            if (verdict instanceof GangVerdict.Placed placed) {
                return withoutPhantoms(placed);
            }
            refused.put(likeness, (GangVerdict.Refused) verdict);
            return verdict;
        }

        private GangVerdict.Placed withoutPhantoms(GangVerdict.Placed placed) {
            var edit = now.edit();
            placed.assignments().forEach(a -> edit.place(a.pod(), a.placed()));
            return new GangVerdict.Placed(placed.assignments(), edit.build());
        }

        /** Equal work finds equally no room. */
        private Object likeness(Job job) {
            var pods = new ArrayList<Object>();
            var claims = new HashMap<String, Integer>();
            for (Pod pod : job.group().allPods()) {
                pods.add(pod.shape());
                pods.add(pod.extended());
                for (String name : pod.claims()) {
                    Claim claim = now.devices().claim(pod.namespace(), name).orElse(null);
                    claims.putIfAbsent(name, claims.size());
                    pods.add(
                            claim == null || claim.allocation().isPresent()
                                    ? name
                                    : List.of(claims.get(name), claim.requests(), claim.constraints()));
                }
            }
            boolean reserved = kept.containsKey(job.id());
            long end = kept.isEmpty() ? 0 : job.expectedMillis();
            int priority = kept.isEmpty() ? 0 : job.priority();
            List<PodShape> none = List.of();
            return List.of(
                    pods,
                    job.group().levels(),
                    job.group().within(),
                    job.group().parts().isEmpty() ? none : job.group().parts(),
                    reserved ? job.id() : "",
                    priority,
                    end);
        }

        /** The snapshot with the places occupied that are kept for others, unless they are needed only after the end. */
        private Snapshot keeping(Job job, long endMillis) {
            Snapshot result = now;
            for (Reservation reservation : kept.values()) {
                boolean inTheWay = !reservation.job().equals(job.id())
                        && priority(reservation) >= job.priority()
                        && (reservation.stops() || endMillis > reservation.startMillis());
                if (inTheWay) {
                    result = Phantoms.place(result, reservation, running);
                }
            }
            return result;
        }

        private int priority(Reservation reservation) {
            Job job = jobs.get(reservation.job());
            return job == null ? Integer.MIN_VALUE : job.priority();
        }

        private @Nullable Decision preempt(Job job) {
            if (!job.mayPreempt() || plans >= PLAN_LIMIT) {
                return null;
            }
            var rights = new ReclaimRights(tree.copy(), job, running);
            if (candidates().all().stream().noneMatch(rights::allows)) {
                return null;
            }
            Object hope = List.of(likeness(job), job.queue(), job.priority());
            if (hopeless.contains(hope)) {
                return null;
            }
            plans++;
            Plan plan = preemptor.plan(
                    keeping(job, Long.MAX_VALUE), job.group(), candidates(), rights, Preemptor.STEP_LIMIT);
            if (!(plan instanceof Plan.Stop stop)) {
                hopeless.add(hope);
                return null;
            }
            var chosen = new LinkedHashSet<>(stop.victims());
            if (!makeQuota(job, chosen) || chosen.isEmpty()) {
                return null;
            }
            var victims = new ArrayList<Running>();
            for (Victim victim : chosen) {
                Running work = running.get(victim.id());
                if (work != null) {
                    victims.add(work);
                    stopped(work);
                    tree.charge(work.queue(), work.amount(), -1);
                }
            }
            tree.charge(job.queue(), job.demand(), 1);
            kept.put(
                    job.id(),
                    new Reservation(
                            job.id(),
                            input.nowMillis(),
                            stop.assignments(),
                            new HashSet<>(victims.stream().map(Running::id).toList()),
                            true));
            return new Preempt(job, List.copyOf(victims));
        }

        /** It still occupies its place, but may not be stopped for another job as well. */
        private void stopped(Running work) {
            running.put(
                    work.id(),
                    new Running(
                            work.id(),
                            work.queue(),
                            work.priority(),
                            work.pods(),
                            work.amount(),
                            work.startedMillis(),
                            work.savedMillis(),
                            work.expectedMillis(),
                            work.stoppable(),
                            true));
        }

        /** All that may be stopped for anybody; who may stop it is a matter of rights. */
        private Candidates candidates() {
            Candidates known = candidates;
            if (known == null) {
                known = new Candidates(running.values().stream()
                        .filter(work -> work.stoppable() && !work.stopping())
                        .map(work -> new Victim(work.id(), work.pods(), cost(work)))
                        .toList());
                candidates = known;
            }
            return known;
        }

        /** What is lost: its devices, more for each hour since it last saved its work, and much more for its priority. */
        private double cost(Running work) {
            double devices = Math.max(0.1, work.amount().deviceMillis() / 1000.0);
            double hours = Math.max(0, input.nowMillis() - work.savedMillis()) / HOUR_MILLIS;
            return devices * (1 + hours) * Math.pow(2, Math.clamp(work.priority() / 100.0, -20, 40));
        }

        private Decision noRoom(Job job, GangVerdict.Refused no) {
            Reservation before = kept.get(job.id());
            if (before != null && before.startMillis() <= input.nowMillis()) {
                // What it waited for runs longer than expected.
                kept.remove(job.id());
            }
            if (!headWaits || before != null) {
                headWaits = true;
                reserve(job);
            }
            Reservation own = kept.get(job.id());
            if (own != null) {
                return new Wait(
                        job,
                        Why.ROOM,
                        no.message() + " Its place is kept, and free in "
                                + Math.max(1, (own.startMillis() - input.nowMillis() + 999) / 1000)
                                + " s at the latest by what is known of the work there.",
                        no.causes());
            }
            if (!kept.isEmpty() && gangs.place(now, job.group()) instanceof GangVerdict.Placed) {
                String other = kept.keySet().iterator().next();
                return new Wait(
                        job,
                        Why.RESERVED,
                        "the room that is free is kept for " + other
                                + ", which comes before it. Remedy: a priority above" + " that of " + other
                                + (job.expectedMillis() > 0 ? "" : ", or an annotation that says how long it will run")
                                + ".",
                        ANYTHING);
            }
            return new Wait(job, Why.ROOM, no.message(), no.causes());
        }

        /** Keeps the places that are free earliest, unless earlier ones were promised already, to it or to its equal. */
        private void reserve(Job job) {
            for (Reservation other : kept.values()) {
                if (!other.stops() && !other.job().equals(job.id()) && priority(other) >= job.priority()) {
                    return;
                }
            }
            Optional<Reservation> next = Backfill.earliest(now, job, running.values(), gangs, input.nowMillis());
            Reservation before = kept.get(job.id());
            if (next.isPresent() && (before == null || next.get().startMillis() < before.startMillis())) {
                kept.put(job.id(), next.get());
            }
            kept.keySet().removeIf(other -> !other.equals(job.id()) && !stopsFor(other));
        }

        private boolean stopsFor(String job) {
            Reservation reservation = kept.get(job);
            return reservation != null && reservation.stops();
        }
    }
}
