package dev.gyropilot.operator;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.serving.Crds;
import dev.gyropilot.operator.serving.Apply;
import dev.gyropilot.operator.serving.BuiltInEngines;
import dev.gyropilot.operator.serving.ModelReconciler;
import dev.gyropilot.operator.serving.ModelServiceReconciler;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The controllers of Gyropilot's own kinds, running. Closing stops them; the cluster stays open. */
public final class Operator implements AutoCloseable {
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(60);
    private static final long ESTABLISHED_LIMIT_SECONDS = 30;

    private final List<Controller> controllers;

    private Operator(List<Controller> controllers) {
        this.controllers = controllers;
    }

    /**
     * Brings the resource definitions and built-in engines up to date and starts the controllers; returns when they have
     * seen the present state.
     */
    public static Operator start(OperatorConfig config, Cluster cluster) throws InterruptedException, TimeoutException {
        define(cluster);
        return startInstalled(config, cluster);
    }

    /** The same where the installation has brought the resource definitions, so that the operator needs no right to them. */
    public static Operator startInstalled(OperatorConfig config, Cluster cluster)
            throws InterruptedException, TimeoutException {
        BuiltInEngines.applyTo(cluster.client());
        List<Controller> controllers =
                List.of(ModelServiceReconciler.wire(cluster, config), ModelReconciler.wire(cluster));
        cluster.sync(SYNC_LIMIT);
        controllers.forEach(Controller::start);
        return new Operator(controllers);
    }

    /** Brings the resource definitions up to date, and returns when they are served. */
    public static void define(Cluster cluster) throws TimeoutException {
        var apply = new Apply(cluster.client());
        List<CustomResourceDefinition> crds = Crds.all();
        crds.forEach(apply::force);
        for (CustomResourceDefinition crd : crds) {
            try {
                cluster.client()
                        .resource(crd)
                        .waitUntilCondition(Operator::isEstablished, ESTABLISHED_LIMIT_SECONDS, TimeUnit.SECONDS);
            } catch (KubernetesClientTimeoutException e) {
                throw (TimeoutException) new TimeoutException("the resource definition "
                                + crd.getMetadata().getName() + " was not established within "
                                + ESTABLISHED_LIMIT_SECONDS + " s: see its conditions")
                        .initCause(e);
            }
        }
    }

    private static boolean isEstablished(CustomResourceDefinition crd) {
        return crd != null
                && crd.getStatus() != null
                && crd.getStatus().getConditions().stream()
                        .anyMatch(c -> c.getType().equals("Established") && "True".equals(c.getStatus()));
    }

    /** Objects to be looked at, or being. */
    public int waiting() {
        return controllers.stream().mapToInt(Controller::waiting).sum();
    }

    /** How often an object was looked at since the start. */
    public long reconciles() {
        return controllers.stream().mapToLong(Controller::reconciles).sum();
    }

    @Override
    public void close() {
        controllers.forEach(Controller::close);
    }
}
