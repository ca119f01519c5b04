package dev.gyropilot.node;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A node's lease in {@code kube-node-lease}, by which a control plane sees that it lives. */
public final class NodeLease {
    private static final String NAMESPACE = "kube-node-lease";
    private static final int SECONDS = 40;

    private final Cluster cluster;
    private final String name;
    private @Nullable Lease held;
    private @Nullable Node owner;

    public NodeLease(Cluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
    }

    /** Lets the lease go with its node. */
    public void own(Node node) {
        owner = node;
    }

    /** Renews the lease, making it if there is none. */
    public void renew() {
        ZonedDateTime now = cluster.now().atZone(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
        Lease known = held != null
                ? held
                : cluster.client()
                        .leases()
                        .inNamespace(NAMESPACE)
                        .withName(name)
                        .get();
        try {
            held = known == null
                    ? cluster.client()
                            .leases()
                            .inNamespace(NAMESPACE)
                            .resource(fresh(now))
                            .create()
                    : cluster.client()
                            .leases()
                            .inNamespace(NAMESPACE)
                            .resource(new LeaseBuilder(known)
                                    .editSpec()
                                    .withHolderIdentity(name)
                                    .withLeaseDurationSeconds(SECONDS)
                                    .withRenewTime(now)
                                    .endSpec()
                                    .build())
                            .update();
        } catch (KubernetesClientException e) {
            // Changed or removed by somebody: look again next time.
            held = null;
            throw e;
        }
    }

    private Lease fresh(ZonedDateTime now) {
        var lease = new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(name)
                .withLeaseDurationSeconds(SECONDS)
                .withRenewTime(now)
                .endSpec();
        Node node = owner;
        if (node != null) {
            lease.editMetadata()
                    .addNewOwnerReference()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName(name)
                    .withUid(node.getMetadata().getUid())
                    .endOwnerReference()
                    .endMetadata();
        }
        return lease.build();
    }
}
