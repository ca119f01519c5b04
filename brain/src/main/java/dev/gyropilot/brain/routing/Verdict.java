package dev.gyropilot.brain.routing;

import java.util.List;

/** What a pick found. */
public sealed interface Verdict {
    /**
     * A replica, and what to try next should it fail.
     *
     * @param replica index among the candidates
     * @param fallbacks further indices, best first, without duplicates; at most as many as were asked for
     * @param reason why this one
     */
    record Picked(int replica, List<Integer> fallbacks, Reason reason) implements Verdict {}

    /** No replica can take the request now. */
    record Refused(Refusal refusal) implements Verdict {}

    /** Why a replica was chosen. */
    enum Reason {
        /** It is the only one that can be chosen. */
        ONLY_ONE,
        /** It has the least load of all. */
        LEAST_LOAD,
        /** It is one of several with equal load; the seed decided. */
        TIE_BY_SEED,
        /** It has the lesser load of two drawn by the seed. */
        LESSER_OF_TWO
    }

    /** Why none was chosen. */
    enum Refusal {
        /** There are no replicas. */
        NO_REPLICA,
        /** All that were not tried yet have failed a moment ago and are left out for a while. */
        ALL_EJECTED,
        /** This request has tried each of them. */
        ALL_TRIED
    }
}
