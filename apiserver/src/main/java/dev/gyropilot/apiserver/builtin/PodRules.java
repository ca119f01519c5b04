package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Pods and pod templates as kinds of their own. */
final class PodRules {
    private static final String UPDATE_FORBIDDEN =
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                    + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                    + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    private static final List<String> RUN = List.of("containers", "initContainers");
    private static final List<String> QOS_RESOURCES = List.of("cpu", "memory");

    private PodRules() {}

    static Map<String, KindRule> rules() {
        KindRule rule = KindRule.plain()
                .onCreate(PodRules::beginLife)
                .onUpdate(PodRules::prepareUpdate)
                .checkUpdate(PodRules::checkUpdate)
                .warns(pod -> PodSecurity.warnings(pod.path("spec")))
                .selects("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName")
                .selects("spec.hostNetwork", "false")
                .selects("status.phase", "status.podIP", "status.nominatedNodeName")
                .selects("status.podIPs", PodRules::ips);
        return Map.of("/Pod", rule, "/PodTemplate", KindRule.plain());
    }

    private static String ips(ObjectNode pod) {
        List<String> ips = new ArrayList<>();
        Tree.objects(pod, "status", "podIPs").forEach(ip -> ips.add(Tree.text(ip, "ip")));
        return String.join(",", ips);
    }

    private static void beginLife(ObjectNode pod) {
        pod.putObject("status").put("phase", "Pending").put("qosClass", qosClass(pod.path("spec")));
    }

    private static void prepareUpdate(ObjectNode before, ObjectNode pod, String subresource) {
        switch (subresource) {
            case "status" -> {
                ObjectNode status = Tree.child(pod, "status");
                Tree.setIfEmpty(status, "qosClass", Tree.text(before, "status", "qosClass"));
                Tree.take(Tree.child(before.deepCopy(), "metadata"), Tree.child(pod, "metadata"), "ownerReferences");
            }
            case "ephemeralcontainers" -> {
                JsonNode added = Tree.at(pod, "spec", "ephemeralContainers").deepCopy();
                keepAllBut(before, pod);
                if (!added.isMissingNode()) {
                    Tree.child(pod, "spec").set("ephemeralContainers", added);
                }
            }
            case "resize" -> {
                ObjectNode wanted = pod.deepCopy();
                keepAllBut(before, pod);
                for (String list : RUN) {
                    takeResources(wanted, pod, list);
                }
            }
            default -> {}
        }
    }

    private static void keepAllBut(ObjectNode before, ObjectNode pod) {
        Tree.take(before, pod, "spec");
        Tree.take(before, pod, "status");
    }

    private static void takeResources(ObjectNode from, ObjectNode to, String list) {
        List<ObjectNode> wanted = Tree.objects(from, "spec", list);
        for (ObjectNode container : Tree.objects(to, "spec", list)) {
            wanted.stream()
                    .filter(other -> other.path("name").equals(container.path("name")))
                    .findFirst()
                    .ifPresent(other -> {
                        Tree.take(other, container, "resources");
                        Tree.take(other, container, "resizePolicy");
                    });
        }
    }

    private static void checkUpdate(ObjectNode before, ObjectNode pod, String subresource, Findings findings) {
        if (!subresource.isEmpty()) {
            return;
        }
        ObjectNode was = Tree.child(before.deepCopy(), "spec");
        ObjectNode is = Tree.child(pod.deepCopy(), "spec");
        List<JsonNode> kept = new ArrayList<>();
        was.path("tolerations").forEach(kept::add);
        is.path("tolerations").forEach(kept::remove);
        if (!kept.isEmpty()) {
            findings.forbidden(
                    "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
        }
        checkDeadline(was, is, findings);
        for (ObjectNode spec : List.of(was, is)) {
            spec.remove(List.of("tolerations", "activeDeadlineSeconds"));
            RUN.forEach(list -> Tree.objects(spec, list).forEach(container -> container.remove("image")));
        }
        if (was.path("terminationGracePeriodSeconds").asLong() < 0
                && is.path("terminationGracePeriodSeconds").asLong() == 1) {
            Tree.take(was, is, "terminationGracePeriodSeconds");
        }
        if (was.has("schedulingGates")
                && is.path("schedulingGates").size()
                        < was.path("schedulingGates").size()) {
            Tree.take(was, is, "schedulingGates");
        }
        if (!was.equals(is)) {
            findings.forbidden("spec", UPDATE_FORBIDDEN + differences(was, is));
        }
    }

    private static void checkDeadline(ObjectNode was, ObjectNode is, Findings findings) {
        if (was.has("activeDeadlineSeconds")) {
            long old = was.get("activeDeadlineSeconds").asLong();
            JsonNode now = is.path("activeDeadlineSeconds");
            if (now.isMissingNode()) {
                findings.invalid(
                        "spec.activeDeadlineSeconds", now, "must not update from a positive integer to nil value");
            } else if (now.asLong() > old) {
                findings.invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value");
            }
        }
    }

    /** The names of the fields that differ, for the person who reads the refusal. */
    private static String differences(ObjectNode was, ObjectNode is) {
        List<String> names = new ArrayList<>();
        was.fieldNames().forEachRemaining(name -> {
            if (!was.path(name).equals(is.path(name))) {
                names.add("spec." + name);
            }
        });
        is.fieldNames().forEachRemaining(name -> {
            if (!was.has(name)) {
                names.add("spec." + name);
            }
        });
        return "\nchanged: " + String.join(", ", names);
    }

    /** {@code Guaranteed}, {@code Burstable} or {@code BestEffort} by the requests and limits of all containers. */
    static String qosClass(JsonNode spec) {
        boolean any = false;
        boolean guaranteed = true;
        for (String list : RUN) {
            for (ObjectNode container : Tree.objects(spec, list)) {
                for (String resource : QOS_RESOURCES) {
                    BigDecimal request = Quantities.valueOrZero(Tree.at(container, "resources", "requests", resource));
                    BigDecimal limit = Quantities.valueOrZero(Tree.at(container, "resources", "limits", resource));
                    any |= request.signum() > 0 || limit.signum() > 0;
                    guaranteed &= limit.signum() > 0 && (request.signum() == 0 || request.compareTo(limit) == 0);
                }
            }
        }
        return any ? (guaranteed ? "Guaranteed" : "Burstable") : "BestEffort";
    }
}
