package dev.gyropilot.brain.routing;

/**
 * A replica's record of failures. Each failure in a row leaves it out for twice as long as the one before; one success
 * forgives all.
 *
 * @param failures failures in a row
 * @param untilMillis until when it is left out; 0 when it is not
 */
public record Ejection(int failures, long untilMillis) {
    /** No failure. */
    public static final Ejection NONE = new Ejection(0, 0);

    /** How long the first failure lasts. */
    public static final long FIRST_MILLIS = 500;

    /** The longest that a replica is left out without being tried again. */
    public static final long LIMIT_MILLIS = 30_000;

    /** The record after a failure now. A failure while it is left out already (a request sent before) changes nothing. */
    public Ejection failed(long nowMillis) {
        if (untilMillis > nowMillis) {
            return this;
        }
        long duration = Math.min(LIMIT_MILLIS, FIRST_MILLIS << Math.min(failures, 16));
        return new Ejection(failures + 1, nowMillis + duration);
    }

    /** The record after a success. */
    public Ejection succeeded() {
        return NONE;
    }
}
