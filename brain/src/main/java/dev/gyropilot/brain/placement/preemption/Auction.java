package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Allocator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Nodes bid for the pods of a group: each names the least that would be lost if it took the next pod, and the cheapest gets
 * it. Work that is stopped on one node is stopped on all its nodes, which may then bid less. A bid is made by placing the pod
 * on the node alone, devices included.
 */
final class Auction {
    private final Candidates candidates;
    private final Set<Victim> allowed;
    private final Rights rights;
    private final Preemptor.Steps steps;
    private final Placement single;
    private final Set<Victim> chosen = new LinkedHashSet<>();
    private final Map<String, Integer> versions = new HashMap<>();
    private final Map<String, Node> nodes = new HashMap<>();
    private Snapshot now;

    /**
     * What a node loses.
     *
     * @param cost at least, while there is no offer; exactly, with one
     */
    private record Bid(Node node, double cost, @Nullable Offer offer, int version) {}

    private record Offer(List<Victim> victims, Verdict.Placed placed) {}

    Auction(
            Snapshot base,
            Candidates candidates,
            Set<Victim> allowed,
            Rights rights,
            Preemptor.Steps steps,
            long seed,
            Allocator allocator) {
        this.now = base;
        this.candidates = candidates;
        this.allowed = allowed;
        this.rights = rights;
        this.steps = steps;
        this.single = new Placement(seed, allocator);
    }

    /** The work to be stopped so that these nodes take all the pods; empty when they do not, or the steps ran out. */
    Optional<Set<Victim>> run(List<Pod> pods, Collection<Node> among) {
        among.forEach(node -> nodes.put(node.name(), node));
        try {
            return sell(pods, among) ? Optional.of(chosen) : Optional.empty();
        } finally {
            chosen.forEach(rights::giveBack);
        }
    }

    private boolean sell(List<Pod> pods, Collection<Node> among) {
        var bids = new PriorityQueue<Bid>(Comparator.comparingDouble(Bid::cost).thenComparing(b -> b.node.name()));
        PodShape shape = null;
        for (Pod pod : pods) {
            if (!pod.shape().equals(shape)) {
                shape = pod.shape();
                bids.clear();
                for (Node node : among) {
                    estimate(bids, node, pod);
                }
            }
            Bid best = valid(bids, pod);
            if (best == null || best.offer == null) {
                return false;
            }
            accept(best.node, best.offer, pod, bids);
        }
        return true;
    }

    /** The cheapest bid that still holds. Offers are worked out only for nodes whose estimate is the lowest. */
    private @Nullable Bid valid(PriorityQueue<Bid> bids, Pod pod) {
        while (true) {
            Bid best = bids.poll();
            if (best == null) {
                return null;
            }
            if (best.version != versions.getOrDefault(best.node.name(), 0)) {
                continue;
            }
            if (best.offer != null && holds(best.node, best.offer, pod)) {
                return best;
            }
            Bid made = bid(best.node, pod);
            if (made != null) {
                bids.add(made);
            }
        }
    }

    private boolean holds(Node node, Offer offer, Pod pod) {
        int taken = 0;
        for (Victim victim : offer.victims) {
            if (!rights.allows(victim)) {
                break;
            }
            rights.take(victim);
            taken++;
        }
        offer.victims.subList(0, taken).forEach(rights::giveBack);
        // Claims are a pod's own: what one pod was offered says nothing about the next.
        return taken == offer.victims.size()
                && (!now.devices().concern(pod) || probe(node, pod, offer.victims) != null);
    }

    private void accept(Node seller, Offer offer, Pod pod, PriorityQueue<Bid> bids) {
        Verdict.Placed placed = now.devices().concern(pod) ? probe(seller, pod, offer.victims) : offer.placed;
        if (placed == null) {
            throw new IllegalStateException("the bid of node " + seller.name() + " did not hold");
        }
        var touched = new LinkedHashSet<String>();
        touched.add(seller.name());
        for (Victim victim : offer.victims) {
            rights.take(victim);
            chosen.add(victim);
            victim.pods().forEach(p -> touched.add(p.node()));
        }
        now = Preemptor.without(now, offer.victims).edit().place(pod, placed).build();
        for (String name : touched) {
            versions.merge(name, 1, Integer::sum);
            Node node = nodes.get(name);
            if (node != null) {
                estimate(bids, node, pod);
            }
        }
    }

    private List<Victim> victims(Node node) {
        var result = new ArrayList<Victim>();
        for (Victim victim : candidates.on(node.name())) {
            if (allowed.contains(victim) && !chosen.contains(victim)) {
                result.add(victim);
            }
        }
        return result;
    }

