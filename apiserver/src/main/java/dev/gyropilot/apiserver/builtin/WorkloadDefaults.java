package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of the kinds that run pods. */
final class WorkloadDefaults {
    private static final String ROLLING = "RollingUpdate";

    private WorkloadDefaults() {}

    static void deployment(ObjectNode deployment) {
        ObjectNode spec = Tree.child(deployment, "spec");
        Tree.setIfAbsent(spec, "replicas", 1);
        ObjectNode strategy = Tree.child(spec, "strategy");
        Tree.setIfEmpty(strategy, "type", ROLLING);
        if (Tree.text(strategy, "type").equals(ROLLING)) {
            ObjectNode rolling = Tree.child(strategy, "rollingUpdate");
            Tree.setIfAbsent(rolling, "maxUnavailable", "25%");
            Tree.setIfAbsent(rolling, "maxSurge", "25%");
        }
        Tree.setIfAbsent(spec, "revisionHistoryLimit", 10);
        Tree.setIfAbsent(spec, "progressDeadlineSeconds", 600);
    }

    static void daemonSet(ObjectNode set) {
        ObjectNode spec = Tree.child(set, "spec");
        ObjectNode strategy = Tree.child(spec, "updateStrategy");
        Tree.setIfEmpty(strategy, "type", ROLLING);
        if (Tree.text(strategy, "type").equals(ROLLING)) {
            ObjectNode rolling = Tree.child(strategy, "rollingUpdate");
            Tree.setIfAbsent(rolling, "maxUnavailable", 1);
            Tree.setIfAbsent(rolling, "maxSurge", 0);
        }
        Tree.setIfAbsent(spec, "revisionHistoryLimit", 10);
    }

    static void statefulSet(ObjectNode set) {
        ObjectNode spec = Tree.child(set, "spec");
        Tree.setIfEmpty(spec, "podManagementPolicy", "OrderedReady");
        ObjectNode strategy = Tree.child(spec, "updateStrategy");
        if (Tree.empty(strategy, "type")) {
            strategy.put("type", ROLLING);
            Tree.child(strategy, "rollingUpdate");
        }
        if (Tree.text(strategy, "type").equals(ROLLING)
                && strategy.get("rollingUpdate") instanceof ObjectNode rolling) {
            Tree.setIfAbsent(rolling, "partition", 0);
        }
        ObjectNode retention = Tree.child(spec, "persistentVolumeClaimRetentionPolicy");
        Tree.setIfEmpty(retention, "whenDeleted", "Retain");
        Tree.setIfEmpty(retention, "whenScaled", "Retain");
        Tree.setIfAbsent(spec, "replicas", 1);
        Tree.setIfAbsent(spec, "revisionHistoryLimit", 10);
        // The kind and version of a claim template are always written.
        for (ObjectNode claim : Tree.objects(spec, "volumeClaimTemplates")) {
            Tree.setIfEmpty(claim, "apiVersion", "v1");
            Tree.setIfEmpty(claim, "kind", "PersistentVolumeClaim");
        }
    }

    static void replicationController(ObjectNode controller) {
        ObjectNode spec = Tree.child(controller, "spec");
        if (Tree.at(spec, "template", "metadata", "labels") instanceof ObjectNode labels && !labels.isEmpty()) {
            if (Tree.empty(spec, "selector")) {
                spec.set("selector", labels.deepCopy());
            }
            labelsFrom(controller, labels);
        }
    }

    static void job(ObjectNode job) {
        ObjectNode spec = Tree.child(job, "spec");
        if (Tree.absent(spec, "parallelism")) {
            Tree.setIfAbsent(spec, "completions", 1);
            spec.put("parallelism", 1);
        }
        Tree.setIfAbsent(spec, "backoffLimit", spec.has("backoffLimitPerIndex") ? Integer.MAX_VALUE : 6);
        if (Tree.at(spec, "template", "metadata", "labels") instanceof ObjectNode labels) {
            labelsFrom(job, labels);
        }
        Tree.setIfAbsent(spec, "completionMode", "NonIndexed");
        Tree.setIfAbsent(spec, "suspend", false);
        Tree.setIfAbsent(spec, "podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
        Tree.setIfAbsent(spec, "manualSelector", false);
    }

    private static void labelsFrom(ObjectNode object, ObjectNode labels) {
        ObjectNode metadata = Tree.child(object, "metadata");
        if (Tree.empty(metadata, "labels") && !labels.isEmpty()) {
            metadata.set("labels", labels.deepCopy());
        }
    }

    static void cronJob(ObjectNode job) {
        ObjectNode spec = Tree.child(job, "spec");
        Tree.setIfEmpty(spec, "concurrencyPolicy", "Allow");
        Tree.setIfAbsent(spec, "suspend", false);
        Tree.setIfAbsent(spec, "successfulJobsHistoryLimit", 3);
        Tree.setIfAbsent(spec, "failedJobsHistoryLimit", 1);
    }

    static void autoscaler(ObjectNode autoscaler) {
        ObjectNode spec = Tree.child(autoscaler, "spec");
        Tree.setIfAbsent(spec, "minReplicas", 1);
        if (Tree.empty(spec, "metrics")) {
            ObjectNode metric = spec.putArray("metrics").addObject().put("type", "Resource");
            metric.putObject("resource")
                    .put("name", "cpu")
                    .putObject("target")
                    .put("type", "Utilization")
                    .put("averageUtilization", 80);
        }
        if (spec.get("behavior") instanceof ObjectNode behavior) {
            ObjectNode up = Tree.child(behavior, "scaleUp");
            Tree.setIfAbsent(up, "stabilizationWindowSeconds", 0);
            Tree.setIfAbsent(up, "selectPolicy", "Max");
            if (Tree.absent(up, "policies")) {
                var policies = up.putArray("policies");
                policies.addObject().put("type", "Pods").put("value", 4).put("periodSeconds", 15);
                policies.addObject().put("type", "Percent").put("value", 100).put("periodSeconds", 15);
            }
            ObjectNode down = Tree.child(behavior, "scaleDown");
            Tree.setIfAbsent(down, "selectPolicy", "Max");
            if (Tree.absent(down, "policies")) {
                down.putArray("policies")
                        .addObject()
                        .put("type", "Percent")
                        .put("value", 100)
                        .put("periodSeconds", 15);
            }
        }
    }
}
