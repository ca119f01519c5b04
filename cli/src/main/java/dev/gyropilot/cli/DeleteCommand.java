package dev.gyropilot.cli;

import dev.gyropilot.api.serving.ModelService;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "delete", description = "Delete model services, with all that was made for them.")
final class DeleteCommand implements Callable<Integer> {
    private static final int WAIT_SECONDS = 60;

    private final Terminal terminal;
    private final Home home;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "Model services.")
    private List<String> names = List.of();

    @Option(names = "--no-wait", description = "Return before they are gone.")
    private boolean noWait;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    DeleteCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        try (KubernetesClient client = cluster.client(home)) {
            var services = client.resources(ModelService.class).inNamespace(cluster.namespace());
            for (String name : names) {
                if (services.withName(name).get() == null) {
                    throw new CliError(
                            "there is no model service \"" + name + "\" in namespace " + cluster.namespace(),
                            "See `gyro get` for those that are there.");
                }
            }
            for (String name : names) {
                services.withName(name).delete();
                if (!noWait) {
                    services.withName(name)
                            .waitUntilCondition(java.util.Objects::isNull, WAIT_SECONDS, TimeUnit.SECONDS);
                }
                terminal.done("deleted model service " + name);
            }
            return 0;
        }
    }
}
