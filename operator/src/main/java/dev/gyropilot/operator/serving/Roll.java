package dev.gyropilot.operator.serving;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which revision gets the requests, how many replicas each has, and which old ones go.
 *
 * @param active hash of the revision that the Service selects
 * @param replicas wanted replicas by hash, of all revisions that stay
 * @param forgotten hashes of the revisions to delete
 */
record Roll(String active, Map<String, Integer> replicas, List<String> forgotten) {
    /** Old revisions that are kept, at zero, for a quick way back. */
    static final int HISTORY_LIMIT = 3;

    /** A revision as it is: its hash, age, wished and ready replicas. */
    record State(String hash, Instant created, int replicas, int ready) {}

    /**
     * @param wanted hash of the revision that the spec asks for
     * @param selected hash that the Service selects now, or null
     */
    static Roll plan(String wanted, @Nullable String selected, List<State> states, Scale scale) {
        boolean proven = find(states, wanted)
                .filter(s -> s.ready() >= Math.max(1, scale.replicas()))
                .isPresent();
        // The first revision has none to wait for; one of a service that is switched off has none to protect.
        String active = selected == null || find(states, selected).isEmpty() || scale instanceof Scale.Off || proven
                ? wanted
                : selected;

        var replicas = new LinkedHashMap<String, Integer>();
        if (active.equals(wanted)) {
            replicas.put(wanted, scale.replicas());
        } else {
            // A sleeping service's new revision wakes once to show that it gets ready.
            replicas.put(wanted, Math.max(1, scale.replicas()));
            replicas.put(active, scale.replicas());
        }
        List<State> old = states.stream()
                .filter(s -> !replicas.containsKey(s.hash()))
                .sorted(Comparator.comparing(State::created).reversed())
                .toList();
        old.stream().limit(HISTORY_LIMIT).forEach(s -> replicas.put(s.hash(), 0));
        return new Roll(
                active,
                replicas,
                old.stream().skip(HISTORY_LIMIT).map(State::hash).toList());
    }

    private static Optional<State> find(List<State> states, String hash) {
        return states.stream().filter(s -> s.hash().equals(hash)).findFirst();
    }
}
