package dev.gyropilot.node.volume;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One pod's service account tokens, renewed when four fifths of their time are over, or a day. */
final class TokenCache {
    private static final long DEFAULT_SECONDS = 3600;
    private static final Duration RENEW_LIMIT = Duration.ofHours(24);

    private record Wanted(String audience, long seconds) {}

    private record Held(String token, Instant renewAt) {}

    private final References references;
    private final InstantSource clock;
    private final Map<Wanted, Held> held = new HashMap<>();

    TokenCache(References references, InstantSource clock) {
        this.references = references;
        this.clock = clock;
    }

    String token(Pod pod, @Nullable String audience, @Nullable Long expirationSeconds) {
        var wanted = new Wanted(
                Objects.requireNonNullElse(audience, ""),
                Objects.requireNonNullElse(expirationSeconds, DEFAULT_SECONDS));
        Instant now = clock.instant();
        Held known = held.get(wanted);
        if (known != null && now.isBefore(known.renewAt())) {
            return known.token();
        }
        var answer = references.token(pod, wanted.audience(), wanted.seconds()).getStatus();
        Duration life = Duration.between(now, Instant.parse(answer.getExpirationTimestamp()));
        Duration renew = life.multipliedBy(4).dividedBy(5);
        held.put(wanted, new Held(answer.getToken(), now.plus(renew.compareTo(RENEW_LIMIT) < 0 ? renew : RENEW_LIMIT)));
        return answer.getToken();
    }
}
