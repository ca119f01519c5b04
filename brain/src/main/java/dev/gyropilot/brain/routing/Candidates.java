package dev.gyropilot.brain.routing;

/**
 * The replicas among which a pick chooses, by index. {@link Snapshot} is the plain value; a data plane may pass a view over
 * its own counters, so that a pick reads only the replicas that it looks at and a thousand of them cost no more than ten.
 */
public interface Candidates {
    /** How many replicas there are. */
    int size();

    /** Requests that the caller itself has open at the replica. */
    int inFlight(int replica);

    /** Requests that the replica last reported as running; 0 when it reports none. */
    int running(int replica);

    /** Requests that the replica last reported as waiting; 0 when it reports none. */
    int waiting(int replica);

    /** Use of the replica's KV cache as last reported, 0 to 1; 0 when it reports none. */
    double kvCacheUse(int replica);

    /** Until when the replica is left out because it failed, in the milliseconds of {@link PickRequest#nowMillis}. */
    long ejectedUntilMillis(int replica);
}
