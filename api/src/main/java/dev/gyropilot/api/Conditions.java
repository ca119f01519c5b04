package dev.gyropilot.api;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Status conditions as the Kubernetes API conventions want them. */
public final class Conditions {
    public static final String READY = "Ready";

    /** Whether the cluster has what the resource asks for; there only when it lacked something once. */
    public static final String SUPPORTED = "Supported";

    /** Reason of {@link #SUPPORTED}: the API does not serve {@code resource.k8s.io/v1}. */
    public static final String DYNAMIC_RESOURCES_MISSING = "DynamicResourcesMissing";

    private Conditions() {}

    /** A copy of {@code conditions} with one set; its transition time changes only when its status does. */
    public static List<Condition> with(
            List<Condition> conditions,
            String type,
            boolean status,
            String reason,
            String message,
            long observedGeneration,
            Instant now) {
        String value = status ? "True" : "False";
        var result = new ArrayList<Condition>(conditions.size() + 1);
        String since = now.truncatedTo(ChronoUnit.SECONDS).toString();
        int at = -1;
        for (Condition condition : conditions) {
            if (condition.getType().equals(type)) {
                at = result.size();
                if (value.equals(condition.getStatus())) {
                    since = Objects.requireNonNullElse(condition.getLastTransitionTime(), since);
                }
            }
            result.add(condition);
        }
        Condition next = new ConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withMessage(message)
                .withObservedGeneration(observedGeneration)
                .withLastTransitionTime(since)
                .build();
        if (at >= 0) {
            result.set(at, next);
        } else {
            result.add(next);
        }
        return List.copyOf(result);
    }

    /** The condition of that type. */
    public static Optional<Condition> find(List<Condition> conditions, String type) {
        return conditions.stream().filter(c -> c.getType().equals(type)).findFirst();
    }

    /** Whether the condition of that type is there and True. */
    public static boolean isTrue(List<Condition> conditions, String type) {
        return find(conditions, type).filter(c -> "True".equals(c.getStatus())).isPresent();
    }
}
