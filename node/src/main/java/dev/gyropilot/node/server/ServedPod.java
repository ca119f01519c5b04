package dev.gyropilot.node.server;

import dev.gyropilot.node.pod.ContainerSnapshot;
import dev.gyropilot.node.process.Launch;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A pod as the kubelet endpoint shows it. */
public interface ServedPod {
    Pod pod();

    String podIp();

    List<ContainerSnapshot> snapshot();

    List<String> containerNames();

    /** The surroundings in which a command beside a container's program runs; empty when the container does not run. */
    Optional<Launch> surroundings(String container) throws IOException;

    /** What to show as the logs of a pod whose containers are not real; empty for real ones. */
    default Optional<String> simulatedLog() {
        return Optional.empty();
    }
}
