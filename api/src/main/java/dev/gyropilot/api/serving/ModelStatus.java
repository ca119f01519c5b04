package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was observed of a {@link Model}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelStatus(
        @JsonPropertyDescription("The metadata.generation that this status speaks of.") @Nullable
        Long observedGeneration,

        @JsonPropertyDescription("Name of the newest version.") @Nullable
        String latestVersion,

        @JsonPropertyDescription("Ready, with reason and message.")
        List<Condition> conditions) {
    public ModelStatus {
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }
}
