package dev.gyropilot.brain.placement.preemption;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Running work by node, the cheapest first; made once for many plans. */
public final class Candidates {
    private static final Comparator<Victim> CHEAPEST_FIRST =
            Comparator.comparingDouble(Victim::cost).thenComparing(Victim::id);

    private final Map<String, Victim> byId = new LinkedHashMap<>();
    private final Map<String, List<Victim>> byNode = new HashMap<>();

    public Candidates(Collection<Victim> victims) {
        for (Victim victim : victims) {
            byId.put(victim.id(), victim);
            var nodes = new TreeSet<String>();
            victim.pods().forEach(placed -> nodes.add(placed.node()));
            nodes.forEach(
                    node -> byNode.computeIfAbsent(node, n -> new ArrayList<>()).add(victim));
        }
        byNode.values().forEach(list -> list.sort(CHEAPEST_FIRST));
    }

    /** All of it. */
    public Collection<Victim> all() {
        return byId.values();
    }

    List<Victim> on(String node) {
        return byNode.getOrDefault(node, List.of());
    }
}
