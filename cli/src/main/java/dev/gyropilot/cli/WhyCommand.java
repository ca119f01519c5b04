package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "why",
        description = "Say why a pod, a job or a gang waits, and the smallest change that would let it run.")
final class WhyCommand implements Callable<Integer> {
    private static final String RUNNING = "Running";
    private static final String STARTING = "Starting";
    private static final Set<String> PLACED = Set.of(RUNNING, STARTING);

    /** Up to so many nodes are named one by one. */
    private static final int NODES_NAMED = 3;

    private final Terminal terminal;
    private final Home home;

    @Parameters(
            index = "0",
            paramLabel = "[KIND/]NAME",
            description = "A pod, a job or a gang; the first of these that exists when no kind is given.")
    private String name = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    WhyCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        try (KubernetesClient client = cluster.client(home)) {
            Found found = find(client);
            List<Answer> answers = answers(found.pods);
            if (output.machine()) {
                output.print(terminal, json(found, answers));
            } else {
                print(found, answers);
            }
            return 0;
        }
    }

    private record Found(String kind, String name, List<Pod> pods) {}

    /**
     * Pods of which one thing can be said.
     *
     * @param state such as {@code Running} or {@code Waiting}
     */
    private record Answer(String state, String reason, String message, String remedy, List<Pod> pods) {}

    private Found find(KubernetesClient client) {
        int slash = name.indexOf('/');
        String kind = slash < 0 ? "" : name.substring(0, slash).replaceFirst("s$", "");
        String plain = name.substring(slash + 1);
        if (!List.of("", "pod", "job", "gang").contains(kind)) {
            throw new CliError(
                    kind + " is no kind that waits for devices",
                    "Ask for pod/" + plain + ", job/" + plain + " or gang/" + plain + ".");
        }
        var pods = client.pods().inNamespace(cluster.namespace());
        if (kind.isEmpty() || kind.equals("pod")) {
            Pod pod = pods.withName(plain).get();
            if (pod != null) {
                return new Found("pod", plain, List.of(pod));
            }
        }
        if (kind.isEmpty() || kind.equals("job")) {
            var job = client.batch()
                    .v1()
                    .jobs()
                    .inNamespace(cluster.namespace())
                    .withName(plain)
                    .get();
            if (job != null) {
                return new Found(
                        "job",
                        plain,
                        pods.withLabel("batch.kubernetes.io/job-name", plain)
                                .list()
                                .getItems());
            }
        }
        if (kind.isEmpty() || kind.equals("gang")) {
            List<Pod> members = pods.withLabel(Names.LABEL_GANG, plain).list().getItems();
            if (!members.isEmpty()) {
                return new Found("gang", plain, members);
            }
        }
        throw new CliError(
                "there is no " + (kind.isEmpty() ? "pod, job or gang" : kind) + " " + plain + " in namespace "
                        + cluster.namespace(),
                "`gyro get pods -A` lists all pods; -n names another namespace.");
    }

    private static List<Answer> answers(List<Pod> pods) {
        var answers = new LinkedHashMap<String, Answer>();
        pods.stream()
                .sorted(Comparator.comparing(p -> p.getMetadata().getName()))
                .forEach(pod -> {
                    Answer one = answer(pod);
                    answers.computeIfAbsent(
                                    one.state + one.reason + one.message,
                                    k -> new Answer(one.state, one.reason, one.message, one.remedy, new ArrayList<>()))
                            .pods
                            .add(pod);
                });
        return answers.values().stream().map(WhyCommand::withNodes).toList();
    }

    /** Says on how many nodes they are together. */
    private static Answer withNodes(Answer answer) {
        if (!PLACED.contains(answer.state)) {
            return answer;
        }
        List<String> nodes = answer.pods.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .distinct()
                .sorted()
                .toList();
        String where = nodes.size() <= NODES_NAMED
                ? String.join(", ", nodes)
                : nodes.size() + " nodes, from " + nodes.getFirst() + " to " + nodes.getLast();
        return new Answer(answer.state, "", answer.message + where, "", answer.pods);
    }

    private static Answer answer(Pod pod) {
        String phase = pod.getStatus() == null
                ? ""
                : Objects.requireNonNullElse(pod.getStatus().getPhase(), "");
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return new Answer(
                    "Stopping",
                    "",
                    condition(pod, "DisruptionTarget")
                            .map(PodCondition::getMessage)
                            .orElse("it is being deleted"),
                    "",
                    List.of());
        }
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            return new Answer(phase, "", "it has ended", "", List.of());
        }
        if (pod.getSpec().getNodeName() != null) {
            return placed(phase);
        }
        List<?> gates = pod.getSpec().getSchedulingGates();
        if (gates != null && !gates.isEmpty()) {
            return new Answer(
                    "Waiting",
                    "SchedulingGated",
                    "its scheduling gates are closed",
                    "whoever set spec.schedulingGates has to remove them",
                    List.of());
        }
        PodCondition refused = condition(pod, "PodScheduled")
                .filter(c -> "False".equals(c.getStatus()))
                .orElse(null);
        if (refused == null) {
            String scheduler = Objects.requireNonNullElse(pod.getSpec().getSchedulerName(), "default-scheduler");
            return new Answer(
                    "Waiting",
                    "NotJudged",
                    "the scheduler " + scheduler + " has not said anything about it yet",
                    "wait a moment; if this stays, see whether that scheduler runs",
                    List.of());
        }
        return split(refused);
    }

    private static Answer placed(String phase) {
        return phase.equals("Running")
                ? new Answer(RUNNING, "", "placed on ", "", List.of())
                : new Answer(STARTING, "", "being started on ", "", List.of());
    }

    /** The scheduler's messages end with the remedy. */
    private static Answer split(PodCondition refused) {
        String message = Objects.requireNonNullElse(refused.getMessage(), "");
        for (String mark : List.of(" Remedy: ", " Nearest is ")) {
            int at = message.indexOf(mark);
            if (at >= 0) {
                String remedy = message.substring(at + (mark.contains("Remedy") ? mark.length() : 1));
                return new Answer("Waiting", reason(refused), message.substring(0, at), remedy, List.of());
            }
        }
        return new Answer("Waiting", reason(refused), message, "", List.of());
    }

    private static String reason(PodCondition condition) {
        return Objects.requireNonNullElse(condition.getReason(), "");
    }

    private static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(c -> type.equals(c.getType()))
                        .findFirst();
    }

    private void print(Found found, List<Answer> answers) {
        var out = terminal.out();
        if (answers.isEmpty()) {
            out.println(found.kind + " " + found.name + " has no pods yet");
            return;
        }
        for (Answer answer : answers) {
            boolean waits = answer.state.equals("Waiting");
            String state = waits ? terminal.yellow(answer.state) : terminal.green(answer.state);
            out.println(terminal.bold(title(found, answer)) + "  " + state
                    + (answer.reason.isEmpty() ? "" : " (" + answer.reason + ")"));
            out.println((waits ? "  why     " : "  now     ") + answer.message);
            if (!answer.remedy.isEmpty()) {
                out.println("  remedy  " + answer.remedy);
            }
            if (waits && answer.reason.startsWith("Quota")) {
                queue(answer).ifPresent(queue -> out.println("  queue   " + queue + "; `gyro queue` shows the tree"));
            }
        }
    }

    private static String title(Found found, Answer answer) {
        if (found.kind.equals("pod")) {
            return "pod " + found.name;
        }
        int all = found.pods.size();
        int these = answer.pods.size();
        return found.kind + " " + found.name + ": " + (these == all ? "all " + all : these + " of " + all)
                + (all == 1 ? " pod" : " pods");
    }

    private static Optional<@Nullable String> queue(Answer answer) {
        var labels = answer.pods.getFirst().getMetadata().getLabels();
        return Optional.ofNullable(labels == null ? null : labels.get(Names.LABEL_QUEUE));
    }

    private ObjectNode json(Found found, List<Answer> answers) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        result.put("kind", found.kind).put("namespace", cluster.namespace()).put("name", found.name);
        var items = result.putArray("items");
        for (Answer answer : answers) {
            ObjectNode item = items.addObject()
                    .put("state", answer.state)
                    .put("reason", answer.reason)
                    .put("message", answer.message)
                    .put("remedy", answer.remedy);
            var pods = item.putArray("pods");
            answer.pods.forEach(pod -> pods.add(pod.getMetadata().getName()));
        }
        return result;
    }
}
