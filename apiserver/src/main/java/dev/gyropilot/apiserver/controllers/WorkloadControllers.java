package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.apiserver.controllers.deployment.DeploymentController;
import dev.gyropilot.apiserver.controllers.namespace.NamespaceDefaults;
import dev.gyropilot.apiserver.controllers.replicaset.ReplicaSetController;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** All controllers of the embedded control plane, running. Closing stops them; the cluster stays open. */
public final class WorkloadControllers implements AutoCloseable {
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(60);

    private final List<Controller> controllers;

    private WorkloadControllers(List<Controller> controllers) {
        this.controllers = controllers;
    }

    /**
     * Starts them over the cluster's shared informers and returns when all have listed.
     *
     * @param caCertificates the PEM certificates by which pods verify the API server
     */
    public static WorkloadControllers start(Cluster cluster, String caCertificates)
            throws InterruptedException, TimeoutException {
        var workspace = new Workspace(cluster);
        List<Family> families = List.of(
                w -> NamespaceDefaults.wire(w, caCertificates), DeploymentController::wire, ReplicaSetController::wire);
        List<Controller> controllers =
                families.stream().map(family -> family.wire(workspace)).toList();
        cluster.sync(SYNC_LIMIT);
        controllers.forEach(Controller::start);
        return new WorkloadControllers(controllers);
    }

    @Override
    public void close() {
        controllers.forEach(Controller::close);
    }
}
