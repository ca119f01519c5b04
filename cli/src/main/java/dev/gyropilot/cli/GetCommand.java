package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "get", description = "List objects of a kind, or print one; model services when no kind is given.")
final class GetCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            description = "Such as modelservices, pods, nodes; short names work.",
            defaultValue = "modelservices")
    private String kind = "modelservices";

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "One object.")
    private @Nullable String name;

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "Of all namespaces.")
    private boolean allNamespaces;

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "SELECTOR",
            description = "Label selector.")
    private @Nullable String selector;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "wide|name|json|yaml",
            description = "Form of the output.")
    private Output output = Output.table;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    GetCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        try (KubernetesClient client = cluster.client(home)) {
            RawApi api = new RawApi(client);
            RawApi.Kind resolved = api.kind(kind);
            String path = resolved.path(allNamespaces ? "" : cluster.namespace(), name == null ? "" : name)
                    + (selector == null ? "" : "?labelSelector=" + RawApi.segment(selector));
            if (output.machine()) {
                output.print(terminal, api.object(path));
                return 0;
            }
            JsonNode table = api.table(path);
            if (output == Output.name) {
                table.path("rows")
                        .forEach(row -> terminal.out()
                                .println(resolved.plural() + "/"
                                        + row.path("object")
                                                .path("metadata")
                                                .path("name")
                                                .asText()));
            } else {
                print(table, resolved);
            }
            return 0;
        }
    }

    private void print(JsonNode table, RawApi.Kind resolved) {
        if (table.path("rows").isEmpty()) {
            terminal.say("No " + resolved.plural() + " found"
                    + (resolved.namespaced() && !allNamespaces ? " in namespace " + cluster.namespace() : "") + ".");
            return;
        }
        boolean withNamespace = allNamespaces && resolved.namespaced();
        List<Integer> shown = new ArrayList<>();
        List<String> heading = new ArrayList<>();
        if (withNamespace) {
            heading.add("NAMESPACE");
        }
        JsonNode columns = table.path("columnDefinitions");
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).path("priority").asInt() == 0 || output == Output.wide) {
                shown.add(i);
                heading.add(columns.get(i).path("name").asText().toUpperCase(java.util.Locale.ROOT));
            }
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(heading);
        for (JsonNode row : table.path("rows")) {
            List<String> cells = new ArrayList<>();
            if (withNamespace) {
                cells.add(row.path("object").path("metadata").path("namespace").asText());
            }
            shown.forEach(i -> cells.add(cell(row.path("cells").path(i))));
            rows.add(cells);
        }
        Columns.print(terminal.out(), rows);
    }

    private static String cell(JsonNode value) {
        return value.isNull() || value.isMissingNode() ? "" : value.isValueNode() ? value.asText() : value.toString();
    }
}
