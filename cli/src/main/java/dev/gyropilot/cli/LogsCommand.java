package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", description = "Print the logs of a model service's pods, or of one pod.")
final class LogsCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Parameters(paramLabel = "NAME", description = "A model service, or a pod.")
    private String name = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on printing as lines come.")
    private boolean follow;

    @Option(
            names = "--tail",
            paramLabel = "LINES",
            description = "Lines of each pod (default: ${DEFAULT-VALUE}).",
            defaultValue = "200")
    private int tail = 200;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    LogsCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (KubernetesClient client = cluster.client(home)) {
            List<Pod> pods = podsOf(client);
            if (follow) {
                follow(client, pods);
                return 0;
            }
            for (Pod pod : pods) {
                String prefix = pods.size() == 1 ? "" : pod.getMetadata().getName() + "  ";
                client.pods()
                        .inNamespace(cluster.namespace())
                        .resource(pod)
                        .tailingLines(tail)
                        .getLog()
                        .lines()
                        .forEach(line -> terminal.out().println(prefix + line));
            }
            return 0;
        }
    }

    private List<Pod> podsOf(KubernetesClient client) {
        var inNamespace = client.pods().inNamespace(cluster.namespace());
        List<Pod> pods =
                inNamespace.withLabel(Names.LABEL_MODEL_SERVICE, name).list().getItems();
        if (!pods.isEmpty()) {
            return pods;
        }
        Pod pod = inNamespace.withName(name).get();
        if (pod == null) {
            throw new CliError(
                    "there is no pod of a model service \"" + name + "\" and no pod of that name in namespace "
                            + cluster.namespace(),
                    "See `gyro get` and `gyro get pods`; a service at zero has no pods until a request comes.");
        }
        return List.of(pod);
    }

    private void follow(KubernetesClient client, List<Pod> pods) throws InterruptedException {
        var threads = pods.stream()
                .map(pod -> Thread.ofVirtual().start(() -> copy(client, pod)))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void copy(KubernetesClient client, Pod pod) {
        try (LogWatch watch = client.pods()
                .inNamespace(cluster.namespace())
                .resource(pod)
                .tailingLines(tail)
                .watchLog(terminal.out())) {
            Objects.requireNonNull(watch.onClose()).toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            terminal.warn("the log of " + pod.getMetadata().getName() + " ended: " + e.getCause());
        }
    }
}
