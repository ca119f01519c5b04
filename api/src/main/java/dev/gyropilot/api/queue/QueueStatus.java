package dev.gyropilot.api.queue;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was observed of a {@link Queue}; written by the scheduler. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueStatus(
        @JsonPropertyDescription("The metadata.generation that this status speaks of.") @Nullable
        Long observedGeneration,

        @JsonPropertyDescription("What its work uses, that of the queues below included.") @Nullable
        Amounts usage,

        @JsonPropertyDescription("Running gangs and pods, those of the queues below included.") @Nullable
        Integer running,

        @JsonPropertyDescription("Waiting gangs and pods, those of the queues below included.") @Nullable
        Integer pending,

        @JsonPropertyDescription(
                "Ready, with reason and message; Supported when the cluster lacks what the queue shares out.")
        List<Condition> conditions) {
    public QueueStatus {
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }
}