    /** A bid that is not above the true one: nothing where the requests are free, else the cheapest work there. */
    private void estimate(PriorityQueue<Bid> bids, Node node, Pod pod) {
        List<Victim> here = victims(node);
        if (fits(node, pod, here)) {
            boolean free = here.isEmpty() || now.devices().concern(pod) || fits(node, pod, List.of());
            double cost = free ? 0 : here.getFirst().cost();
            bids.add(new Bid(node, cost, null, versions.getOrDefault(node.name(), 0)));
        }
    }

    private @Nullable Bid bid(Node node, Pod pod) {
        int version = versions.getOrDefault(node.name(), 0);
        Verdict.Placed free = probe(node, pod, List.of());
        if (free != null) {
            return new Bid(node, 0, new Offer(List.of(), free), version);
        }
        List<Victim> taken = enough(node, pod);
        if (taken.isEmpty()) {
            return null;
        }
        List<Victim> needed = needed(node, pod, taken);
        Verdict.Placed placed = probe(node, pod, needed);
        return placed == null
                ? null
                : new Bid(
                        node,
                        needed.stream().mapToDouble(Victim::cost).sum(),
                        new Offer(List.copyOf(needed), placed),
                        version);
    }

    /**
     * The cheapest work of the node that may be stopped together, as much as may be, if that is enough. If it is not, what then may
     * not be stopped any more comes first instead. Empty when nothing is enough.
     */
    private List<Victim> enough(Node node, Pod pod) {
        List<Victim> here = victims(node);
        List<Victim> cheapest = together(here, Optional.empty());
        if (cheapest.isEmpty() || probe(node, pod, cheapest) != null) {
            return cheapest;
        }
        for (Victim other : here) {
            if (!cheapest.contains(other) && rights.allows(other)) {
                List<Victim> others = together(here, Optional.of(other));
                if (probe(node, pod, others) != null) {
                    return others;
                }
            }
        }
        return List.of();
    }

    /** In this order as many as may be stopped together; with one that comes before all, the others in their order. */
    private List<Victim> together(List<Victim> inOrder, Optional<Victim> first) {
        var taken = new ArrayList<Victim>();
        first.ifPresent(victim -> {
            rights.take(victim);
            taken.add(victim);
        });
        for (Victim victim : inOrder) {
            if (!taken.contains(victim) && rights.allows(victim)) {
                rights.take(victim);
                taken.add(victim);
            }
        }
        taken.forEach(rights::giveBack);
        return taken;
    }

    /** The shortest beginning of the list that suffices, less what turns out not to be needed. */
    private List<Victim> needed(Node node, Pod pod, List<Victim> cheapestFirst) {
        int low = 1;
        int high = cheapestFirst.size();
        while (low < high) {
            int middle = (low + high) / 2;
            if (probe(node, pod, cheapestFirst.subList(0, middle)) != null) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        var needed = new ArrayList<>(cheapestFirst.subList(0, high));
        for (int i = needed.size() - 2; i >= 0; i--) {
            var fewer = new ArrayList<>(needed);
            fewer.remove(i);
            if (probe(node, pod, fewer) != null) {
                needed = fewer;
            }
        }
        return needed;
    }

    /** Whether the requests are free once these are gone; claims and all other rules are not looked at. */
    private boolean fits(Node node, Pod pod, List<Victim> here) {
        for (var request : pod.shape().requests().entrySet()) {
            if (node.allocatable().getOrDefault(request.getKey(), 0L) == 0
                    && now.devices().served(pod).contains(request.getKey())) {
                continue;
            }
            long free = now.free(node.name(), request.getKey());
            for (Victim victim : here) {
                for (Victim.PlacedPod placed : victim.pods()) {
                    free += placed.node().equals(node.name())
                            ? placed.pod().shape().requests().getOrDefault(request.getKey(), 0L)
                            : 0;
                }
            }
            if (request.getValue() > free) {
                return false;
            }
        }
        return true;
    }

    /** Where on the node the pod goes when these are gone; null when nowhere. */
    private Verdict.@Nullable Placed probe(Node node, Pod pod, List<Victim> gone) {
        if (!steps.take(1)) {
            return null;
        }
        var uids = new LinkedHashSet<String>();
        var edit = Snapshot.EMPTY.edit().devices(now.devices()).node(node);
        for (Victim victim : gone) {
            for (Victim.PlacedPod placed : victim.pods()) {
                uids.add(placed.pod().uid());
                Preemptor.release(edit, placed.pod());
            }
        }
        for (Pod other : now.podsOn(node.name())) {
            if (!uids.contains(other.uid())) {
                edit.place(other, node.name());
            }
        }
        return single.decide(edit.build(), pod) instanceof Verdict.Placed placed ? placed : null;
    }
}
