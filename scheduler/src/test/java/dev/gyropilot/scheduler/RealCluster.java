package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Assumptions;

/**
 * A disposable Kubernetes control plane to test against: the kubeconfig that the environment variable names. Its nodes are
 * made by the tests, so it should have none with kubelets.
 */
final class RealCluster {
    static final String VARIABLE = "GYROPILOT_TEST_KUBECONFIG";

    private RealCluster() {}

    static KubernetesClient client() {
        String kubeconfig = System.getenv(VARIABLE);
        Assumptions.assumeTrue(
                kubeconfig != null && !kubeconfig.isEmpty(),
                "left out: set " + VARIABLE + " to the kubeconfig of a disposable control plane");
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Path.of(kubeconfig).toFile()))
                .build();
    }

    /** Whether the control plane runs without the resource claim controller, so that ours has to do its work. */
    static boolean lacksClaimController() {
        return "yes".equals(System.getenv("GYROPILOT_TEST_CLAIM_CONTROLLER"));
    }

    static Cluster cluster() {
        return new Cluster(client(), InstantSource.system(), "gyropilot-scheduler");
    }
}
