package dev.gyropilot.apiserver.table;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The columns of the kinds that run pods, by kind. */
final class WorkloadCells {
    private WorkloadCells() {}

    static Map<String, Map<String, Cell>> kinds() {
        return Map.ofEntries(
                entry("/Pod", PodCells.cells()),
                entry(
                        "apps/Deployment",
                        templated(Map.of(
                                "Ready", WorkloadCells::readyOfWanted,
                                "Up-to-date", row -> row.number("status", "updatedReplicas"),
                                "Available", row -> row.number("status", "availableReplicas"),
                                "Selector", row -> fullSelector(row.at("spec", "selector"))))),
                entry("apps/ReplicaSet", templated(counted())),
                entry("/ReplicationController", templated(replicationController())),
                entry("apps/StatefulSet", templated(Map.of("Ready", WorkloadCells::readyOfWanted))),
                entry(
                        "apps/DaemonSet",
                        templated(Map.of(
                                "Desired", row -> row.number("status", "desiredNumberScheduled"),
                                "Current", row -> row.number("status", "currentNumberScheduled"),
                                "Ready", row -> row.number("status", "numberReady"),
                                "Up-to-date", row -> row.number("status", "updatedNumberScheduled"),
                                "Available", row -> row.number("status", "numberAvailable"),
                                "Node Selector",
                                        row -> Row.labels(row.at("spec", "template", "spec", "nodeSelector"))))),
                entry(
                        "batch/Job",
                        templated(Map.of(
                                "Status", WorkloadCells::jobStatus,
                                "Completions", WorkloadCells::completions,
                                "Duration", WorkloadCells::jobDuration))),
                entry(
                        "batch/CronJob",
                        Map.of(
                                "Schedule", row -> row.text("spec", "schedule"),
                                "Timezone", row -> row.textOr(Row.NONE, "spec", "timeZone"),
                                "Suspend",
                                        row -> row.at("spec", "suspend").isBoolean()
                                                ? row.at("spec", "suspend")
                                                                .asText()
                                                                .equals("true")
                                                        ? "True"
                                                        : "False"
                                                : Row.UNSET,
                                "Active",
                                        row -> (long) row.at("status", "active").size(),
                                "Last Schedule",
                                        row -> row.at("status", "lastScheduleTime")
                                                        .isTextual()
                                                ? row.since("status", "lastScheduleTime")
                                                : Row.NONE,
                                "Containers",
                                        row -> row.containers(
                                                "name", "spec", "jobTemplate", "spec", "template", "spec"),
                                "Images",
                                        row -> row.containers(
                                                "image", "spec", "jobTemplate", "spec", "template", "spec"),
                                "Selector", row -> Row.selector(row.at("spec", "jobTemplate", "spec", "selector")))),
                entry(
                        "/PodTemplate",
                        Map.of(
                                "Containers", row -> row.containers("name", "template", "spec"),
                                "Images", row -> row.containers("image", "template", "spec"),
                                "Pod Labels", row -> Row.labels(row.at("template", "metadata", "labels")))),
                entry(
                        "apps/ControllerRevision",
                        Map.of("Controller", WorkloadCells::controller, "Revision", row -> row.number("revision"))),
                entry(
                        "autoscaling/HorizontalPodAutoscaler",
                        Map.of(
                                "Reference",
                                        row -> row.text("spec", "scaleTargetRef", "kind") + "/"
                                                + row.text("spec", "scaleTargetRef", "name"),
                                "Targets", HpaTargets::of,
                                "MinPods", row -> row.textOr(Row.UNSET, "spec", "minReplicas"),
                                "MaxPods", row -> row.number("spec", "maxReplicas"),
                                "Replicas", row -> row.number("status", "currentReplicas"))),
                entry(
                        "policy/PodDisruptionBudget",
                        Map.of(
                                "Min Available", row -> row.textOr("N/A", "spec", "minAvailable"),
                                "Max Unavailable", row -> row.textOr("N/A", "spec", "maxUnavailable"),
                                "Allowed Disruptions", row -> row.number("status", "disruptionsAllowed"))));
    }

    private static Map<String, Cell> templated(Map<String, Cell> own) {
        Map<String, Cell> cells = new HashMap<>(Map.of(
                "Containers", row -> row.containers("name", "spec", "template", "spec"),
                "Images", row -> row.containers("image", "spec", "template", "spec"),
                "Selector", row -> Row.selector(row.at("spec", "selector"))));
        cells.putAll(own);
        return Map.copyOf(cells);
    }

    private static Map<String, Cell> counted() {
        return Map.of(
                "Desired", row -> row.number("spec", "replicas"),
                "Current", row -> row.number("status", "replicas"),
                "Ready", row -> row.number("status", "readyReplicas"));
    }

