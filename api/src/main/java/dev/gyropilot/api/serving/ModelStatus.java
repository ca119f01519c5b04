package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was observed of a {@link Model}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelStatus(
        @Nullable Long observedGeneration, @Nullable String latestVersion, List<Condition> conditions) {
    public ModelStatus {
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }
}
