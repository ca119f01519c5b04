package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import dev.gyropilot.api.serving.ModelServiceSpec.Scaling;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How many replicas a service should have now, and when to ask again. */
sealed interface Scale {
    /** It answers requests; {@code until} is when it goes to sleep if none comes, null when it never does. */
    record Awake(int replicas, @Nullable Instant until) implements Scale {}

    /** At zero until the next request. */
    record Asleep(String since) implements Scale {}

    /** At zero because it was told so. */
    record Off() implements Scale {}

    /** The wanted number of replicas. */
    default int replicas() {
        return switch (this) {
            case Awake awake -> awake.replicas();
            case Asleep ignored -> 0;
            case Off ignored -> 0;
        };
    }

    static Scale of(ModelService service, Instant now, int defaultIdleSeconds) {
        ModelServiceSpec spec = service.getSpec();
        Scaling scaling = Objects.requireNonNullElseGet(spec.scaling(), () -> new Scaling(null, null, null));
        int asked = Objects.requireNonNullElse(spec.replicas(), 1);
        int least = Objects.requireNonNullElse(scaling.minReplicas(), 1);
        int most = Objects.requireNonNullElse(scaling.maxReplicas(), Integer.MAX_VALUE);
        boolean maySleep = least == 0;
        if (asked == 0 && !maySleep) {
            return new Off();
        }
        int replicas = Math.min(most, Math.max(asked, Math.max(1, least)));
        if (!maySleep) {
            return new Awake(replicas, null);
        }
        int idleSeconds = Objects.requireNonNullElse(scaling.idleSeconds(), defaultIdleSeconds);
        Instant lastUse = lastUse(service, asked == 0);
        Instant until = lastUse.plusSeconds(idleSeconds);
        if (until.isAfter(now)) {
            return new Awake(replicas, until);
        }
        // Whoever woke it still waits for the first replica.
        boolean starting = asked > 0 && !Conditions.isTrue(Status.conditions(service), Conditions.READY);
        return starting ? new Awake(replicas, null) : new Asleep(lastUse.toString());
    }

    /** The newest of: the last request, the creation, the moment it became ready. */
    private static Instant lastUse(ModelService service, boolean beganAsleep) {
        var annotations = service.getMetadata().getAnnotations();
        Optional<Instant> request = parse(annotations == null ? null : annotations.get(Names.ANNOTATION_LAST_REQUEST));
        Optional<Instant> created =
                beganAsleep ? Optional.empty() : parse(service.getMetadata().getCreationTimestamp());
        Optional<Instant> ready = Conditions.find(Status.conditions(service), Conditions.READY)
                .filter(c -> "True".equals(c.getStatus()) && !beganAsleep)
                .flatMap(c -> parse(c.getLastTransitionTime()));
        return Stream.of(request, created, ready)
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
    }

    private static Optional<Instant> parse(@Nullable String time) {
        try {
            return time == null ? Optional.empty() : Optional.of(Instant.parse(time));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
