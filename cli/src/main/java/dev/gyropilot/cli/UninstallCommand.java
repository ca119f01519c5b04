package dev.gyropilot.cli;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "uninstall",
        description = {
            "Remove Gyropilot from a cluster. Models and services that are defined there, API keys and the namespace stay,",
            "and running models go on running, unless --delete-data says otherwise."
        })
final class UninstallCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private InstallOptions options = new InstallOptions();

    @Option(
            names = "--delete-data",
            description =
                    "Delete also all models, services and engines with their definitions, API keys and the namespace.")
    private boolean deleteData;

    UninstallCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        boolean all = deleteData || asked();
        try (KubernetesClient client = options.client()) {
            List<HasMetadata> objects = new ArrayList<>(options.objects(Map.of()));
            objects.addAll(options.optionalObjects());
            for (HasMetadata object : objects.reversed()) {
                if (all || !object.getKind().equals("CustomResourceDefinition")) {
                    terminal.doing("deleting " + object.getKind() + " "
                            + object.getMetadata().getName());
                    client.resource(object)
                            .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                            .delete();
                }
            }
            if (all) {
                client.namespaces().withName(options.namespace()).delete();
                terminal.done("removed, with all data");
            } else {
                terminal.done("removed; definitions, models, services, API keys and the namespace "
                        + options.namespace() + " stay (gyro uninstall --delete-data removes them too)");
            }
        }
        return 0;
    }

    /** On a terminal the person is asked; a script says it by the option. */
    private boolean asked() {
        return terminal.ask("Delete also all models and services that are defined in the cluster?");
    }
}
