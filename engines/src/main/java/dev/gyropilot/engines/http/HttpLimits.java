package dev.gyropilot.engines.http;

import java.time.Duration;

/**
 * What one client may cost.
 *
 * @param maxBodyBytes largest request body; more is 413
 * @param maxHeaderBytes largest request line and largest header block; more is 431
 * @param maxConnections open connections; more are answered 503 and closed
 * @param requestRead time from a request's first byte to its last; longer is 408
 * @param idle time that a connection may stay open without a request
 * @param stalledWrite time that a client may leave an answer unread before it is cut off
 */
public record HttpLimits(
        int maxBodyBytes,
        int maxHeaderBytes,
        int maxConnections,
        Duration requestRead,
        Duration idle,
        Duration stalledWrite) {
    /** Limits for one replica. The idle time is longer than that of usual connection pools in front of it. */
    public static final HttpLimits DEFAULT = new HttpLimits(
            8 << 20, 64 << 10, 4096, Duration.ofSeconds(30), Duration.ofSeconds(120), Duration.ofSeconds(60));

    /** The same with another body limit. */
    public HttpLimits withMaxBodyBytes(int bytes) {
        return new HttpLimits(bytes, maxHeaderBytes, maxConnections, requestRead, idle, stalledWrite);
    }
}
