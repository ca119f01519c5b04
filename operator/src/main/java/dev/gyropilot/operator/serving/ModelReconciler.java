package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;

/** Keeps the status of Models: the newest version, and that it can be used. */
public final class ModelReconciler implements Reconciler {
    private static final int PARALLELISM = 4;

    private final Cluster cluster;

    private ModelReconciler(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Registers what it watches; the caller starts it after the cluster has listed. */
    public static Controller wire(Cluster cluster) {
        var controller = new Controller("model", PARALLELISM, new ModelReconciler(cluster));
        cluster.informer(Model.class).addEventHandler(controller.handler(m -> List.of(Key.of(m))));
        return controller;
    }

    @Override
    public Result reconcile(Key key) {
        Model model = cluster.cached(Model.class, key).orElse(null);
        if (model == null || model.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        ModelStatus status = status(model, cluster.now());
        if (!status.equals(model.getStatus())) {
            var written = new Model();
            written.setMetadata(new ObjectMetaBuilder(model.getMetadata()).build());
            written.setSpec(model.getSpec());
            written.setStatus(status);
            cluster.client().resource(written).updateStatus();
        }
        return Result.done();
    }

    static ModelStatus status(Model model, Instant now) {
        String latest = model.getSpec().versions().getLast().name();
        int count = model.getSpec().versions().size();
        return new ModelStatus(
                model.getMetadata().getGeneration(),
                latest,
                Conditions.with(
                        model.getStatus() == null
                                ? List.of()
                                : model.getStatus().conditions(),
                        Conditions.READY,
                        true,
                        "VersionsKnown",
                        (count == 1 ? "1 version" : count + " versions") + ", the newest is " + latest,
                        model.getMetadata().getGeneration(),
                        now));
    }
}
