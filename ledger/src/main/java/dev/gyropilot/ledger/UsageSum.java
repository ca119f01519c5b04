package dev.gyropilot.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The usage of one group of requests.
 *
 * @param namespace null unless divided by service
 * @param modelService null unless divided by service
 * @param keyId null unless divided by key
 * @param operation null unless divided by operation
 * @param windowStart null unless divided by time
 * @param requests how many requests
 * @param errors how many of them had a status of 400 and above
 */
public record UsageSum(
        @Nullable String namespace,
        @Nullable String modelService,
        @Nullable String keyId,
        @Nullable String operation,
        @Nullable Instant windowStart,
        long requests,
        long errors,
        long inputTokens,
        long outputTokens,
        long cachedTokens,
        long durationMicros) {}
