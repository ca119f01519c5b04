package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.gang.Group;
import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.Demand;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.brain.placement.queue.Reservation;
import dev.gyropilot.brain.placement.queue.RunTimes;
import dev.gyropilot.brain.placement.queue.Running;
import dev.gyropilot.scheduler.groups.GroupKey;
import dev.gyropilot.scheduler.groups.GroupSpec;
import dev.gyropilot.scheduler.groups.Membership;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All pods as jobs, a gang or a pod on its own, waiting or running, with the queues and the objects that describe gangs.
 * What waits here is decided in cycles, all of it together. Single-threaded.
 */
final class Jobs {
    private static final Comparator<JobPod> BY_NAME =
            Comparator.comparingInt((JobPod p) -> p.pod.name().length()).thenComparing(p -> p.pod.name());

    private final Map<String, JobPod> pods = new HashMap<>();
    private final Map<String, Gang> gangs = new LinkedHashMap<>();
    private final Map<String, QueueRules> queues = new TreeMap<>();
    private final Map<String, GroupSpec> specs = new HashMap<>();
    private static final int LEARNT_LIMIT = 10_000;

    final RunTimes runTimes = new RunTimes();

    /** How many running pods that may be stopped have each priority. */
    private final TreeMap<Integer, Integer> stoppable = new TreeMap<>();

    private int waiting;
    List<Reservation> reservations = List.of();

    /** Whether something happened that a cycle has not seen. */
    boolean dirty = true;

    /** A gang, or a pod on its own. */
    static final class Gang {
        final String id;
        final Map<String, JobPod> pods = new LinkedHashMap<>();
        boolean stopping;
        Instant retryAt = Instant.MIN;
        Instant strandedSince = Instant.MAX;

        Gang(String id) {
            this.id = id;
        }

        long placed() {
            return pods.values().stream().filter(p -> !p.isWaiting()).count();
        }

        List<JobPod> waiting() {
            return pods.values().stream()
                    .filter(JobPod::isWaiting)
                    .sorted(BY_NAME)
                    .toList();
        }

        JobPod any() {
            return pods.values().iterator().next();
        }
    }

    boolean hasWaiting() {
        return waiting > 0;
    }

    /** The pods that wait, as far as they say what work to expect. */
    List<Pod> waitingPods() {
        return pods.values().stream()
                .filter(JobPod::isWaiting)
                .limit(LEARNT_LIMIT)
                .map(pod -> pod.pod)
                .toList();
    }

    @Nullable
    JobPod find(String uid) {
        return pods.get(uid);
    }

    Collection<Gang> gangs() {
        return gangs.values();
    }

    @Nullable
    Gang gang(String id) {
        return gangs.get(id);
    }

    /** Whether nothing is under way that only this object knows of: bindings and stops. */
    boolean isQuiet() {
        return pods.values().stream().noneMatch(pod -> pod.binding)
                && gangs.values().stream().noneMatch(gang -> gang.stopping);
    }

    /** What was to make room for other work could not be stopped. */
    void notStopped(String id) {
        Gang gang = gangs.get(id);
        if (gang != null) {
            gang.stopping = false;
        }
        dirty = true;
    }

    Collection<QueueRules> queues() {
        return queues.values();
    }

    void queue(QueueRules rules) {
        dirty |= !rules.equals(queues.put(rules.name(), rules));
    }

    void queueGone(String name) {
        dirty |= queues.remove(name) != null;
    }

    void spec(String key, GroupSpec spec) {
        dirty |= !spec.equals(specs.put(key, spec));
    }

    void specGone(String key) {
        dirty |= specs.remove(key) != null;
    }

    /** Whether places are kept for a job. */
    boolean hasReservation(String job) {
        return reservations.stream().anyMatch(r -> r.job().equals(job));
    }

    /** Whether running work might be stopped for a pod of this priority. */
    boolean mayPreempt(int priority) {
        return !stoppable.isEmpty() && stoppable.firstKey() < priority;
    }

    /** A pod waits for us and belongs to a gang or a queue, or other work may have to stop for it. */
    void waits(io.fabric8.kubernetes.api.model.Pod object, Pod pod, PodFacts facts, Membership membership) {
        JobPod known = pods.get(pod.uid());
        if (known == null) {
            add(new JobPod(object, pod, facts, membership));
            waiting++;
            dirty = true;
        } else {
            boolean changed = !known.pod.equals(pod) || !known.membership.equals(membership);
            dirty |= changed && known.isWaiting();
            replace(known, object, pod, facts, membership);
        }
    }

    /** A pod is on a node. */
    void placed(
            io.fabric8.kubernetes.api.model.Pod object, Pod pod, PodFacts facts, Membership membership, String node) {
        JobPod known = pods.get(pod.uid());
        if (known == null) {
            known = new JobPod(object, pod, facts, membership);
            add(known);
            waiting++;
        } else {
            replace(known, object, pod, facts, membership);
        }
        known.binding = false;
        settle(known, node);
    }

