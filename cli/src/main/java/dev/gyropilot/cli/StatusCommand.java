package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description =
                "Say whether Gyropilot runs, where, and which models it serves. Exit code 0 only when it is ready.")
final class StatusCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    StatusCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        Optional<RunState> running = home.runState();
        if (running.isEmpty()) {
            return notRunning();
        }
        RunState state = running.get();
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        boolean ready = state.ready();
        status.put("ready", ready)
                .put("apiServer", state.apiServer())
                .put("gateway", state.gateway())
                .put("pid", state.pid())
                .put("version", state.version())
                .put("dataDirectory", home.directory().toString())
                .put("kubeconfig", home.kubeconfig().toString());
        if (ready) {
            ready = addModels(status);
        }
        if (output.machine()) {
            output.print(terminal, status);
        } else {
            print(status);
        }
        return ready ? 0 : 1;
    }

    private Integer notRunning() {
        if (output.machine()) {
            output.print(
                    terminal,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("ready", false)
                            .putNull("apiServer")
                            .putNull("gateway")
                            .putNull("pid")
                            .put("version", Version.current())
                            .put("dataDirectory", home.directory().toString()));
        } else {
            terminal.out().println("Gyropilot is not running on " + home.directory());
            terminal.say("Start it with `gyro up`.");
        }
        return 1;
    }

    private boolean addModels(ObjectNode status) {
        var models = status.putArray("models");
        try (KubernetesClient client = Clients.of(home.kubeconfig())) {
            List<ModelService> services =
                    client.resources(ModelService.class).inAnyNamespace().list().getItems();
            for (ModelService service : services) {
                ModelServiceStatus seen = service.getStatus();
                ObjectNode model = models.addObject()
                        .put("namespace", service.getMetadata().getNamespace())
                        .put("name", service.getMetadata().getName());
                model.put("ready", seen != null && Conditions.isTrue(seen.conditions(), Conditions.READY));
                if (seen != null) {
                    Conditions.find(seen.conditions(), Conditions.READY)
                            .ifPresent(c -> model.put("message", c.getMessage()));
                    model.put("replicas", seen.readyReplicas());
                }
            }
            return true;
        } catch (KubernetesClientException e) {
            status.put("ready", false).put("message", "the API does not answer: " + e.getMessage());
            return false;
        }
    }

    private void print(ObjectNode status) {
        var out = terminal.out();
        String state = status.path("ready").asBoolean() ? terminal.green("ready") : terminal.yellow("not ready");
        out.println("Gyropilot " + status.path("version").asText() + " is " + state + ", process "
                + status.path("pid").asText());
        out.println("  Kubernetes API  " + status.path("apiServer").asText());
        out.println("  Gateway         " + status.path("gateway").asText() + "/v1");
        out.println("  Data directory  " + status.path("dataDirectory").asText());
        for (JsonNode model : status.path("models")) {
            out.println("  Model           " + model.path("name").asText() + " ("
                    + model.path("message").asText("no status yet") + ")");
        }
        if (status.has("message")) {
            out.println("  " + status.path("message").asText());
        }
    }
}
