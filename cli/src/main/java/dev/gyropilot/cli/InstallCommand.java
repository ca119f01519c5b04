package dev.gyropilot.cli;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "install",
        description = {
            "Install Gyropilot on a cluster, or bring an installation up to date: what the Helm chart installs, without Helm.",
            "The first time it makes an API key and prints it."
        },
        footer = {
            "%nExamples:",
            "  gyro install --dry-run                      print the manifests",
            "  gyro install --set gateway.replicas=3",
            "  gyro install -n ai -f values.yaml"
        })
final class InstallCommand implements Callable<Integer> {
    static final String FIELD_MANAGER = "gyropilot-install";
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true)
            .withFieldValidation("Strict")
            .build();

    private final Terminal terminal;

    @Mixin
    private InstallOptions options = new InstallOptions();

    @Option(names = "--dry-run", description = "Print the manifests; nothing is changed.")
    private boolean dryRun;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description =
                    "How long to wait for what is still being deleted, and again until all is ready; 0 does not wait"
                            + " (default: ${DEFAULT-VALUE}).",
            defaultValue = "180")
    private int timeoutSeconds = 180;

    InstallCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (dryRun) {
            print(options.objects(Map.of()));
            return 0;
        }
        try (KubernetesClient client = options.client()) {
            awaitRemoval(client);
            apply(client, namespace());
            @Nullable String key = ApiKeys.isPublished(client, options.namespace()) ? null : ApiKeys.random();
            List<HasMetadata> objects =
                    options.objects(key == null ? Map.of() : Map.of("apiKeyHash", ApiKeys.hash(key)));
            for (HasMetadata object : objects) {
                terminal.doing(object.getKind() + " " + object.getMetadata().getName());
                apply(client, object);
            }
            removeSwitchedOff(client);
            terminal.done(objects.size() + " objects applied in namespace " + options.namespace());
            if (timeoutSeconds > 0) {
                awaitReady(client, objects);
            }
            if (key != null) {
                terminal.out().println(key);
                terminal.say("This is the API key of the gateway. It is shown once: the cluster keeps only its hash.");
            }
        }
        return 0;
    }

    private void print(List<HasMetadata> objects) {
        List<HasMetadata> all = new ArrayList<>(List.of(namespace()));
        all.addAll(objects);
        all.forEach(object -> terminal.out()
                .println("---\n" + Json.kubernetes().asYaml(object).replaceFirst("^---\\s*", "")));
    }

    /** Nothing in this namespace may be more than a restricted pod. */
    private Namespace namespace() {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(options.namespace())
                .withLabels(Map.of(
                        "app.kubernetes.io/name",
                        "gyropilot",
                        "pod-security.kubernetes.io/enforce",
                        "restricted",
                        "pod-security.kubernetes.io/warn",
                        "restricted"))
                .endMetadata()
                .build();
    }

    private static void apply(KubernetesClient client, HasMetadata object) {
        client.resource(object).patch(APPLY);
    }

    /** Of parts that are off now and were on before. */
    private void removeSwitchedOff(KubernetesClient client) {
        for (HasMetadata object : options.optionalObjects().reversed()) {
            client.resource(object)
                    .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                    .delete();
        }
    }

    /** An earlier removal may still be going on. */
    private void awaitRemoval(KubernetesClient client) {
        List<HasMetadata> kept = new ArrayList<>(List.of(namespace()));
        options.objects(Map.of()).stream()
                .filter(object -> object.getKind().equals("CustomResourceDefinition"))
                .forEach(kept::add);
        new BeingDeleted(client, terminal).await(kept, Duration.ofSeconds(timeoutSeconds));
    }

    private void awaitReady(KubernetesClient client, List<HasMetadata> objects) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
        for (HasMetadata object : objects) {
            if (!object.getKind().equals("Deployment")) {
                continue;
            }
            String name = object.getMetadata().getName();
            terminal.doing("waiting for " + name);
            try {
                client.apps()
                        .deployments()
                        .inNamespace(options.namespace())
                        .withName(name)
                        .waitUntilCondition(
                                InstallCommand::isReady,
                                Math.max(1, deadline - System.nanoTime()),
                                TimeUnit.NANOSECONDS);
            } catch (KubernetesClientTimeoutException e) {
                throw new CliError(
                        name + " was not ready after " + timeoutSeconds + " s",
                        "See kubectl -n " + options.namespace() + " get pods, and gyro doctor.",
                        e);
            }
            terminal.done(name + " is ready");
        }
    }

    private static boolean isReady(@Nullable Deployment deployment) {
        if (deployment == null || deployment.getStatus() == null) {
            return false;
        }
        var status = deployment.getStatus();
        int wanted = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        return Objects.equals(
                        status.getObservedGeneration(), deployment.getMetadata().getGeneration())
                && Objects.requireNonNullElse(status.getUpdatedReplicas(), 0) == wanted
                && Objects.requireNonNullElse(status.getReadyReplicas(), 0) == wanted;
    }
}
