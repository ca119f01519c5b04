package dev.gyropilot.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one request used. A record that is written twice counts once: the {@code id} decides.
 *
 * @param id unique over all gateways
 * @param time when the request ended
 * @param keyId the API key's name, never the key
 * @param namespace namespace of the model service
 * @param modelService name of the model service
 * @param revision hash of the revision that answered; empty if none did
 * @param replica name of the pod that answered; empty if none did
 * @param operation {@code chat}, {@code text_completion}, {@code embeddings} and so on: OpenTelemetry's operation names
 * @param inputTokens tokens of the prompt, cached ones included
 * @param outputTokens tokens generated
 * @param cachedTokens tokens of the prompt that the engine had in its cache
 * @param status HTTP status; 499 when the client went away before the answer
 * @param streamed whether the answer was a stream of events
 * @param firstTokenMicros microseconds from the request's arrival to the first event; only of streams
 * @param durationMicros microseconds from the request's arrival to the answer's end
 * @param requestBytes size of the request's body
 * @param responseBytes size of the answer's body
 */
public record UsageRecord(
        String id,
        Instant time,
        String keyId,
        String namespace,
        String modelService,
        String revision,
        String replica,
        String operation,
        long inputTokens,
        long outputTokens,
        long cachedTokens,
        int status,
        boolean streamed,
        @Nullable Long firstTokenMicros,
        long durationMicros,
        long requestBytes,
        long responseBytes) {}
