package dev.gyropilot.brain.routing;

/**
 * One replica as seen at one moment.
 *
 * @param address IP address and port
 * @param inFlight requests that the caller itself has open there
 * @param running requests that the replica reported as running
 * @param waiting requests that the replica reported as waiting
 * @param kvCacheUse use of its KV cache, 0 to 1
 * @param ejection its record of failures
 */
public record EndpointLoad(
        String address, int inFlight, int running, int waiting, double kvCacheUse, Ejection ejection) {
    /** A sound replica without reported load. */
    public static EndpointLoad idle(String address) {
        return new EndpointLoad(address, 0, 0, 0, 0, Ejection.NONE);
    }
}
