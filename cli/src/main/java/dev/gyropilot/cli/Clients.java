package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Kubernetes clients by kubeconfig. */
final class Clients {
    private static final int REQUEST_TIMEOUT_MILLIS = 30_000;
    /** Doubled up to five times, so that an API which was away for long is found again within 8 s. */
    private static final int WATCH_RETRY_MILLIS = 250;

    private Clients() {}

    static KubernetesClient of(Path kubeconfig) {
        return builder(read(kubeconfig)).build();
    }

    /** The client of a role: by its pod's service account, or by a kubeconfig; its requests pass the traffic's count. */
    static KubernetesClient ofRole(@Nullable Path kubeconfig, ApiTraffic traffic) {
        Config config;
        if (kubeconfig != null) {
            config = read(kubeconfig);
        } else if (System.getenv("KUBERNETES_SERVICE_HOST") != null) {
            config = Config.autoConfigure(null);
        } else {
            throw new CliError(
                    "there is no service account: this is no pod of a cluster",
                    "Name a cluster with --kubeconfig FILE.");
        }
        return builder(config)
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor(ApiTraffic.NAME, traffic))
                .build();
    }

    /** As kubectl finds its cluster: by KUBECONFIG or the user's own file. */
    static KubernetesClient ofEnvironment() {
        return builder(Config.autoConfigure(null)).build();
    }

    private static KubernetesClientBuilder builder(Config config) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(config)
                        .withClientKeyAlgo(ClientKeys.algorithm(config))
                        .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
                        .withRequestRetryBackoffLimit(0)
                        .withWatchReconnectInterval(WATCH_RETRY_MILLIS)
                        .build());
    }

    private static Config read(Path kubeconfig) {
        try {
            return Config.fromKubeconfig(Files.readString(kubeconfig));
        } catch (IOException e) {
            throw new CliError(
                    "cannot read the kubeconfig " + kubeconfig + ": " + e.getMessage(),
                    "Is Gyropilot running (gyro status)? Or name one with --kubeconfig FILE.",
                    e);
        }
    }
}
