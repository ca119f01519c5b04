package dev.gyropilot.api.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which kinds an API serves, as its discovery tells and not as its version lets one guess. A kind that is there stays; one that
 * is not is asked for again after a while, so that an upgrade is noticed and waiting for it costs little.
 */
public final class Served {
    /** How long the answer No holds. */
    public static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    private final Predicate<Class<? extends HasMetadata>> discovery;
    private final InstantSource clock;
    private final Set<Class<?>> present = new HashSet<>();
    private final Map<Class<?>, Instant> absentAt = new HashMap<>();

    /** @param discovery asks the API, such as {@code client::supports} */
    public Served(Predicate<Class<? extends HasMetadata>> discovery, InstantSource clock) {
        this.discovery = discovery;
        this.clock = clock;
    }

    /** Whether the API serves the kind in the version of that class. */
    public synchronized boolean has(Class<? extends HasMetadata> kind) {
        if (present.contains(kind)) {
            return true;
        }
        Instant now = clock.instant();
        Instant absent = absentAt.get(kind);
        if (absent != null && now.isBefore(absent.plus(LOOK_AGAIN))) {
            return false;
        }
        if (discovery.test(kind)) {
            present.add(kind);
            absentAt.remove(kind);
            return true;
        }
        absentAt.put(kind, now);
        return false;
    }
}
