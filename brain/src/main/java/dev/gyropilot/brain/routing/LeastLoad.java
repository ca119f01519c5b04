package dev.gyropilot.brain.routing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replica with the least load.
 *
 * <p>Load is the larger of what the caller has open at the replica (exact, but only its own share) and what the replica
 * reported as running and waiting (everybody's share, but a moment old). A nearly full KV cache counts as further load,
 * because the engine is about to preempt.
 *
 * <p>Up to {@link #EXACT_LIMIT} replicas all are compared and ties go by seed. Above, two are drawn and the lesser wins
 * (Mitzenmacher, "The power of two choices in randomized load balancing", 2001): as good within a constant, at a cost that
 * does not grow, and several gateways do not all send to the same idle replica.
 */
public final class LeastLoad implements Policy {
    /** Up to how many replicas are compared one by one. */
    public static final int EXACT_LIMIT = 16;

    private static final int DRAWS_LIMIT = 16;
    private static final double CACHE_FULL = 0.95;
    private static final long CACHE_FULL_LOAD = 64;
    private static final int NONE = -1;

    @Override
    public Verdict pick(Candidates candidates, PickRequest request, long seed) {
        int size = candidates.size();
        if (size == 0) {
            return new Verdict.Refused(Verdict.Refusal.NO_REPLICA);
        }
        if (size > EXACT_LIMIT && request.fallbacks() == 0) {
            Verdict drawn = lesserOfTwo(candidates, request, seed);
            if (drawn != null) {
                return drawn;
            }
        }
        return least(candidates, request, seed);
    }

    private static Verdict least(Candidates candidates, PickRequest request, long seed) {
        int best = NONE;
        long bestLoad = Long.MAX_VALUE;
        int ties = 0;
        int eligible = 0;
        long random = seed;
        for (int i = 0; i < candidates.size(); i++) {
            if (!eligible(candidates, request, i)) {
                continue;
            }
            eligible++;
            long load = load(candidates, i);
            if (load < bestLoad) {
                best = i;
                bestLoad = load;
                ties = 1;
            } else if (load == bestLoad) {
                // Reservoir of one: the k-th equal takes the place with probability 1/k.
                ties++;
                random = mix(random);
                if (Long.remainderUnsigned(random, ties) == 0) {
                    best = i;
                }
            }
        }
        if (best == NONE) {
            return new Verdict.Refused(refusal(candidates, request));
        }
        Verdict.Reason reason = eligible == 1
                ? Verdict.Reason.ONLY_ONE
                : ties == 1 ? Verdict.Reason.LEAST_LOAD : Verdict.Reason.TIE_BY_SEED;
        return new Verdict.Picked(best, fallbacks(candidates, request, best, seed), reason);
    }

    private static Verdict.@Nullable Picked lesserOfTwo(Candidates candidates, PickRequest request, long seed) {
        int first = NONE;
        long random = seed;
        for (int draw = 0; draw < DRAWS_LIMIT; draw++) {
            random = mix(random);
            int i = (int) Long.remainderUnsigned(random, candidates.size());
            if (i == first || !eligible(candidates, request, i)) {
                continue;
            }
            if (first == NONE) {
                first = i;
                continue;
            }
            int lesser = load(candidates, i) < load(candidates, first) ? i : first;
            return new Verdict.Picked(lesser, List.of(), Verdict.Reason.LESSER_OF_TWO);
        }
        return null;
    }

    private static List<Integer> fallbacks(Candidates candidates, PickRequest request, int picked, long seed) {
        if (request.fallbacks() == 0) {
            return List.of();
        }
        List<Integer> others = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            if (i != picked && eligible(candidates, request, i)) {
                others.add(i);
            }
        }
        others.sort(Comparator.comparingLong((Integer i) -> load(candidates, i))
                .thenComparingLong(i -> mix(seed ^ i))
                .thenComparingInt(i -> i));
        return List.copyOf(others.subList(0, Math.min(request.fallbacks(), others.size())));
    }

    private static boolean eligible(Candidates candidates, PickRequest request, int i) {
        return !request.tried().get(i) && candidates.ejectedUntilMillis(i) <= request.nowMillis();
    }

    private static Verdict.Refusal refusal(Candidates candidates, PickRequest request) {
        for (int i = 0; i < candidates.size(); i++) {
            if (!request.tried().get(i)) {
                return Verdict.Refusal.ALL_EJECTED;
            }
        }
        return Verdict.Refusal.ALL_TRIED;
    }

    private static long load(Candidates candidates, int i) {
        long load = Math.max(candidates.inFlight(i), (long) candidates.running(i) + candidates.waiting(i));
        return candidates.kvCacheUse(i) >= CACHE_FULL ? load + CACHE_FULL_LOAD : load;
    }

    /** The finalizer of SplitMix64: one step of a generator whose state is the value itself. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
