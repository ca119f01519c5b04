package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kubernetes clients by kubeconfig. */
final class Clients {
    private static final int REQUEST_TIMEOUT_MILLIS = 30_000;

    private Clients() {}

    static KubernetesClient of(Path kubeconfig) {
        try {
            Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
            return new KubernetesClientBuilder()
                    .withConfig(new ConfigBuilder(config)
                            .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
                            .withRequestRetryBackoffLimit(0)
                            .build())
                    .build();
        } catch (IOException e) {
            throw new CliError(
                    "cannot read the kubeconfig " + kubeconfig + ": " + e.getMessage(),
                    "Is Gyropilot running (gyro status)? Or name one with --kubeconfig FILE.",
                    e);
        }
    }
}
