package dev.gyropilot.brain.routing;

import java.util.BitSet;

/**
 * What a pick needs to know of the request.
 *
 * @param nowMillis the time, on the clock of {@link Candidates#ejectedUntilMillis}
 * @param tried replicas that have failed this request already and are not to be chosen
 * @param fallbacks how many further replicas to name, nearest first
 */
public record PickRequest(long nowMillis, BitSet tried, int fallbacks) {
    private static final BitSet NOTHING_TRIED = new BitSet();

    /** A first attempt that wants no fallbacks named. */
    public static PickRequest first(long nowMillis) {
        return new PickRequest(nowMillis, NOTHING_TRIED, 0);
    }
}
