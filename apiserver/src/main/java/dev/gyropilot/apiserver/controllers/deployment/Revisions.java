package dev.gyropilot.apiserver.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Which ReplicaSet belongs to which version of a Deployment's template. */
final class Revisions {
    static final String REVISION = "deployment.kubernetes.io/revision";
    static final String HISTORY = "deployment.kubernetes.io/revision-history";
    static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
    static final String MAX = "deployment.kubernetes.io/max-replicas";
    static final String HASH_LABEL = "pod-template-hash";

    /** Annotations of the Deployment that its ReplicaSets do not inherit. */
    private static final Set<String> OWN =
            Set.of("kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAX);

    /** Letters and digits that make no words. */
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private Revisions() {}

    /** The set with the Deployment's present template; the oldest when there are several. */
    static Optional<ReplicaSet> current(Deployment deployment, List<ReplicaSet> sets) {
        JsonNode wanted = template(deployment.getSpec().getTemplate());
        return sets.stream()
                .filter(set -> template(set.getSpec().getTemplate()).equals(wanted))
                .min(Comparator.comparing((ReplicaSet set) -> set.getMetadata().getCreationTimestamp())
                        .thenComparing(set -> set.getMetadata().getName()));
    }

    /** The revision number of a Deployment or ReplicaSet; 0 when it has none. */
    static long number(HasMetadata object) {
        String text = annotations(object).get(REVISION);
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** A short hash of the template, usable as a label value and as part of a name. */
    static String hash(Deployment deployment) {
        int collisions = deployment.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(deployment.getStatus().getCollisionCount(), 0);
        int hash = 0x811c9dc5;
        String text = template(deployment.getSpec().getTemplate()) + (collisions == 0 ? "" : "#" + collisions);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x01000193;
        }
        return safe(Integer.toUnsignedString(hash));
    }

    /** The annotations that a ReplicaSet of the Deployment should have, given those that it has. */
    static Map<String, String> annotations(Deployment deployment, Map<String, String> present, long revision) {
        var wanted = new HashMap<>(present);
        annotations(deployment).forEach((name, value) -> {
            if (!OWN.contains(name)) {
                wanted.put(name, value);
            }
        });
        String before = present.get(REVISION);
        String now = Long.toString(revision);
        if (before != null && !before.equals(now)) {
            String history = present.get(HISTORY);
            wanted.put(HISTORY, history == null || history.isEmpty() ? before : history + "," + before);
        }
        wanted.put(REVISION, now);
        return wanted;
    }

    static Map<String, String> annotations(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getAnnotations(), Map.of());
    }

    private static JsonNode template(PodTemplateSpec template) {
        JsonNode tree = JSON.convertValue(template, JsonNode.class);
        if (tree.at("/metadata/labels") instanceof ObjectNode labels) {
            labels.remove(HASH_LABEL);
        }
        return tree;
    }

    private static String safe(String digits) {
        var text = new StringBuilder();
        digits.chars().forEach(c -> text.append(ALPHABET.charAt(c % ALPHABET.length())));
        return text.toString();
    }
}
