package dev.gyropilot.gateway;

import dev.gyropilot.api.cluster.Key;

/** What one request used, before it has an id and a time. */
record Usage(
        String keyId,
        Key service,
        String revision,
        String replica,
        Operation operation,
        long inputTokens,
        long outputTokens,
        long cachedTokens,
        int status,
        boolean streamed,
        long firstTokenNanos,
        long durationNanos,
        long requestBytes,
        long responseBytes) {}
