package dev.gyropilot.gateway;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.serving.ModelService;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the time of the newest request on services that may go to zero: at once while requests wait, else at most every
 * quarter of the idle time and every 15 seconds. At most one write for each service is under way.
 */
final class ActivityReporter implements Activity {
    private static final Logger log = LoggerFactory.getLogger(ActivityReporter.class);
    private static final long REFRESH_LIMIT_MILLIS = 15_000;
    private static final long WAKE_REFRESH_MILLIS = 1_000;
    /** How long after a failure the next attempt is made, however many requests come. */
    private static final long RETRY_MILLIS = 1_000;

    private final Cluster cluster;
    private final ConcurrentHashMap<Key, Reported> reports = new ConcurrentHashMap<>();

    ActivityReporter(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public void used(Key service, int idleSeconds, boolean waiting) {
        Reported reported = reports.computeIfAbsent(service, key -> new Reported());
        long intervalMillis = waiting
                ? WAKE_REFRESH_MILLIS
                : Math.min(REFRESH_LIMIT_MILLIS, TimeUnit.SECONDS.toMillis(idleSeconds) / 4);
        long now = System.nanoTime();
        if (reported.failed) {
            intervalMillis = Math.min(intervalMillis, RETRY_MILLIS);
        }
        boolean first = reported.wasWaiting != waiting && waiting;
        boolean due = reported.never || now - reported.atNanos > TimeUnit.MILLISECONDS.toNanos(intervalMillis);
        if ((first || due) && reported.busy.compareAndSet(false, true)) {
            reported.never = false;
            reported.atNanos = now;
            reported.wasWaiting = waiting;
            Thread.ofVirtual().name("gateway-activity").start(() -> write(service, reported));
        }
    }

    private void write(Key service, Reported reported) {
        try {
            String time = cluster.now().truncatedTo(ChronoUnit.MILLIS).toString();
            // For a name alone the client would read the object first, which the gateway may not.
            var named = new ModelService();
            named.setMetadata(new ObjectMetaBuilder()
                    .withNamespace(service.namespace())
                    .withName(service.name())
                    .build());
            var _ = cluster.client()
                    .resource(named)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            "{\"metadata\":{\"annotations\":{\"" + Names.ANNOTATION_LAST_REQUEST + "\":\"" + time
                                    + "\"}}}");
            reported.failed = false;
        } catch (KubernetesClientException e) {
            // A request after the pause, or the next second of waiting, tries again.
            reported.failed = true;
            if (e.getCode() == 404) {
                reports.remove(service);
            } else {
                log.warn("the use of {} could not be noted: {}", service, e.getMessage());
            }
        } finally {
            reported.busy.set(false);
        }
    }

    /** What was written last; fields other than {@code busy} may be a moment old, which costs one write too many. */
    private static final class Reported {
        final AtomicBoolean busy = new AtomicBoolean();
        volatile boolean never = true;
        volatile boolean failed;
        volatile boolean wasWaiting;
        volatile long atNanos;
    }
}
