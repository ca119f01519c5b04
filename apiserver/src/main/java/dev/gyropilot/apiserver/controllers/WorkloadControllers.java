package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.apiserver.controllers.deployment.DeploymentController;
import dev.gyropilot.apiserver.controllers.endpoints.EndpointSliceController;
import dev.gyropilot.apiserver.controllers.garbage.GarbageCollector;
import dev.gyropilot.apiserver.controllers.job.JobController;
import dev.gyropilot.apiserver.controllers.namespace.NamespaceDefaults;
import dev.gyropilot.apiserver.controllers.namespace.NamespaceDeletion;
import dev.gyropilot.apiserver.controllers.replicaset.ReplicaSetController;
import dev.gyropilot.apiserver.controllers.statefulset.StatefulSetController;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All controllers of the embedded control plane, running. Closing stops them; the cluster stays open. */
public final class WorkloadControllers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WorkloadControllers.class);
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(60);

    private final List<AutoCloseable> running;

    private WorkloadControllers(List<AutoCloseable> running) {
        this.running = running;
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
                w -> NamespaceDefaults.wire(w, caCertificates),
                NamespaceDeletion::wire,
                DeploymentController::wire,
                ReplicaSetController::wire,
                EndpointSliceController::wire,
                JobController::wire,
                StatefulSetController::wire);
        List<Controller> controllers =
                families.stream().map(family -> family.wire(workspace)).toList();
        cluster.sync(SYNC_LIMIT);
        controllers.forEach(Controller::start);
        var running = new ArrayList<AutoCloseable>(controllers);
        running.add(GarbageCollector.start(workspace));
        return new WorkloadControllers(running);
    }

    @Override
    public void close() {
        for (AutoCloseable one : running) {
            try {
                one.close();
            } catch (Exception e) {
                log.warn("closing {} failed", one, e);
            }
        }
    }
}
