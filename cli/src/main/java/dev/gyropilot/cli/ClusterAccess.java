package dev.gyropilot.cli;

import dev.gyropilot.api.cluster.Cluster;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * How a role comes to its Kubernetes API.
 *
 * @param kubeconfig of the cluster; the pod's service account when null
 * @param component the name under which events are reported
 * @param systemNamespace where Gyropilot's own objects lie
 */
record ClusterAccess(@Nullable Path kubeconfig, String component, String systemNamespace) {
    /** A client of its own with informers of its own; its requests pass that traffic. */
    Cluster open(ApiTraffic traffic) {
        return new Cluster(Clients.ofRole(kubeconfig, traffic), InstantSource.system(), component, systemNamespace);
    }
}
