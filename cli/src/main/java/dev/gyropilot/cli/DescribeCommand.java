package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "describe", description = "Show one object in full: what was asked, what is, its pods and its events.")
final class DescribeCommand implements Callable<Integer> {
    private static final int EVENTS_SHOWN = 15;

    private final Terminal terminal;
    private final Home home;

    @Parameters(
            arity = "1..2",
            paramLabel = "[KIND] NAME",
            description = "A model service by name, or any kind and a name.")
    private List<String> words = List.of();

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    DescribeCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        String kind = words.size() == 2 ? words.getFirst() : "modelservices";
        String name = words.getLast();
        try (KubernetesClient client = cluster.client(home)) {
            RawApi api = new RawApi(client);
            RawApi.Kind resolved = api.kind(kind);
            JsonNode object = api.object(resolved.path(cluster.namespace(), name));
            heading(object, resolved);
            section("Spec", object.path("spec"));
            conditionsAndStatus(object.path("status"));
            if (resolved.kind().equals("ModelService")) {
                pods(api, name);
            }
            events(api, object);
            return 0;
        }
    }

    private void heading(JsonNode object, RawApi.Kind kind) {
        PrintStream out = terminal.out();
        JsonNode metadata = object.path("metadata");
        out.println(terminal.bold(kind.kind() + " " + metadata.path("name").asText()));
        if (metadata.has("namespace")) {
            out.println("  Namespace  " + metadata.path("namespace").asText());
        }
        out.println("  Created    " + metadata.path("creationTimestamp").asText());
        if (metadata.has("labels")) {
            out.println("  Labels     " + metadata.path("labels"));
        }
    }

    private void section(String title, JsonNode content) {
        if (content.isMissingNode() || content.isEmpty()) {
            return;
        }
        terminal.out().println(terminal.bold(title));
        Json.kubernetes()
                .asYaml(content)
                .lines()
                .filter(line -> !line.equals("---"))
                .forEach(line -> terminal.out().println("  " + line));
    }

    private void conditionsAndStatus(JsonNode status) {
        if (!(status instanceof ObjectNode)) {
            return;
        }
        ObjectNode rest = status.deepCopy();
        JsonNode conditions = rest.remove("conditions");
        section("Status", rest);
        if (conditions == null || conditions.isEmpty()) {
            return;
        }
        terminal.out().println(terminal.bold("Conditions"));
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode condition : conditions) {
            rows.add(List.of(
                    "  " + condition.path("type").asText(),
                    condition.path("status").asText(),
                    condition.path("reason").asText(),
                    condition.path("message").asText()));
        }
        Columns.print(terminal.out(), rows);
    }

    private void pods(RawApi api, String name) {
        JsonNode pods = api.object("/api/v1/namespaces/" + RawApi.segment(cluster.namespace()) + "/pods?labelSelector="
                + RawApi.segment(Names.LABEL_MODEL_SERVICE + "=" + name));
        if (pods.path("items").isEmpty()) {
            return;
        }
        terminal.out().println(terminal.bold("Pods"));
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode pod : pods.path("items")) {
            JsonNode container = pod.path("status").path("containerStatuses").path(0);
            rows.add(List.of(
                    "  " + pod.path("metadata").path("name").asText(),
                    pod.path("status").path("phase").asText("Pending"),
                    container.path("ready").asBoolean() ? "ready" : "not ready",
                    container.path("restartCount").asInt() + " restarts",
                    pod.path("status").path("podIP").asText("")));
        }
        Columns.print(terminal.out(), rows);
    }

    private void events(RawApi api, JsonNode object) {
        JsonNode metadata = object.path("metadata");
        String namespace = metadata.path("namespace").asText("default");
        JsonNode list = api.object("/api/v1/namespaces/" + RawApi.segment(namespace) + "/events?fieldSelector="
                + RawApi.segment("involvedObject.uid=" + metadata.path("uid").asText()));
        List<JsonNode> events = new ArrayList<>();
        list.path("items").forEach(events::add);
        if (events.isEmpty()) {
            return;
        }
        events.sort(Comparator.comparing(e -> e.path("lastTimestamp").asText("")));
        terminal.out().println(terminal.bold("Events"));
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode event : events.subList(Math.max(0, events.size() - EVENTS_SHOWN), events.size())) {
            rows.add(List.of(
                    "  " + event.path("lastTimestamp").asText(""),
                    event.path("type").asText(),
                    event.path("reason").asText(),
                    event.path("message").asText()));
        }
        Columns.print(terminal.out(), rows);
    }
}
