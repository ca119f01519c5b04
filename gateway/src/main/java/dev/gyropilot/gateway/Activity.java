package dev.gyropilot.gateway;

import dev.gyropilot.api.cluster.Key;

/** Hears that a service which may go to zero is in use. */
@FunctionalInterface
public interface Activity {
    /**
     * A request came, is still running, or ended. Called from event loops: must not block.
     *
     * @param service namespace and name
     * @param idleSeconds after how long without this the service goes to zero
     * @param waiting whether requests wait for the service to wake up
     */
    void used(Key service, int idleSeconds, boolean waiting);
}
