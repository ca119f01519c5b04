package dev.gyropilot.apiserver.http;

import dev.gyropilot.api.config.Setting;
import java.time.Duration;
import java.util.Set;

/**
 * The bounds of the HTTPS endpoint.
 *
 * @param bodyBytes largest request body; a larger one is answered with 413
 * @param connections how many clients may be connected at once
 * @param bodyTimeout how long a client may take to send a request it has begun
 * @param idleTimeout how long an unused connection is kept
 * @param writeTimeout how long a client may leave what it asked for unread
 * @param hosts host names and addresses by which the server may be called; others are refused, so that no web page can
 *     reach it by a name of its own
 */
public record HttpLimits(
        @Setting("Largest request body; a larger one is answered with 413.")
        int bodyBytes,

        @Setting("How many clients may be connected at once.")
        int connections,

        @Setting("How long a client may take to send a request it has begun.")
        Duration bodyTimeout,

        @Setting("How long an unused connection is kept.") Duration idleTimeout,

        @Setting("How long a client may leave what it asked for unread.")
        Duration writeTimeout,

        Set<String> hosts) {
    public HttpLimits {
        hosts = Set.copyOf(hosts);
    }

    /** The limits of Kubernetes, and loopback names only. */
    public static HttpLimits loopback() {
        return new HttpLimits(
                3 << 20,
                4096,
                Duration.ofSeconds(30),
                Duration.ofMinutes(5),
                Duration.ofSeconds(60),
                Set.of("localhost", "127.0.0.1", "::1"));
    }
}
