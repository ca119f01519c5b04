package dev.gyropilot.api.cluster;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leadership of one role by a Lease: of the processes that campaign for the same Lease at most one leads at any moment.
 *
 * <p>The leader writes the Lease every {@link Timing#renew}; the others only watch it, so that waiting costs no requests. Each
 * side measures with its own monotonic clock, and the leader counts from the moment it sent its last successful renewal, the
 * others from the later one at which they saw it: clocks need not agree. {@link Timing#deadline} is shorter than
 * {@link Timing#lease}, so the leader has stopped before another begins. A process that was frozen finds {@link #leads} false
 * when it wakes: whoever acts asks it right before each write.
 *
 * <p>The method is that of client-go's leader election, with a watch in the place of its polling.
 */
public final class Leadership implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Leadership.class);
    private static final int REQUEST_LIMIT_MILLIS = 4_000;
    /** An empty first list is an event for nobody. */
    private static final long FIRST_LIST_LOOK_MILLIS = 20;

    /**
     * @param lease how long others wait after the last renewal that they saw
     * @param deadline how long after its last successful renewal the leader goes on
     * @param renew how often the leader renews
     * @param retry how long after a failed attempt the next one follows
     */
    public record Timing(Duration lease, Duration deadline, Duration renew, Duration retry) {
        /**
         * Nine writes a minute, and five seconds in hand for a renewal on a starved machine; another leads 14 s after a crash,
         * and at once after an orderly end.
         */
        public static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(14), Duration.ofMillis(12_500), Duration.ofSeconds(7), Duration.ofSeconds(1));

        public Timing {
            if (lease.compareTo(deadline) <= 0 || deadline.compareTo(renew) <= 0) {
                throw new IllegalArgumentException("lease " + lease + " must be longer than deadline " + deadline
                        + ", and that longer than renew " + renew);
            }
        }
    }

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final String identity;
    private final Timing timing;
    private final InstantSource clock;
    private final Runnable lost;
    private final CountDownLatch elected = new CountDownLatch(1);
    private final SharedIndexInformer<Lease> informer;
    private final Thread thread;
    private final Object changes = new Object();
    private String observedVersion = "";
    private long observedNanos = System.nanoTime();
    private volatile boolean leader;
    private volatile long validUntilNanos;
    private volatile boolean closed;

    private Leadership(
            KubernetesClient client,
            String namespace,
            String name,
            String identity,
            Timing timing,
            InstantSource clock,
            Runnable lost) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.identity = identity;
        this.timing = timing;
        this.clock = clock;
        this.lost = lost;
        this.informer = client.leases().inNamespace(namespace).withName(name).runnableInformer(0);
        this.informer.addEventHandler(observer()).exceptionHandler((_, failure) -> {
            log.info("watching the lease {}/{} failed, trying again: {}", namespace, name, failure.getMessage());
            return true;
        });
        this.thread = Thread.ofPlatform().daemon().name("leadership " + name).unstarted(this::run);
    }

    /**
     * Begins to campaign.
     *
     * @param identity names this process among the candidates, unlike that of any other; a process may bear the name of its
     *     predecessor only if that one has surely ended, and then leads at once where the other led
     * @param lost called once when leadership is lost; by then {@link #leads} is false
     */
    public static Leadership campaign(
            KubernetesClient client,
            String namespace,
            String name,
            String identity,
            Timing timing,
            InstantSource clock,
            Runnable lost) {
        var leadership = new Leadership(client, namespace, name, identity, timing, clock, lost);
        // The informer's own future completes with its first list, which may have to wait for the API.
        var _ = leadership.informer.start();
        leadership.thread.start();
        return leadership;
    }

    /** Returns when this process leads. */
    public void awaitElected() throws InterruptedException {
        elected.await();
    }

    /** Whether this process may act at this moment. */
    public boolean leads() {
        return leader && validUntilNanos - System.nanoTime() > 0;
    }

    /** Stops campaigning. A leader gives the Lease back, so that another one leads at once. */
    @Override
    public void close() {
        // The campaign's own thread takes an interrupt for the end of its term, so the question comes before it.
        boolean led = leads();
        closed = true;
        thread.interrupt();
        informer.stop();
        leader = false;
        if (!led) {
            return;
        }
        // Who is interrupted closes too, and an interrupted thread sends no request.
        boolean interrupted = Thread.interrupted();
        try {
            giveBack();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void giveBack() {
        try {
            Lease current = quickly(
                    c -> c.leases().inNamespace(namespace).withName(name).get());
            if (current != null && identity.equals(current.getSpec().getHolderIdentity())) {
                write(held(current, ""));
            }
        } catch (KubernetesClientException e) {
            log.info("the lease {}/{} was not given back, it ends by itself: {}", namespace, name, e.getMessage());
        }
    }

    private ResourceEventHandler<Lease> observer() {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(Lease lease) {
                observed(lease);
            }

            @Override
            public void onUpdate(Lease before, Lease after) {
                observed(after);
            }

            @Override
            public void onDelete(Lease lease, boolean finalStateUnknown) {
                observed(null);
            }
        };
    }

    /** A version that was not seen before starts the time anew after which the Lease is free. */
    private void observed(@Nullable Lease lease) {
        String version = lease == null ? "" : lease.getMetadata().getResourceVersion();
        synchronized (changes) {
            if (!version.equals(observedVersion)) {
                observedVersion = version;
                observedNanos = System.nanoTime();
            }
            changes.notifyAll();
        }
    }

    private void run() {
        try {
            Lease own = acquire();
            log.info("leading by the lease {}/{} as {}", namespace, name, identity);
            elected.countDown();
            keep(own);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.error("the campaign for the lease {}/{} failed", namespace, name, e);
        }
        leader = false;
        if (!closed) {
            log.error("leadership by the lease {}/{} is lost", namespace, name);
            lost.run();
        }
    }

    /** Waits until the Lease is free and takes it. */
    private Lease acquire() throws InterruptedException {
        while (true) {
            awaitFree();
            long begin = System.nanoTime();
            try {
                // A process that was frozen has not yet seen what its watch will bring.
                Lease current = quickly(
                        c -> c.leases().inNamespace(namespace).withName(name).get());
                observed(current);
                if (isFree(current)) {
                    Lease own = current == null ? create() : write(held(current, identity));
                    leader(begin);
                    return own;
                }
            } catch (KubernetesClientException e) {
                log.debug("the lease {}/{} was not taken: {}", namespace, name, e.getMessage());
            }
            TimeUnit.NANOSECONDS.sleep(timing.retry().toNanos());
        }
    }

    private void awaitFree() throws InterruptedException {
        synchronized (changes) {
            while (!informer.hasSynced()) {
                changes.wait(FIRST_LIST_LOOK_MILLIS);
            }
            while (!isFree(informer.getIndexer().getByKey(new Key(namespace, name).cacheKey()))) {
                changes.wait(Math.max(1, untilExpiry().toMillis()));
            }
        }
    }

    /** Without a holder, held in our own name, or not renewed for the whole of its duration while this process looked on. */
    private boolean isFree(@Nullable Lease lease) {
        if (lease == null) {
            return true;
        }
        String holder = lease.getSpec().getHolderIdentity();
        return holder == null
                || holder.isEmpty()
                || holder.equals(identity)
                || untilExpiry().isNegative();
    }

    private Duration untilExpiry() {
        synchronized (changes) {
            return timing.lease().minusNanos(System.nanoTime() - observedNanos);
        }
    }

    /** Renews until that fails for too long. */
    private void keep(Lease first) throws InterruptedException {
        Lease own = first;
        boolean known = true;
        Duration pause = timing.renew();
        while (true) {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            if (!leads()) {
                return;
            }
            long begin = System.nanoTime();
            try {
                if (!known) {
                    own = quickly(c ->
                            c.leases().inNamespace(namespace).withName(name).require());
                    if (!identity.equals(own.getSpec().getHolderIdentity())) {
                        return;
                    }
                }
                own = write(held(own, identity));
                known = true;
                leader(begin);
                pause = timing.renew();
            } catch (KubernetesClientException e) {
                // The write may have arrived all the same: what is there is read before the next attempt.
                known = false;
                pause = timing.retry();
                log.warn("the lease {}/{} was not renewed, trying again: {}", namespace, name, e.getMessage());
            }
        }
    }

    private void leader(long sinceNanos) {
        validUntilNanos = sinceNanos + timing.deadline().toNanos();
        leader = true;
    }

    private Lease held(Lease lease, String holder) {
        ZonedDateTime now = now();
        String before = lease.getSpec().getHolderIdentity();
        boolean changes = !holder.equals(before);
        int transitions = Objects.requireNonNullElse(lease.getSpec().getLeaseTransitions(), 0);
        return new LeaseBuilder(lease)
                .editSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds((int) timing.lease().toSeconds())
                .withRenewTime(now)
                .withAcquireTime(changes ? now : lease.getSpec().getAcquireTime())
                .withLeaseTransitions(changes && !holder.isEmpty() ? transitions + 1 : transitions)
                .endSpec()
                .build();
    }

    private Lease create() {
        ZonedDateTime now = now();
        Lease lease = new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(identity)
                .withLeaseDurationSeconds((int) timing.lease().toSeconds())
                .withAcquireTime(now)
                .withRenewTime(now)
                .withLeaseTransitions(0)
                .endSpec()
                .build();
        return quickly(c -> c.leases().inNamespace(namespace).resource(lease).create());
    }

    /** Fails when another has written since the version that the Lease names. */
    private Lease write(Lease lease) {
        return quickly(c -> c.leases().inNamespace(namespace).resource(lease).update());
    }

    private ZonedDateTime now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC);
    }

    private <T extends @Nullable Object> T quickly(Function<KubernetesClient, T> request) {
        return client.adapt(NamespacedKubernetesClient.class)
                .withRequestConfig(new RequestConfigBuilder()
                        .withRequestTimeout(REQUEST_LIMIT_MILLIS)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .call(request::apply);
    }
}
