package dev.gyropilot.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which usage to sum, and how to divide it.
 *
 * @param from first moment
 * @param to first moment after the last
 * @param namespace only of this namespace; all when null
 * @param modelService only of this service; all when null
 * @param keyId only of this API key; all when null
 * @param by one sum for each value of these; one for everything when empty
 * @param window one sum for each window of this length, aligned to the epoch; not divided by time when null
 */
public record UsageQuery(
        Instant from,
        Instant to,
        @Nullable String namespace,
        @Nullable String modelService,
        @Nullable String keyId,
        Set<By> by,
        @Nullable Duration window) {
    /** What sums can be divided by. */
    public enum By {
        /** Namespace and name of the model service. */
        MODEL_SERVICE,
        KEY,
        OPERATION
    }

    public UsageQuery {
        by = by.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(by));
        if (window != null && window.toMillis() <= 0) {
            throw new LedgerException(
                    LedgerException.Reason.INVALID, "window is " + window + ": it must be at least 1 ms", null);
        }
    }

    /** Everything between two moments, divided as told. */
    public static UsageQuery between(Instant from, Instant to, By... by) {
        Set<By> divisions = by.length == 0 ? Set.of() : Set.of(by);
        return new UsageQuery(from, to, null, null, null, divisions, null);
    }

    /** The same for one service. */
    public UsageQuery ofService(String itsNamespace, String name) {
        return new UsageQuery(from, to, itsNamespace, name, keyId, by, window);
    }

    /** The same for one API key. */
    public UsageQuery ofKey(String id) {
        return new UsageQuery(from, to, namespace, modelService, id, by, window);
    }

    /** The same, one sum for each window. */
    public UsageQuery every(Duration length) {
        return new UsageQuery(from, to, namespace, modelService, keyId, by, length);
    }
}
