package dev.gyropilot.scheduler.claims;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.brain.placement.objects.ClaimNames;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import java.util.ArrayList;
import java.util.List;

/**
 * What kube-controller-manager's resource claim controller does on a real cluster: makes claims from templates, frees devices
 * that no pod uses any longer, and deletes generated claims when their pod has ended.
 */
public final class ClaimController implements AutoCloseable {
    private static final int PARALLELISM = 16;

    private final Controller pods;
    private final Controller claims;

    /** Adds its handlers to the cluster's informers; call it before the cluster is synchronised. */
    public ClaimController(Cluster cluster) {
        pods = new Controller("pod-claims", PARALLELISM, new PodClaims(cluster));
        claims = new Controller("claim-release", PARALLELISM, new ClaimRelease(cluster));
        cluster.informer(Pod.class)
                .addEventHandler(pods.handler(pod -> PodClaims.lacksClaims(pod) ? List.of(Key.of(pod)) : List.of()));
        cluster.informer(Pod.class).addEventHandler(claims.handler(ClaimController::claimsOf));
        cluster.informer(ResourceClaim.class).addEventHandler(claims.handler(claim -> List.of(Key.of(claim))));
        cluster.informer(ResourceClaimTemplate.class)
                .addEventHandler(pods.handler(template -> waitingFor(cluster, template)));
    }

    /** Begins to act. */
    public void start() {
        pods.start();
        claims.start();
    }

    @Override
    public void close() {
        pods.close();
        claims.close();
    }

    private static List<Key> claimsOf(Pod pod) {
        var result = new ArrayList<Key>();
        String namespace = pod.getMetadata().getNamespace();
        for (String name : ClaimNames.of(pod).names()) {
            result.add(new Key(namespace, name));
        }
        return result;
    }

    private static List<Key> waitingFor(Cluster cluster, ResourceClaimTemplate template) {
        var result = new ArrayList<Key>();
        for (Pod pod : cluster.informer(Pod.class).getIndexer().list()) {
            if (template.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
                    && PodClaims.lacksClaims(pod)) {
                result.add(Key.of(pod));
            }
        }
        return result;
    }
}
