package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.serving.ModelServiceStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events that a change of status is worth: what a person would want to have been told. */
final class Happenings {
    /** One event. */
    record Happening(boolean warning, String reason, String message) {}

    private Happenings() {}

    static List<Happening> between(@Nullable ModelServiceStatus before, ModelServiceStatus after) {
        var told = new ArrayList<Happening>();
        String latest = after.latestRevision();
        if (latest != null && !latest.equals(before == null ? null : before.latestRevision())) {
            told.add(new Happening(
                    false,
                    "RevisionCreated",
                    "revision " + latest + " serves " + after.model() + " by engine " + after.engine()));
        }
        if (turned(before, after, Status.PROGRESSING, true, "RevisionReady")) {
            told.add(
                    new Happening(false, "RevisionReady", "revision " + after.activeRevision() + " gets the requests"));
        }
        if (turned(before, after, Conditions.READY, true, Status.SCALED_TO_ZERO)) {
            told.add(new Happening(false, "ScaledToZero", "no request for its idle time; the next one wakes it"));
        }
        if (was(before, Conditions.READY, Status.SCALED_TO_ZERO)
                && !has(after, Conditions.READY, Status.SCALED_TO_ZERO)) {
            told.add(new Happening(false, "WokenUp", "starting replicas again"));
        }
        if (turned(before, after, Conditions.READY, true, Status.REPLICAS_READY)) {
            told.add(new Happening(false, "Ready", "answers at " + after.url()));
        }
        failure(before, after).ifPresent(told::add);
        return told;
    }

    private static Optional<Happening> failure(@Nullable ModelServiceStatus before, ModelServiceStatus after) {
        Optional<Condition> now =
                Conditions.find(after.conditions(), Status.PROGRESSING).filter(c -> "False".equals(c.getStatus()));
        Optional<String> then = before == null
                ? Optional.empty()
                : Conditions.find(before.conditions(), Status.PROGRESSING)
                        .filter(c -> "False".equals(c.getStatus()))
                        .map(Condition::getReason);
        return now.filter(c -> !Objects.equals(then.orElse(null), c.getReason()))
                .map(c -> new Happening(true, c.getReason(), c.getMessage()));
    }

    private static boolean turned(
            @Nullable ModelServiceStatus before, ModelServiceStatus after, String type, boolean status, String reason) {
        return has(after, type, reason)
                && Conditions.isTrue(after.conditions(), type) == status
                && !was(before, type, reason);
    }

    private static boolean was(@Nullable ModelServiceStatus before, String type, String reason) {
        return before != null && has(before, type, reason);
    }

    private static boolean has(ModelServiceStatus status, String type, String reason) {
        return Conditions.find(status.conditions(), type)
                .filter(c -> reason.equals(c.getReason()))
                .isPresent();
    }
}