    /** We have decided on a pod. */
    void decided(JobPod known, String node) {
        known.binding = true;
        settle(known, node);
    }

    private void settle(JobPod known, String node) {
        if (known.isWaiting()) {
            waiting--;
            dirty = true;
            count(known, 1);
        }
        known.node = node;
        known.amount = null;
    }

    /** A decision could not be carried out: the pod waits again, for a while at least. */
    void returned(JobPod known, Instant retryAt) {
        if (!known.isWaiting()) {
            count(known, -1);
            known.node = null;
            known.binding = false;
            waiting++;
            dirty = true;
            Gang gang = gangs.get(id(known));
            if (gang != null) {
                gang.retryAt = retryAt;
            }
        }
    }

    /** A pod is gone, or has ended. */
    void gone(String uid, boolean succeeded, long nowMillis) {
        JobPod known = pods.remove(uid);
        if (known == null) {
            return;
        }
        dirty = true;
        if (known.isWaiting()) {
            waiting--;
        } else {
            count(known, -1);
            if (succeeded && known.facts.startedMillis() > 0) {
                runTimes.ran(kind(known), known.pod.namespace(), nowMillis - known.facts.startedMillis());
            }
        }
        leave(known);
    }

    private void count(JobPod known, int sign) {
        if (known.facts.stoppable()) {
            stoppable.merge(known.pod.priority(), sign, (a, b) -> a + b == 0 ? null : a + b);
        }
    }

    private void replace(
            JobPod known, io.fabric8.kubernetes.api.model.Pod object, Pod pod, PodFacts facts, Membership membership) {
        boolean moves = !known.membership.equals(membership);
        if (!known.isWaiting()) {
            count(known, -1);
        }
        if (moves) {
            leave(known);
        }
        known.object = object;
        known.amount = known.pod.equals(pod) ? known.amount : null;
        known.pod = pod;
        known.facts = facts;
        known.membership = membership;
        if (moves) {
            join(known);
        }
        if (!known.isWaiting()) {
            count(known, 1);
        }
    }

    private void add(JobPod pod) {
        pods.put(pod.pod.uid(), pod);
        join(pod);
    }

    private void join(JobPod pod) {
        gangs.computeIfAbsent(id(pod), Gang::new).pods.put(pod.pod.uid(), pod);
    }

    private void leave(JobPod pod) {
        Gang gang = gangs.get(id(pod));
        if (gang != null) {
            gang.pods.remove(pod.pod.uid());
            if (gang.pods.isEmpty()) {
                gangs.remove(gang.id);
            }
        }
    }

    static String id(JobPod pod) {
        String gang = pod.membership.gang();
        return gang.isEmpty() ? pod.pod.namespace() + "/" + pod.pod.name() : "gang " + pod.pod.namespace() + "/" + gang;
    }

    /** The name of all pods of one template: the pod's own without what is counted or random. */
    private static String kind(JobPod pod) {
        return pod.pod.namespace() + "/"
                + pod.pod.name().replaceFirst("(-[a-z0-9]{5,10})?(-([0-9]+|[a-z0-9]{5}))$", "");
    }

    /** How many of a gang run together at least; 0 when nobody has said yet. */
    int size(Gang gang) {
        Membership membership = gang.any().membership;
        if (membership.gang().isEmpty()) {
            return 1;
        }
        GroupSpec spec = specs.get(membership.group());
        return spec != null ? spec.size() : membership.size();
    }

    String queue(Gang gang) {
        Membership membership = gang.any().membership;
        GroupSpec spec = specs.get(membership.group());
        return membership.queue().isEmpty() && spec != null ? spec.queue() : membership.queue();
    }

    /** Why a gang with waiting pods cannot be judged yet; empty when it can. */
    String unready(Gang gang) {
        Membership membership = gang.any().membership;
        int size = size(gang);
        if (size == 0) {
            return "the pod belongs to " + GroupKey.text(membership.group())
                    + ", which is not there. Remedy: create it.";
        }
        String contradiction = contradiction(gang);
        if (!contradiction.isEmpty()) {
            return contradiction;
        }
        long missing = size - gang.placed() - gang.waiting().size();
        return missing <= 0
                ? ""
                : gang.id + " runs with at least " + size + " pods together, and " + gang.pods.size()
                        + " are there. Remedy: create " + missing + " more, or lower the gang's size.";
    }

    /** What waiting pods of one gang say differently of the gang as a whole; empty when they agree. */
    private static String contradiction(Gang gang) {
        JobPod first = null;
        for (JobPod pod : gang.waiting()) {
            if (first == null) {
                first = pod;
            } else if (first.membership.size() != pod.membership.size()) {
                return differ(gang, first, pod, "size", first.membership.size(), pod.membership.size());
            } else if (!first.membership.levels().equals(pod.membership.levels())) {
                return differ(gang, first, pod, "topology", levels(first), levels(pod));
            }
        }
        return "";
    }

