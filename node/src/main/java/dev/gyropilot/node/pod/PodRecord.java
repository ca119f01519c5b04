package dev.gyropilot.node.pod;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.gyropilot.node.json.Json;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What must be known of a pod to go on with it after the node was killed.
 *
 * @param outcome the final phase, once nothing of the pod will run any more
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PodRecord(
        Pod pod,
        String podIp,
        String startTime,
        boolean initialized,
        @Nullable Outcome outcome,
        Map<String, ContainerRecord> containers) {
    /** How and why a pod came to its end. */
    record Outcome(String phase, String reason, String message) {}

    /** One container; times as RFC 3339. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ContainerRecord(
            int attempts,
            int restarts,
            boolean running,
            boolean started,
            boolean ready,
            @Nullable String startedAt,
            @Nullable EndRecord ended,
            @Nullable EndRecord last,
            long backOffMillis,
            String backOffAt) {
        static ContainerRecord of(ContainerLife life) {
            return new ContainerRecord(
                    life.attempts,
                    life.restarts,
                    life.running(),
                    life.started,
                    life.ready,
                    life.startedAt == null ? null : life.startedAt.toString(),
                    EndRecord.of(life.ended),
                    EndRecord.of(life.last),
                    life.backOff.delay().toMillis(),
                    life.backOff.startedAt().toString());
        }

        void restore(ContainerLife life) {
            life.attempts = attempts;
            life.restarts = restarts;
            life.started = started;
            life.ready = ready;
            life.startedAt = startedAt == null ? null : Instant.parse(startedAt);
            life.ended = ended == null ? null : ended.restore();
            life.last = last == null ? null : last.restore();
            life.backOff = new RestartBackOff(Duration.ofMillis(backOffMillis), Instant.parse(backOffAt));
        }
    }

    /** A {@link Termination} on disk. */
    record EndRecord(int exitCode, String reason, String message, String startedAt, String finishedAt, String id) {
        static @Nullable EndRecord of(@Nullable Termination end) {
            return end == null
                    ? null
                    : new EndRecord(
                            end.exitCode(),
                            end.reason(),
                            end.message(),
                            end.startedAt().toString(),
                            end.finishedAt().toString(),
                            end.containerId());
        }

        Termination restore() {
            return new Termination(exitCode, reason, message, Instant.parse(startedAt), Instant.parse(finishedAt), id);
        }
    }

    /** Reads a record; empty when there is none or it cannot be read. */
    static Optional<PodRecord> read(Path file) {
        try {
            return Files.exists(file)
                    ? Optional.of(Json.MAPPER.readValue(Files.readAllBytes(file), PodRecord.class))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    byte[] toBytes() throws IOException {
        return Json.MAPPER.writeValueAsBytes(this);
    }

    /** Writes in one step, so that a reader finds the old record or the new one. */
    static void write(Path file, byte[] bytes) throws IOException {
        Path fresh = file.resolveSibling("record.json.new");
        Files.write(fresh, bytes);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
