package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that speak to a Kubernetes API: the running Gyropilot's, or any by kubeconfig. */
final class ClusterOptions {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig of another cluster; the running Gyropilot's when absent.")
    private @Nullable Path kubeconfig;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace (default: ${DEFAULT-VALUE}).",
            defaultValue = "default")
    private String namespace = "default";

    String namespace() {
        return namespace;
    }

    KubernetesClient client(Home home) {
        if (kubeconfig != null) {
            return Clients.of(kubeconfig);
        }
        home.running();
        return Clients.of(home.kubeconfig());
    }

    /** The gateway's address and key are known only for the running Gyropilot of the data directory. */
    boolean local() {
        return kubeconfig == null;
    }
}
