package dev.gyropilot.scheduler.groups;

import dev.gyropilot.api.Names;
import dev.gyropilot.brain.placement.gang.Group.Level;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pod's gang and queue: our own labels first, then those of Kubernetes' scheduling group, Volcano, Kueue, KAI,
 * LeaderWorkerSet and JobSet. The first that names a gang wins, and likewise the first that names a queue.
 */
public final class MembershipReader {
    private static final String VOLCANO_GROUP = "scheduling.k8s.io/group-name";
    private static final String VOLCANO_QUEUE = "volcano.sh/queue-name";
    private static final String KUEUE_QUEUE = "kueue.x-k8s.io/queue-name";
    private static final String KUEUE_GROUP = "kueue.x-k8s.io/pod-group-name";
    private static final String KUEUE_SIZE = "kueue.x-k8s.io/pod-group-total-count";
    private static final String KUEUE_REQUIRED = "kueue.x-k8s.io/podset-required-topology";
    private static final String KUEUE_PREFERRED = "kueue.x-k8s.io/podset-preferred-topology";
    private static final String KAI_QUEUE = "kai.scheduler/queue";
    private static final String KAI_GROUP = "pod-group-name";
    private static final String WORKER_SET = "leaderworkerset.sigs.k8s.io/name";
    private static final String WORKER_GROUP = "leaderworkerset.sigs.k8s.io/group-index";
    private static final String WORKER_SIZE = "leaderworkerset.sigs.k8s.io/size";
    private static final String JOB_SET = "jobset.sigs.k8s.io/jobset-name";

    private MembershipReader() {}

    /** @throws IllegalArgumentException when a label has a value that cannot be understood, with the remedy */
    public static Membership of(Pod pod) {
        Map<String, String> labels = orEmpty(pod.getMetadata().getLabels());
        Map<String, String> annotations = orEmpty(pod.getMetadata().getAnnotations());
        String namespace = pod.getMetadata().getNamespace();
        String queue = queue(labels, annotations, namespace);
        List<Level> levels = levels(annotations);
        if (labels.containsKey(Names.LABEL_GANG)) {
            int size = number(labels, Names.LABEL_GANG_SIZE);
            if (size == 0) {
                throw new IllegalArgumentException("the pod has the label " + Names.LABEL_GANG + ": "
                        + labels.get(Names.LABEL_GANG) + " and no " + Names.LABEL_GANG_SIZE
                        + ": add it, with the number of pods that have to run together");
            }
            return new Membership(queue, labels.get(Names.LABEL_GANG), "", size, levels);
        }
        if (pod.getSpec().getSchedulingGroup() != null
                && pod.getSpec().getSchedulingGroup().getPodGroupName() != null) {
            String name = pod.getSpec().getSchedulingGroup().getPodGroupName();
            return described(queue, "scheduling.k8s.io", "PodGroup", namespace, name, levels);
        }
        if (annotations.containsKey(VOLCANO_GROUP)) {
            String name = annotations.get(VOLCANO_GROUP);
            return described(queue, "scheduling.volcano.sh", "PodGroup", namespace, name, levels);
        }
        if (labels.containsKey(KUEUE_GROUP)) {
            return new Membership(queue, labels.get(KUEUE_GROUP), "", number(annotations, KUEUE_SIZE), levels);
        }
        if (annotations.containsKey(KAI_GROUP) && labels.containsKey(KAI_QUEUE)) {
            String name = annotations.get(KAI_GROUP);
            return described(queue, "scheduling.run.ai", "PodGroup", namespace, name, levels);
        }
        if (labels.containsKey(WORKER_SET) && labels.containsKey(WORKER_GROUP)) {
            String name = labels.get(WORKER_SET) + "-" + labels.get(WORKER_GROUP);
            return new Membership(queue, name, "", number(annotations, WORKER_SIZE), levels);
        }
        if (labels.containsKey(JOB_SET)) {
            String name = labels.get(JOB_SET);
            return described(queue, "jobset.x-k8s.io", "JobSet", namespace, name, levels);
        }
        return new Membership(queue, "", "", 0, levels);
    }

    private static Membership described(
            String queue, String apiGroup, String kind, String namespace, String name, List<Level> levels) {
        return new Membership(queue, name, GroupKey.of(apiGroup, kind, namespace, name), 0, levels);
    }

    /** A queue of Kueue is one of the namespace, and leads to a ClusterQueue; see {@link ForeignQueues}. */
    private static String queue(Map<String, String> labels, Map<String, String> annotations, String namespace) {
        String own = labels.getOrDefault(Names.LABEL_QUEUE, "");
        if (!own.isEmpty()) {
            return own;
        }
        if (labels.containsKey(KUEUE_QUEUE)) {
            return ForeignQueues.local(namespace, labels.get(KUEUE_QUEUE));
        }
        String kai = labels.getOrDefault(KAI_QUEUE, "");
        if (!kai.isEmpty()) {
            return ForeignQueues.kai(kai);
        }
        String volcano = annotations.getOrDefault(VOLCANO_QUEUE, labels.getOrDefault(VOLCANO_QUEUE, ""));
        return volcano.isEmpty() ? "" : ForeignQueues.volcano(volcano);
    }

    private static List<Level> levels(Map<String, String> annotations) {
        var result = new ArrayList<Level>();
        add(result, annotations.get(Names.ANNOTATION_REQUIRED_TOPOLOGY), true);
        add(result, annotations.get(KUEUE_REQUIRED), true);
        add(result, annotations.get(Names.ANNOTATION_PREFERRED_TOPOLOGY), false);
        add(result, annotations.get(KUEUE_PREFERRED), false);
        return result;
    }

    private static void add(List<Level> levels, @Nullable String keys, boolean required) {
        if (keys == null) {
            return;
        }
        for (String key : keys.split(",", -1)) {
            if (!key.isBlank()) {
                levels.add(new Level(key.strip(), required));
            }
        }
    }

    private static int number(Map<String, String> values, String key) {
        String value = values.get(key);
        if (value == null) {
            return 0;
        }
        try {
            int number = Integer.parseInt(value);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, as a number below 1 is.
        }
        throw new IllegalArgumentException(key + " is \"" + value + "\": it must be a whole number of at least 1");
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
