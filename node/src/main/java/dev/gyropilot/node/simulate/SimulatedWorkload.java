package dev.gyropilot.node.simulate;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;

/** What a simulated pod really does, such as answering requests from within this program. */
@FunctionalInterface
public interface SimulatedWorkload {
    /**
     * Starts it when the pod begins to run; called on a virtual thread.
     *
     * @param podIp an address of this machine on which only this pod listens
     * @return what ends it, closed when the pod ends; empty when the pod only pretends
     */
    Optional<AutoCloseable> start(Pod pod, String podIp) throws Exception;

    /** Pods that only pretend. */
    static SimulatedWorkload none() {
        return (pod, podIp) -> Optional.empty();
    }
}
