package dev.gyropilot.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The columns of pods. */
final class PodCells {
    private PodCells() {}

    static Map<String, Cell> cells() {
        return Map.of(
                "Ready", row -> summary(row).ready,
                "Status", row -> summary(row).reason,
                "Restarts", row -> summary(row).restartsText(row),
                "IP",
                        row -> Tree.text(row.at("status", "podIPs").path(0), "ip")
                                        .isEmpty()
                                ? Row.NONE
                                : Tree.text(row.at("status", "podIPs").path(0), "ip"),
                "Node", row -> row.textOr(Row.NONE, "spec", "nodeName"),
                "Nominated Node", row -> row.textOr(Row.NONE, "status", "nominatedNodeName"),
                "Readiness Gates", PodCells::readinessGates);
    }

    private static String readinessGates(Row row) {
        List<ObjectNode> gates = row.objects("spec", "readinessGates");
        long open = gates.stream()
                .filter(gate -> row.hasCondition(Tree.text(gate, "conditionType")))
                .count();
        return gates.isEmpty() ? Row.NONE : open + "/" + gates.size();
    }

    static Summary summary(Row row) {
        Summary summary = new Summary(row);
        summary.init();
        if (!summary.initializing || row.hasCondition("Initialized")) {
            summary.run();
        }
        summary.end();
        return summary;
    }

    /** What a person wants to know of a pod: the one reason among the states of all its containers. */
    static final class Summary {
        private final Row row;
        private final Set<String> sidecars = new HashSet<>();
        private int total;
        private int readyContainers;
        private long restarts;
        private long sidecarRestarts;
        private String lastRestart = "";
        private String lastSidecarRestart = "";
        private boolean initializing;
        private String reason;
        private String ready = "";

        private Summary(Row row) {
            this.row = row;
            this.reason = row.textOr(row.text("status", "phase"), "status", "reason");
            this.total = row.at("spec", "containers").size();
            for (ObjectNode condition : row.objects("status", "conditions")) {
                boolean gated = Tree.text(condition, "reason").equals("SchedulingGated");
                if (gated && Tree.text(condition, "type").equals("PodScheduled")) {
                    reason = "SchedulingGated";
                }
            }
            for (ObjectNode container : row.objects("spec", "initContainers")) {
                if (Tree.text(container, "restartPolicy").equals("Always")) {
                    sidecars.add(Tree.text(container, "name"));
                    total++;
                }
            }
        }

        private void init() {
            List<ObjectNode> statuses = row.objects("status", "initContainerStatuses");
            for (int i = 0; i < statuses.size(); i++) {
                ObjectNode status = statuses.get(i);
                boolean sidecar = sidecars.contains(Tree.text(status, "name"));
                String finished = Tree.text(status, "lastState", "terminated", "finishedAt");
                restarts += Tree.number(0, status, "restartCount");
                lastRestart = later(lastRestart, finished);
                if (sidecar) {
                    sidecarRestarts += Tree.number(0, status, "restartCount");
                    lastSidecarRestart = later(lastSidecarRestart, finished);
                }
                JsonNode terminated = Tree.at(status, "state", "terminated");
                String waiting = Tree.text(status, "state", "waiting", "reason");
                if (terminated.isObject() && Tree.number(0, terminated, "exitCode") == 0) {
                    continue;
                }
                if (sidecar && Tree.flag(status, "started")) {
                    readyContainers += Tree.flag(status, "ready") ? 1 : 0;
                    continue;
                }
                if (terminated.isObject()) {
                    reason = "Init:" + ended(terminated);
                } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
                    reason = "Init:" + waiting;
                } else {
                    reason =
                            "Init:" + i + "/" + row.at("spec", "initContainers").size();
                }
                initializing = true;
                return;
            }
        }

        private void run() {
            restarts = sidecarRestarts;
            lastRestart = lastSidecarRestart;
            boolean running = false;
            String error = "";
            for (ObjectNode status : row.objects("status", "containerStatuses").reversed()) {
                restarts += Tree.number(0, status, "restartCount");
                lastRestart = later(lastRestart, Tree.text(status, "lastState", "terminated", "finishedAt"));
                String waiting = Tree.text(status, "state", "waiting", "reason");
                JsonNode terminated = Tree.at(status, "state", "terminated");
                if (!waiting.isEmpty()) {
                    reason = waiting;
                } else if (terminated.isObject()) {
                    reason = ended(terminated);
                    error = Tree.number(0, terminated, "exitCode") == 0 ? error : reason;
                } else if (Tree.flag(status, "ready")
                        && Tree.at(status, "state", "running").isObject()) {
                    running = true;
                    readyContainers++;
                }
            }
            if (reason.equals("Completed")) {
                if (running && row.hasCondition("Ready")) {
                    reason = "Running";
                } else if (!error.isEmpty()) {
                    reason = error;
                } else if (running) {
                    reason = "NotReady";
                }
            }
        }

        private void end() {
            String phase = row.text("status", "phase");
            if (row.ending() && row.text("status", "reason").equals("NodeLost")) {
                reason = "Unknown";
            } else if (row.ending() && !phase.equals("Succeeded") && !phase.equals("Failed")) {
                reason = "Terminating";
            }
            ready = readyContainers + "/" + total;
        }

        private static String ended(JsonNode terminated) {
            String reason = Tree.text(terminated, "reason");
            long signal = Tree.number(0, terminated, "signal");
            if (!reason.isEmpty()) {
                return reason;
            }
            return signal == 0 ? "ExitCode:" + Tree.number(0, terminated, "exitCode") : "Signal:" + signal;
        }

        private String restartsText(Row at) {
            return restarts == 0 || lastRestart.isEmpty()
                    ? Long.toString(restarts)
                    : restarts + " (" + at.since(TextNode.valueOf(lastRestart)) + " ago)";
        }

        private static String later(String one, String other) {
            return one.compareTo(other) >= 0 ? one : other;
        }
    }
}
