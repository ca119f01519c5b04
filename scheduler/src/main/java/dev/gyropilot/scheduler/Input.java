package dev.gyropilot.scheduler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import java.util.Optional;

/** Something that the scheduler gets to know. */
sealed interface Input {
    /**
     * An object as the API has it now, or as it was when it went.
     *
     * @param kind the name of its reader in {@link Readers}
     * @param change what its reader makes of it
     */
    record Seen(String kind, HasMetadata object, boolean gone, Change change) implements Input {}

    /**
     * What became of a decision to bind a pod.
     *
     * @param failure why it was not carried out
     * @param claimVersions the resource versions of the claims that were written, by name
     */
    record Written(long decision, Optional<String> failure, Map<String, Long> claimVersions) implements Input {}

    /** All that was there at the start has been seen: decisions may be made. */
    record Opened() implements Input {}

    /** A pod of this job could not be stopped. */
    record NotStopped(String job) implements Input {}
}
