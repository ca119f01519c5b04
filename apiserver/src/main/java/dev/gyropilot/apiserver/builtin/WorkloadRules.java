package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Deployments, replica sets, stateful sets, daemon sets, jobs, cron jobs, autoscalers and disruption budgets. */
final class WorkloadRules {
    private static final List<String> UID_LABELS = List.of("controller-uid", "batch.kubernetes.io/controller-uid");
    private static final List<String> JOB_LABELS = List.of("job-name", "batch.kubernetes.io/job-name");
    private static final Set<String> STATEFUL_SET_MAY_CHANGE = Set.of(
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");
    private static final String NOT_NEGATIVE = "must be greater than or equal to 0";

    private static final String TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

    private WorkloadRules() {}

    static Map<String, KindRule> rules() {
        Map<String, KindRule> rules = new LinkedHashMap<>();
        rules.put(
                "apps/Deployment",
                workload("deployment").immutable("spec.selector").warns(WorkloadRules::podNameWarning));
        rules.put(
                "apps/ReplicaSet",
                workload("replica set").immutable("spec.selector").selects("status.replicas", "0"));
        rules.put(
                "apps/DaemonSet",
                workload("daemonset")
                        .immutable("spec.selector")
                        .onCreate(set ->
                                Tree.child(set, "metadata", "annotations").put(TEMPLATE_GENERATION, "1"))
                        .onUpdate(WorkloadRules::countTemplates));
        rules.put("apps/StatefulSet", workload("statefulset").checkUpdate(WorkloadRules::checkStatefulSet));
        rules.put(
                "/ReplicationController",
                KindRule.plain().selects("status.replicas", "0").check(WorkloadRules::checkController));
        rules.put("apps/ControllerRevision", KindRule.plain().immutable("data"));
        rules.put(
                "batch/Job",
                KindRule.plain()
                        .onCreate(WorkloadRules::selectByUid)
                        .check(WorkloadRules::checkJob)
                        .checkUpdate(WorkloadRules::checkJobUpdate)
                        .selects(
                                "status.successful", job -> Long.toString(Tree.number(0, job, "status", "succeeded"))));
        rules.put("batch/CronJob", KindRule.plain().check(WorkloadRules::checkCronJob));
        rules.put("autoscaling/HorizontalPodAutoscaler", KindRule.plain().check(WorkloadRules::checkAutoscaler));
        rules.put(
                "policy/PodDisruptionBudget",
                KindRule.plain().needsVersionOnUpdate().check(WorkloadRules::checkDisruptionBudget));
        return rules;
    }

    /** An old annotation that tools still read: how many templates the set has had. */
    private static void countTemplates(ObjectNode before, ObjectNode set, String subresource) {
        String was = Tree.text(before, "metadata", "annotations", TEMPLATE_GENERATION);
        boolean same = Tree.at(before, "spec", "template").equals(Tree.at(set, "spec", "template"));
        if (subresource.isEmpty() && was.matches("[0-9]{1,9}")) {
            String is = same ? was : Integer.toString(Integer.parseInt(was) + 1);
            Tree.child(set, "metadata", "annotations").put(TEMPLATE_GENERATION, is);
        }
    }

    private static KindRule workload(String name) {
        return KindRule.plain()
                .statusKeepsLabels()
                .warns(WorkloadRules::templateWarnings)
                .check((object, findings) -> {
                    JsonNode spec = object.path("spec");
                    notNegative(spec, findings, "replicas", "minReadySeconds", "revisionHistoryLimit");
                    checkSelector(name, spec, findings);
                    String policy = Tree.text(spec, "template", "spec", "restartPolicy");
                    if (!policy.isEmpty() && !policy.equals("Always")) {
                        findings.notSupported("spec.template.spec.restartPolicy", policy, List.of("Always"));
                    }
                    if (name.equals("deployment")) {
                        checkDeployment(spec, findings);
                    }
                });
    }

    private static void checkSelector(String name, JsonNode spec, Findings findings) {
        JsonNode selector = spec.path("selector");
        if (selector.isObject() && Selectors.isEmpty(selector)) {
            findings.invalid("spec.selector", selector, "empty selector is invalid for " + name);
        } else if (!Selectors.matches(selector, Tree.map(spec, "template", "metadata", "labels"))) {
            JsonNode labels = Tree.at(spec, "template", "metadata", "labels");
            findings.invalid(
                    "spec.template.metadata.labels",
                    labels.isMissingNode() ? Tree.object() : labels,
                    "`selector` does not match template `labels`");
        }
    }

    private static void checkDeployment(JsonNode spec, Findings findings) {
        JsonNode strategy = spec.path("strategy");
        if (Tree.text(strategy, "type").equals("Recreate") && strategy.has("rollingUpdate")) {
            findings.forbidden(
                    "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        }
        JsonNode rolling = strategy.path("rollingUpdate");
        if (rolling.isObject() && isZero(rolling.path("maxUnavailable")) && isZero(rolling.path("maxSurge"))) {
            findings.invalid(
                    "spec.strategy.rollingUpdate.maxUnavailable",
                    rolling.path("maxUnavailable"),
                    "may not be 0 when `maxSurge` is 0");
        }
        long deadline = Tree.number(Long.MAX_VALUE, spec, "progressDeadlineSeconds");
        if (deadline <= Tree.number(0, spec, "minReadySeconds")) {
            findings.invalid(
                    "spec.progressDeadlineSeconds",
                    spec.path("progressDeadlineSeconds"),
                    "must be greater than minReadySeconds");
        }
    }

    private static boolean isZero(JsonNode intOrPercent) {
        return intOrPercent.asText().equals("0") || intOrPercent.asText().equals("0%");
    }

    private static List<String> templateWarnings(ObjectNode object) {
        return PodSecurity.warnings(Tree.at(object, "spec", "template", "spec"));
    }

    private static List<String> podNameWarning(ObjectNode deployment) {
        List<String> wrong = NameRules.label(Tree.text(deployment, "metadata", "name"));
        return wrong.isEmpty()
                ? templateWarnings(deployment)
                : List.of(
                        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior;"
                                + " a DNS label is recommended: " + wrong);
    }

    private static void checkStatefulSet(ObjectNode before, ObjectNode set, String subresource, Findings findings) {
        ObjectNode was = Tree.child(before.deepCopy(), "spec");
        ObjectNode is = Tree.child(set.deepCopy(), "spec");
        was.remove(STATEFUL_SET_MAY_CHANGE);
        is.remove(STATEFUL_SET_MAY_CHANGE);
        if (!was.equals(is)) {
            findings.forbidden(
                    "spec",
                    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
                            + " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
                            + " 'minReadySeconds' are forbidden");
        }
    }

    private static void checkController(ObjectNode controller, Findings findings) {
        JsonNode spec = controller.path("spec");
        notNegative(spec, findings, "replicas", "minReadySeconds");
        if (Tree.empty(spec, "selector")) {
            findings.required("spec.selector", "");
        }
        if (Tree.absent(spec, "template")) {
            findings.required("spec.template", "");
        } else if (!Tree.map(spec, "template", "metadata", "labels")
                .entrySet()
                .containsAll(Tree.map(spec, "selector").entrySet())) {
            findings.invalid(
                    "spec.template.metadata.labels",
                    Tree.at(spec, "template", "metadata", "labels"),
                    "`selector` does not match template `labels`");
        }
    }

    /** A job's pods carry its uid, and its selector asks for it; so two jobs never share pods. */
    private static void selectByUid(ObjectNode job) {
        ObjectNode spec = Tree.child(job, "spec");
        if (Tree.flag(spec, "manualSelector")) {
            return;
        }
        String uid = Tree.text(job, "metadata", "uid");
        ObjectNode labels = Tree.child(spec, "template", "metadata", "labels");
        JOB_LABELS.forEach(label -> Tree.setIfAbsent(labels, label, Tree.text(job, "metadata", "name")));
        UID_LABELS.forEach(label -> Tree.setIfAbsent(labels, label, uid));
        Tree.setIfAbsent(Tree.child(spec, "selector", "matchLabels"), UID_LABELS.getLast(), uid);
    }

    private static void checkJob(ObjectNode job, Findings findings) {
        JsonNode spec = job.path("spec");
        notNegative(
                spec,
                findings,
                "parallelism",
                "completions",
                "activeDeadlineSeconds",
                "backoffLimit",
                "ttlSecondsAfterFinished",
                "backoffLimitPerIndex",
                "maxFailedIndexes");
        checkJobRestart("spec.template.spec.restartPolicy", Tree.at(spec, "template", "spec"), findings);
        if (Tree.text(spec, "completionMode").equals("Indexed") && Tree.absent(spec, "completions")) {
            findings.required("spec.completions", "when completion mode is Indexed");
        }
        if (Tree.absent(spec, "selector")) {
            findings.required("spec.selector", "");
        }
        if (!Selectors.matches(spec.path("selector"), Tree.map(spec, "template", "metadata", "labels"))) {
            findings.invalid(
                    "spec.template.metadata.labels",
                    Tree.at(spec, "template", "metadata", "labels"),
                    "`selector` does not match template `labels`");
        }
    }

    private static void checkJobRestart(String path, JsonNode podSpec, Findings findings) {
        String policy = Tree.text(podSpec, "restartPolicy");
        if (!policy.equals("OnFailure") && !policy.equals("Never") && podSpec.isObject()) {
            if (policy.equals("Always") || policy.isEmpty()) {
                findings.required(path, "valid values: \"OnFailure\", \"Never\"");
            }
        }
    }

    private static void checkJobUpdate(ObjectNode before, ObjectNode job, String subresource, Findings findings) {
        List<String> fixed = Tree.flag(before, "spec", "suspend")
                        && Tree.at(before, "status", "startTime").isMissingNode()
                ? List.of("selector", "podFailurePolicy", "completionMode", "backoffLimitPerIndex", "managedBy")
                : List.of(
                        "selector",
                        "template",
                        "podFailurePolicy",
                        "completionMode",
                        "backoffLimitPerIndex",
                        "managedBy");
        for (String field : fixed) {
            JsonNode is = Tree.at(job, "spec", field);
            if (!Tree.at(before, "spec", field).equals(is)) {
                findings.invalid("spec." + field, is, Findings.IMMUTABLE);
            }
        }
        boolean elastic = Tree.text(job, "spec", "completionMode").equals("Indexed")
                && Tree.at(job, "spec", "completions").equals(Tree.at(job, "spec", "parallelism"));
        JsonNode completions = Tree.at(job, "spec", "completions");
        if (!Tree.at(before, "spec", "completions").equals(completions) && !elastic) {
            findings.invalid("spec.completions", completions, Findings.IMMUTABLE);
        }
    }

    private static void checkCronJob(ObjectNode job, Findings findings) {
        JsonNode spec = job.path("spec");
        String schedule = Tree.text(spec, "schedule");
        if (!schedule.isEmpty()) {
            CronSchedules.problem(schedule).ifPresent(problem -> findings.invalid("spec.schedule", schedule, problem));
        }
        notNegative(spec, findings, "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit");
        checkJobRestart(
                "spec.jobTemplate.spec.template.spec.restartPolicy",
                Tree.at(spec, "jobTemplate", "spec", "template", "spec"),
                findings);
        if (Tree.text(job, "metadata", "name").length() > 52) {
            findings.invalid("metadata.name", Tree.text(job, "metadata", "name"), "must be no more than 52 characters");
        }
    }

    private static void checkAutoscaler(ObjectNode autoscaler, Findings findings) {
        JsonNode spec = autoscaler.path("spec");
        if (Tree.text(spec, "scaleTargetRef", "apiVersion").isEmpty()
                && Tree.text(spec, "scaleTargetRef", "kind").isEmpty()) {
            findings.invalid("spec.scaleTargetRef.apiVersion", "", "apiVersion must specify API group");
        }
        long min = Tree.number(1, spec, "minReplicas");
        long max = Tree.number(0, spec, "maxReplicas");
        if (min < 1) {
            findings.invalid("spec.minReplicas", spec.path("minReplicas"), "must be greater than or equal to 1");
        }
        if (max < 1) {
            findings.invalid("spec.maxReplicas", spec.path("maxReplicas"), "must be greater than 0");
        } else if (max < min) {
            findings.invalid(
                    "spec.maxReplicas", spec.path("maxReplicas"), "must be greater than or equal to `minReplicas`");
        }
    }

    private static void checkDisruptionBudget(ObjectNode budget, Findings findings) {
        JsonNode spec = budget.path("spec");
        if (spec.has("minAvailable") && spec.has("maxUnavailable")) {
            findings.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
        }
    }

    private static void notNegative(JsonNode spec, Findings findings, String... fields) {
        for (String field : fields) {
            if (Tree.number(0, spec, field) < 0) {
                findings.invalid("spec." + field, spec.path(field), NOT_NEGATIVE);
            }
        }
    }
}
