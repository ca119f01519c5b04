package dev.gyropilot.brain.placement.queue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The queues with what their work uses. A queue above counts what those below use. Work without a queue is in the nameless
 * one, which is guaranteed nothing. Single-threaded; {@link #copy} makes another to try things on.
 *
 * <p>Fairness is dominant-resource fairness on each level of the tree: the queue with the smallest dominant share by weight
 * is next (Ghodsi and others, "Dominant Resource Fairness", NSDI 2011), where a share counts past usage too, fading by half
 * each half-life. Queues below their guarantee come before all others.
 */
public final class QueueTree {
    /** The queue of work that names none. */
    public static final String NAMELESS = "";

    static final int TOP = -1;

    final QueueRules[] rules;
    final int[] parent;
    private final long[][] usage;
    private final long[][] own;
    private final double[][] faded;
    private final Map<String, Integer> index;
    private final Map<String, String> problems;
    private final Amount capacity;

    private QueueTree(
            QueueRules[] rules,
            int[] parent,
            Map<String, Integer> index,
            Map<String, String> problems,
            Amount capacity,
            long[][] usage,
            long[][] own,
            double[][] faded) {
        this.rules = rules;
        this.parent = parent;
        this.index = index;
        this.problems = problems;
        this.capacity = capacity;
        this.usage = usage;
        this.own = own;
        this.faded = faded;
    }

    /** @param capacity of the whole cluster, against which shares are measured */
    public static QueueTree of(Collection<QueueRules> queues, Amount capacity) {
        var byName = new TreeMap<String, QueueRules>();
        queues.forEach(queue -> byName.put(queue.name(), queue));
        var problems = new LinkedHashMap<String, String>();
        byName.values().forEach(queue -> problem(queue, byName).ifPresent(p -> problems.put(queue.name(), p)));
        var sound = new ArrayList<QueueRules>();
        sound.add(new QueueRules(
                NAMELESS,
                Optional.empty(),
                new Amount(0, -1, -1),
                Amount.UNLIMITED,
                1,
                true,
                QueueRules.Reclaim.NEVER,
                true));
        byName.values().stream()
                .filter(queue -> !problems.containsKey(queue.name()))
                .forEach(sound::add);
        var index = new HashMap<String, Integer>();
        for (int q = 0; q < sound.size(); q++) {
            index.put(sound.get(q).name(), q);
        }
        int[] parent = new int[sound.size()];
        for (int q = 0; q < parent.length; q++) {
            parent[q] = sound.get(q).parent().map(index::get).orElse(TOP);
        }
        return new QueueTree(
                sound.toArray(QueueRules[]::new),
                parent,
                index,
                Map.copyOf(problems),
                capacity,
                new long[parent.length][Amount.RESOURCES],
                new long[parent.length][Amount.RESOURCES],
                new double[parent.length][Amount.RESOURCES]);
    }

    private static Optional<String> problem(QueueRules queue, Map<String, QueueRules> byName) {
        var path = new ArrayList<String>();
        QueueRules at = queue;
        while (true) {
            path.add(at.name());
            if (at.parent().isEmpty()) {
                return Optional.empty();
            }
            String above = at.parent().get();
            if (path.contains(above)) {
                path.add(above);
                return Optional.of("spec.parent of queue " + queue.name() + " leads in a circle: "
                        + String.join(" is below ", path.subList(path.indexOf(above), path.size()))
                        + ". Let one of them name another queue, or none.");
            }
            QueueRules next = byName.get(above);
            if (next == null) {
                return Optional.of("spec.parent of queue " + at.name() + " is " + above
                        + ", and there is no such queue. Create it, or correct the name.");
            }
            at = next;
        }
    }

    /** The same queues and usage, to be changed apart from these. */
    public QueueTree copy() {
        return new QueueTree(rules, parent, index, problems, capacity, deep(usage), deep(own), faded);
    }

    private static long[][] deep(long[][] rows) {
        long[][] result = new long[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            result[i] = rows[i].clone();
        }
        return result;
    }

    /** Why work of this queue cannot start whatever happens: the queue is unknown, or broken. */
    public Optional<String> problem(String queue) {
        String broken = problems.get(queue);
        if (broken != null) {
            return Optional.of(broken);
        }
        return index.containsKey(queue)
                ? Optional.empty()
                : Optional.of("there is no queue " + queue + ". Create it, or correct the label.");
    }

    /** The names of all sound queues, the nameless one left out. */
    public List<String> names() {
        return Arrays.stream(rules).skip(1).map(QueueRules::name).toList();
    }

    /** What a queue uses, those below included; nothing for an unknown one. */
    public Amount usage(String queue) {
        Integer q = index.get(queue);
        return q == null ? Amount.NONE : new Amount(usage[q][0], usage[q][1], usage[q][2]);
    }

    /** Counts work as started ({@code sign} 1) or gone (-1); nothing happens for an unknown queue. */
    public void charge(String queue, Amount amount, int sign) {
        Integer leaf = index.get(queue);
        if (leaf == null) {
            return;
        }
        for (int r = 0; r < Amount.RESOURCES; r++) {
            own[leaf][r] += sign * amount.of(r);
            for (int q = leaf; q != TOP; q = parent[q]) {
                usage[q][r] += sign * amount.of(r);
            }
        }
    }

    /** Sets what a queue used before, faded; in the unit of {@link Amount}. */
    public void past(String queue, double[] amounts) {
        Integer q = index.get(queue);
        if (q != null) {
            System.arraycopy(amounts, 0, faded[q], 0, Amount.RESOURCES);
        }
    }

    /** The first queue, from the work's own upwards, whose limit or ban on borrowing refuses the demand. */
    public Optional<Shortage> check(String queue, Amount demand) {
        Integer leaf = index.get(queue);
        if (leaf == null) {
            return Optional.empty();
        }
        for (int q = leaf; q != TOP; q = parent[q]) {
            for (int r = 0; r < Amount.RESOURCES; r++) {
                long asked = demand.of(r);
                if (asked <= 0) {
                    continue;
                }
                long limit = rules[q].limit().of(r);
                if (limit < Long.MAX_VALUE && asked > limit - usage[q][r]) {
                    return Optional.of(new Shortage(rules[q].name(), true, r, usage[q][r], asked, limit));
                }
                long guaranteed = rules[q].guaranteed().of(r);
                if (!rules[q].borrowing() && guaranteed >= 0 && asked > guaranteed - usage[q][r]) {
                    return Optional.of(new Shortage(rules[q].name(), false, r, usage[q][r], asked, guaranteed));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a queue is another one, or below it. */
    boolean isWithin(String queue, String other) {
        int top = indexOf(other);
        for (int q = indexOf(queue); q != TOP; q = parent[q]) {
            if (q == top) {
                return true;
            }
        }
        return false;
    }

    int indexOf(String queue) {
        return index.getOrDefault(queue, TOP);
    }

    QueueRules rules(int q) {
        return rules[q];
    }

    long usage(int q, int resource) {
        return usage[q][resource];
    }

    boolean belowGuarantee(int q) {
        return usage[q][0] < rules[q].guaranteed().deviceMillis();
    }

    /** The dominant share of a queue by its weight. */
    double share(int q) {
        return share(usage[q], faded[q], rules[q].weight());
    }

    /** The dominant share of the work that a queue has of its own, besides the queues below it. */
    double ownShare(int q) {
        return share(own[q], null, rules[q].weight());
    }

    private double share(long[] now, double @Nullable [] past, int weight) {
        double dominant = 0;
        for (int r = 0; r < Amount.RESOURCES; r++) {
            long total = capacity.of(r);
            if (total > 0) {
                dominant = Math.max(dominant, (now[r] + (past == null ? 0 : past[r])) / total);
            }
        }
        return dominant / weight;
    }
}