    private static List<String> levels(JobPod pod) {
        return pod.membership.levels().stream()
                .map(level -> (level.required() ? "required " : "preferred ") + level.key())
                .toList();
    }

    private static String differ(Gang gang, JobPod one, JobPod other, String what, Object ofOne, Object ofOther) {
        return "the pods of " + gang.id + " contradict each other: its " + what + " is " + ofOne + " on "
                + one.pod.name() + " and " + ofOther + " on " + other.pod.name()
                + ". Remedy: write the same labels and annotations on all.";
    }

    /** The jobs of a gang that can be judged: what it needs together, or each pod beyond that. */
    List<Job> waiting(Gang gang, Snapshot snapshot) {
        List<JobPod> waits = gang.waiting();
        long placed = gang.placed();
        int need = (int) Math.max(0, size(gang) - placed);
        if (need == 0) {
            return waits.stream()
                    .map(pod -> job(
                            gang,
                            pod.membership.gang().isEmpty() ? gang.id : gang.id + "/" + pod.pod.name(),
                            List.of(pod),
                            false,
                            snapshot))
                    .toList();
        }
        return List.of(job(gang, gang.id, waits.subList(0, Math.min(need, waits.size())), placed > 0, snapshot));
    }

    private Job job(Gang gang, String id, List<JobPod> members, boolean stranded, Snapshot snapshot) {
        JobPod first = members.getFirst();
        List<Pod> pods = members.stream().map(member -> member.pod).toList();
        boolean mayPreempt = true;
        long created = Long.MAX_VALUE;
        int priority = Integer.MIN_VALUE;
        for (JobPod member : members) {
            mayPreempt &= member.facts.mayPreempt();
            created = Math.min(created, member.pod.createdMillis());
            priority = Math.max(priority, member.pod.priority());
        }
        List<Level> levels = levels(gang);
        var group = new Group(id, levels, within(gang, levels, snapshot), pods, List.of());
        Amount demand = Demand.of(snapshot.devices(), pods);
        return new Job(id, queue(gang), priority, created, group, demand, expectedMillis(first), stranded, mayPreempt);
    }

    private List<Level> levels(Gang gang) {
        Membership membership = gang.any().membership;
        GroupSpec spec = specs.get(membership.group());
        return membership.levels().isEmpty() && spec != null ? spec.levels() : membership.levels();
    }

    /** Where members run already, the others have to join them. */
    private static Map<String, String> within(Gang gang, List<Level> levels, Snapshot snapshot) {
        var within = new HashMap<String, String>();
        for (JobPod member : gang.pods.values()) {
            Node node = member.node == null ? null : snapshot.node(member.node).orElse(null);
            if (node != null) {
                for (Level level : levels) {
                    String value = node.labels().get(level.key());
                    if (level.required() && value != null) {
                        within.putIfAbsent(level.key(), value);
                    }
                }
            }
        }
        return within;
    }

    private long expectedMillis(JobPod pod) {
        if (pod.facts.expectedMillis() > 0) {
            return pod.facts.expectedMillis();
        }
        return pod.facts.ends() ? runTimes.estimate(kind(pod), pod.pod.namespace()) : 0;
    }

    /** What runs of a gang; null when nothing does. */
    @Nullable
    Running running(Gang gang, Snapshot snapshot, long nowMillis) {
        var placed = new ArrayList<PlacedPod>();
        Amount amount = Amount.NONE;
        long started = Long.MAX_VALUE;
        long saved = 0;
        boolean stoppable = true;
        int priority = Integer.MIN_VALUE;
        for (JobPod pod : gang.pods.values()) {
            if (pod.node != null) {
                placed.add(new PlacedPod(pod.pod, pod.node));
                amount = amount.plus(amount(pod, snapshot));
                long began = pod.facts.startedMillis() > 0 ? pod.facts.startedMillis() : nowMillis;
                started = Math.min(started, began);
                saved = Math.max(saved, Math.max(pod.facts.savedMillis(), began));
                stoppable &= pod.facts.stoppable() && !pod.binding;
                priority = Math.max(priority, pod.pod.priority());
            }
        }
        if (placed.isEmpty()) {
            return null;
        }
        return new Running(
                gang.id,
                queue(gang),
                priority,
                placed,
                amount,
                started,
                saved,
                expectedMillis(gang.any()),
                stoppable,
                gang.stopping);
    }

    private static Amount amount(JobPod pod, Snapshot snapshot) {
        Amount known = pod.amount;
        if (known != null) {
            return known;
        }
        Amount amount = Demand.of(snapshot.devices(), pod.pod);
        if (!pod.pod.hasClaims()) {
            // What claims have got may still change.
            pod.amount = amount;
        }
        return amount;
    }
}
