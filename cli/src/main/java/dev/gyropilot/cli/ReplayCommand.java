package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.scheduler.Replay;
import dev.gyropilot.scheduler.Replay.Repeated;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "replay",
        description = {
            "Repeat the scheduler's decisions from its journal, and compare them with those that were made.",
            "Needs no cluster. Exit code 1 when one differs."
        })
final class ReplayCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Parameters(
            arity = "0..1",
            paramLabel = "DECISION",
            description = "A pod, as NAME or NAMESPACE/NAME, or a decision's number; all decisions when absent.")
    private @Nullable String wanted;

    @Option(
            names = "--journal",
            paramLabel = "PATH",
            description = "A journal's folder or one file of it; that of the data directory when absent.")
    private @Nullable Path journal;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    private final List<Repeated> shown = new ArrayList<>();
    private int decisions;
    private int different;

    ReplayCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        Path folder = journal == null ? home.decisions() : journal;
        for (Path part : parts(folder)) {
            terminal.doing("replaying " + part.getFileName());
            try {
                new Replay().run(part, this::take);
            } catch (IOException e) {
                throw new CliError(
                        part + " cannot be replayed: " + e.getMessage(),
                        "Name another file with --journal, or replay it with the program that wrote it.",
                        e);
            }
        }
        if (wanted != null && shown.stream().noneMatch(this::isWanted)) {
            throw new CliError(
                    "the journal in " + folder + " has no decision " + wanted,
                    "A pod is named NAME or NAMESPACE/NAME; `gyro replay -o json` lists all decisions.");
        }
        if (output.machine()) {
            output.print(terminal, json());
        } else {
            shown.forEach(this::print);
            terminal.out()
                    .println(
                            different == 0
                                    ? terminal.green("✓") + " " + decisions + " decisions are made again as they were"
                                    : terminal.red("✗") + " " + different + " of " + decisions + " decisions differ");
            terminal.out().flush();
        }
        return different == 0 ? 0 : 1;
    }

    private static List<Path> parts(Path folder) {
        try {
            List<Path> parts = Replay.parts(folder);
            if (!parts.isEmpty()) {
                return parts;
            }
        } catch (IOException e) {
            throw new CliError("the journal " + folder + " cannot be read: " + e.getMessage(), "Check its owner.", e);
        }
        throw new CliError(
                "there is no journal in " + folder,
                "The scheduler writes one while it runs, unless scheduler.journalMebibytes is 0 in config.yaml;"
                        + " --journal names another folder.");
    }

    private void take(Repeated decision) {
        decisions++;
        if (!decision.isSame()) {
            different++;
        }
        if (!decision.isSame() || isWanted(decision) || (wanted == null && output.machine())) {
            shown.add(decision);
        }
    }

    private boolean isWanted(Repeated decision) {
        JsonNode node = node(decision);
        String pod = node.path("pod").asText();
        return wanted != null
                && (pod.equals(wanted)
                        || pod.endsWith("/" + wanted)
                        || node.path("decision").asText().equals(wanted));
    }

    private static JsonNode node(Repeated decision) {
        return Objects.requireNonNull(decision.recorded() == null ? decision.repeated() : decision.recorded());
    }

    private JsonNode json() {
        ObjectNode answer = JsonNodeFactory.instance
                .objectNode()
                .put("decisions", decisions)
                .put("different", different);
        ArrayNode list = answer.putArray("items");
        for (Repeated decision : shown) {
            ObjectNode item = list.addObject()
                    .put("at", decision.at().toString())
                    .put("same", decision.isSame())
                    .put("nodes", decision.nodes())
                    .put("waiting", decision.waiting());
            item.set("recorded", decision.recorded());
            if (!decision.isSame()) {
                item.set("repeated", decision.repeated());
            }
        }
        return answer;
    }

    private void print(Repeated decision) {
        JsonNode node = node(decision);
        String verdict = decision.isSame() ? terminal.green("the same again") : terminal.red("different");
        terminal.out()
                .println(terminal.bold("decision " + node.path("decision").asText()) + "  " + decision.at() + "  "
                        + verdict);
        if (decision.isSame()) {
            print("", node);
        } else {
            print("then: ", decision.recorded());
            print("now: ", decision.repeated());
        }
        terminal.out()
                .println(
                        "  known    " + decision.nodes() + " nodes; " + decision.waiting() + " pods waited afterwards");
    }

    private void print(String when, @Nullable JsonNode node) {
        if (node == null) {
            terminal.out().println("  " + when + "no such decision");
            return;
        }
        String pod = node.path("pod").asText();
        terminal.out()
                .println("  " + when
                        + switch (node.path("does").asText()) {
                            case "bind" ->
                                pod + " goes to node " + node.path("node").asText();
                            case "stop" ->
                                pod + " is stopped, " + node.path("reason").asText() + ": "
                                        + node.path("message").asText();
                            default ->
                                pod + " waits, " + node.path("reason").asText() + ": "
                                        + node.path("message").asText();
                        });
        if (node.has("devices")) {
            terminal.out()
                    .println("  devices  "
                            + join(
                                    node.path("devices"),
                                    device -> device.path("claim").asText() + ": "
                                            + device.path("pool").asText() + "/"
                                            + device.path("device").asText()));
        }
        if (!node.path("terms").isEmpty()) {
            terminal.out()
                    .println("  points   "
                            + join(
                                    node.path("terms"),
                                    term -> term.path("name").asText() + " "
                                            + Math.round(term.path("points").asDouble()) + " x "
                                            + term.path("weight").asText()));
        }
    }

    private static String join(JsonNode list, Function<JsonNode, String> text) {
        return StreamSupport.stream(list.spliterator(), false).map(text).collect(Collectors.joining(", "));
    }
}
