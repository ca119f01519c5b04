package dev.gyropilot.node.pod;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;

/** The deletion by which a node says that nothing of a pod runs any more. */
public final class Deletions {
    private Deletions() {}

    /** Deletes this very pod with grace 0; another one of the same name is left alone. */
    public static void confirm(Cluster cluster, Pod pod) {
        var options = new DeleteOptionsBuilder()
                .withGracePeriodSeconds(0L)
                .withNewPreconditions()
                .withUid(pod.getMetadata().getUid())
                .endPreconditions()
                .build();
        options.setApiVersion("v1");
        options.setKind("DeleteOptions");
        cluster.client()
                .raw(
                        "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                                + pod.getMetadata().getName(),
                        "DELETE",
                        options);
    }
}
