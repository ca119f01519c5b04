package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "queue",
        aliases = "queues",
        description = "Show the tree of queues: what each uses of its guarantee and limit, and what waits.")
final class QueueCommand implements Callable<Integer> {
    private static final int BAR_WIDTH = 16;

    private final Terminal terminal;
    private final Home home;

    @Parameters(index = "0", arity = "0..1", paramLabel = "QUEUE", description = "This queue and those below it.")
    private @Nullable String name;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    QueueCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        try (KubernetesClient client = cluster.client(home)) {
            List<Queue> queues =
                    new ArrayList<>(client.resources(Queue.class).list().getItems());
            queues.sort(Comparator.comparing(q -> q.getMetadata().getName()));
            List<Row> rows = rows(queues);
            if (output.machine()) {
                ObjectNode result = JsonNodeFactory.instance.objectNode();
                var items = result.putArray("items");
                rows.forEach(row -> items.add(json(row)));
                output.print(terminal, result);
            } else if (rows.isEmpty()) {
                terminal.say("There are no queues. Make some: kubectl apply -f examples/queues.yaml");
            } else {
                print(rows);
            }
            return 0;
        }
    }

    /** @param tree the lines that lead to it */
    private record Row(Queue queue, String tree) {}

    private List<Row> rows(List<Queue> queues) {
        var rows = new ArrayList<Row>();
        var seen = new HashSet<String>();
        if (name != null) {
            Queue root = find(queues, name)
                    .orElseThrow(() -> new CliError("there is no queue " + name, "`gyro queue` lists all of them."));
            rows.add(new Row(root, ""));
            below(queues, root, "", rows, seen);
            return rows;
        }
        for (Queue queue : queues) {
            String parent = queue.getSpec().parent();
            if (parent == null || find(queues, parent).isEmpty()) {
                rows.add(new Row(queue, ""));
                below(queues, queue, "", rows, seen);
            }
        }
        // What is left is below itself; its status says so.
        queues.stream()
                .filter(q -> rows.stream().noneMatch(row -> row.queue.equals(q)))
                .forEach(q -> rows.add(new Row(q, "")));
        return rows;
    }

    private static void below(List<Queue> queues, Queue parent, String indent, List<Row> rows, Set<String> seen) {
        if (!seen.add(parent.getMetadata().getName())) {
            return;
        }
        List<Queue> children = queues.stream()
                .filter(q -> parent.getMetadata().getName().equals(q.getSpec().parent()))
                .toList();
        for (int i = 0; i < children.size(); i++) {
            boolean last = i == children.size() - 1;
            rows.add(new Row(children.get(i), indent + (last ? "└─ " : "├─ ")));
            below(queues, children.get(i), indent + (last ? "   " : "│  "), rows, seen);
        }
    }

    private static Optional<Queue> find(List<Queue> queues, String name) {
        return queues.stream()
                .filter(q -> q.getMetadata().getName().equals(name))
                .findFirst();
    }

    private void print(List<Row> rows) {
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("QUEUE", "DEVICES", "USED", "GUARANTEED", "BORROWED", "LIMIT", "RUNNING", "PENDING"));
        for (Row row : rows) {
            double used = used(row.queue);
            double guaranteed = guaranteed(row.queue);
            table.add(List.of(
                    row.tree + row.queue.getMetadata().getName(),
                    bar(used, guaranteed, limit(row.queue).orElse(Math.max(used, guaranteed))),
                    number(used),
                    number(guaranteed),
                    used > guaranteed ? number(used - guaranteed) : "-",
                    limit(row.queue).map(QueueCommand::number).orElse("none"),
                    count(
                            row.queue.getStatus() == null
                                    ? null
                                    : row.queue.getStatus().running()),
                    count(
                            row.queue.getStatus() == null
                                    ? null
                                    : row.queue.getStatus().pending())));
        }
        Columns.print(terminal.out(), table);
        for (Row row : rows) {
            problem(row.queue)
                    .ifPresent(message -> terminal.out()
                            .println(terminal.red("not ready: ")
                                    + row.queue.getMetadata().getName() + ": " + message));
        }
    }

    /** Used devices within the guarantee, borrowed ones, and what of the guarantee is idle, in proportion. */
    private static String bar(double used, double guaranteed, double scale) {
        if (scale <= 0) {
            return " ".repeat(BAR_WIDTH);
        }
        var bar = new StringBuilder();
        for (int i = 0; i < BAR_WIDTH; i++) {
            double at = (i + 0.5) * scale / BAR_WIDTH;
            bar.append(at < Math.min(used, guaranteed) ? '█' : at < used ? '▓' : at < guaranteed ? '░' : '·');
        }
        return bar.toString();
    }

    private static ObjectNode json(Row row) {
        Queue queue = row.queue;
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("name", queue.getMetadata().getName())
                .put("parent", queue.getSpec().parent())
                .put("usedDevices", used(queue))
                .put("guaranteedDevices", guaranteed(queue))
                .put("borrowedDevices", Math.max(0, used(queue) - guaranteed(queue)));
        limit(queue).ifPresentOrElse(limit -> json.put("limitDevices", limit), () -> json.putNull("limitDevices"));
        var status = queue.getStatus();
        json.put("running", status == null ? null : status.running())
                .put("pending", status == null ? null : status.pending())
                .put("ready", status != null && Conditions.isTrue(status.conditions(), Conditions.READY));
        problem(queue).ifPresent(message -> json.put("message", message));
        return json;
    }

    private static Optional<String> problem(Queue queue) {
        return queue.getStatus() == null
                ? Optional.empty()
                : Conditions.find(queue.getStatus().conditions(), Conditions.READY)
                        .filter(c -> !"True".equals(c.getStatus()))
                        .map(c -> c.getMessage());
    }

    private static double used(Queue queue) {
        return queue.getStatus() == null
                ? 0
                : devices(queue.getStatus().usage()).orElse(0.0);
    }

    private static double guaranteed(Queue queue) {
        return devices(queue.getSpec().guaranteed()).orElse(0.0);
    }

    private static Optional<Double> limit(Queue queue) {
        return devices(queue.getSpec().limit());
    }

    private static Optional<Double> devices(@Nullable Amounts amounts) {
        return amounts == null ? Optional.empty() : Optional.ofNullable(amounts.devices());
    }

    private static String count(@Nullable Integer number) {
        return number == null ? "-" : number.toString();
    }

    /** Whole numbers without a point. */
    private static String number(double value) {
        return value == Math.rint(value)
                ? Long.toString((long) value)
                : Double.toString(Math.round(value * 1000) / 1000.0);
    }
}