    private static Map<String, Cell> replicationController() {
        Map<String, Cell> cells = new HashMap<>(counted());
        cells.put("Selector", row -> Row.labels(row.at("spec", "selector")));
        return cells;
    }

    private static String readyOfWanted(Row row) {
        return row.number("status", "readyReplicas") + "/" + row.number("spec", "replicas");
    }

    /** Unlike elsewhere, an empty selector is shown as nothing. */
    private static String fullSelector(JsonNode selector) {
        String text = Row.selector(selector);
        return text.equals(Row.NONE) ? "" : text;
    }

    private static String jobStatus(Row row) {
        if (row.hasCondition("Complete")) {
            return "Complete";
        }
        if (row.hasCondition("Failed")) {
            return "Failed";
        }
        if (row.ending()) {
            return "Terminating";
        }
        for (String type : List.of("Suspended", "FailureTarget", "SuccessCriteriaMet")) {
            if (row.hasCondition(type)) {
                return type;
            }
        }
        return "Running";
    }

    private static String completions(Row row) {
        long succeeded = row.number("status", "succeeded");
        if (row.at("spec", "completions").isNumber()) {
            return succeeded + "/" + row.number("spec", "completions");
        }
        long parallelism = row.number("spec", "parallelism");
        return succeeded + "/1" + (parallelism > 1 ? " of " + parallelism : "");
    }

    private static String jobDuration(Row row) {
        JsonNode start = row.at("status", "startTime");
        JsonNode end = row.at("status", "completionTime");
        try {
            if (!start.isTextual()) {
                return "";
            }
            Instant until = end.isTextual() ? Instant.parse(end.textValue()) : row.now();
            return Row.human(Duration.between(Instant.parse(start.textValue()), until));
        } catch (DateTimeException e) {
            return "<unknown>";
        }
    }

    private static String controller(Row row) {
        for (ObjectNode owner : row.objects("metadata", "ownerReferences")) {
            if (Tree.flag(owner, "controller")) {
                String version = Tree.text(owner, "apiVersion");
                int slash = version.indexOf('/');
                String group = slash < 0 ? "" : "." + version.substring(0, slash);
                return Tree.text(owner, "kind").toLowerCase(Locale.ROOT) + group + "/" + Tree.text(owner, "name");
            }
        }
        return Row.NONE;
    }

    /** What an autoscaler aims at, and where it stands. */
    private static final class HpaTargets {
        private static String of(Row row) {
            List<ObjectNode> metrics = row.objects("spec", "metrics");
            List<ObjectNode> current = row.objects("status", "currentMetrics");
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < metrics.size(); i++) {
                texts.add(one(metrics.get(i), i < current.size() ? current.get(i) : Tree.object()));
            }
            return texts.isEmpty() ? Row.NONE : Row.some(texts, 2, ", ");
        }

        private static String one(ObjectNode metric, ObjectNode status) {
            String type = Tree.text(metric, "type");
            return switch (type) {
                case "Resource" -> resource(metric.path("resource"), status.path("resource"));
                case "ContainerResource" ->
                    resource(metric.path("containerResource"), status.path("containerResource"));
                case "Pods" ->
                    value(status.path("pods"), "averageValue") + "/"
                            + Tree.text(metric, "pods", "target", "averageValue");
                case "External" -> either(metric.path("external"), status.path("external"));
                case "Object" -> either(metric.path("object"), status.path("object"));
                default -> "<unknown type>";
            };
        }

        private static String either(JsonNode metric, JsonNode status) {
            return metric.path("target").has("averageValue")
                    ? value(status, "averageValue") + "/" + Tree.text(metric, "target", "averageValue") + " (avg)"
                    : value(status, "value") + "/" + Tree.text(metric, "target", "value");
        }

        private static String resource(JsonNode metric, JsonNode status) {
            String name = Tree.text(metric, "name") + ": ";
            if (metric.path("target").has("averageValue")) {
                return name + value(status, "averageValue") + "/" + Tree.text(metric, "target", "averageValue");
            }
            JsonNode now = Tree.at(status, "current", "averageUtilization");
            JsonNode target = Tree.at(metric, "target", "averageUtilization");
            return name + (now.isNumber() ? now.asText() + "%" : "<unknown>") + "/"
                    + (target.isNumber() ? target.asText() + "%" : "<auto>");
        }

        private static String value(JsonNode status, String field) {
            JsonNode value = Tree.at(status, "current", field);
            return value.isMissingNode() ? "<unknown>" : value.asText();
        }
    }
}
