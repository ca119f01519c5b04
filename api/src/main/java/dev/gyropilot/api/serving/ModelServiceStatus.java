package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was observed of a {@link ModelService}.
 *
 * @param observedGeneration the {@code metadata.generation} that this status speaks of
 * @param replicas pods of all revisions
 * @param readyReplicas ready pods of the active revision
 * @param selector label selector of the pods, for the scale subresource
 * @param url where clients reach the model: the gateway's base URL, ending in {@code /v1}
 * @param model the resolved model: its name and version, or its URI
 * @param engine name of the Engine in use
 * @param activeRevision hash of the revision that gets the requests
 * @param latestRevision hash of the newest revision; differs from the active one during a roll-out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelServiceStatus(
        @JsonPropertyDescription("The metadata.generation that this status speaks of.") @Nullable
        Long observedGeneration,

        @JsonPropertyDescription("Pods of all revisions.") @StatusReplicas @Nullable
        Integer replicas,

        @JsonPropertyDescription("Ready pods of the active revision.") @Nullable
        Integer readyReplicas,

        @JsonPropertyDescription("Label selector of the pods, for the scale subresource.") @LabelSelector @Nullable
        String selector,

        @JsonPropertyDescription("Where clients reach the model: the gateway's base URL.") @Nullable
        String url,

        @JsonPropertyDescription("The resolved model: its name and version, or its URI.") @Nullable
        String model,

        @JsonPropertyDescription("Name of the Engine in use.") @Nullable
        String engine,

        @JsonPropertyDescription("Hash of the revision that gets the requests.") @Nullable
        String activeRevision,

        @JsonPropertyDescription("Hash of the newest revision; differs from the active one during a roll-out.")
        @Nullable
        String latestRevision,

        @JsonPropertyDescription(
                "Ready, Progressing and ModelResolved, with reason and message; Supported when the cluster lacks what the"
                        + " service asks for.")
        List<Condition> conditions) {
    public ModelServiceStatus {
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }
}
