package dev.gyropilot.gateway;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.gateway.catalog.ClusterCatalog;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.UsageRecord;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OpenAI-compatible data plane: {@code /v1/models}, {@code /v1/chat/completions}, {@code /v1/completions},
 * {@code /v1/embeddings}, {@code /v1/responses}, and on the same port {@code /livez}, {@code /readyz} and {@code /metrics},
 * which need no key.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(60);
    private static final long DRAIN_POLL_MILLIS = 10;

    private volatile GatewayConfig config;
    private final Ledger ledger;
    private final Activity activity;
    private final InstantSource clock;
    private final GatewayMetrics metrics = new GatewayMetrics();
    private final HoldBudget holdBudget;
    private final RequestIds ids;
    private final Map<Key, ServiceState> services = new HashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger requestsInFlight = new AtomicInteger();
    private final AtomicLong bufferedBytes = new AtomicLong();
    private final Listener listener;
    private volatile RouteTable table = RouteTable.EMPTY;
    private volatile boolean draining;
    private @Nullable ClusterCatalog follower;
    private @Nullable LoadScraper scraper;

    private Gateway(GatewayConfig config, Ledger ledger, Activity activity, InstantSource clock) {
        this.config = config;
        this.ledger = ledger;
        this.activity = activity;
        this.clock = clock;
        this.holdBudget = new HoldBudget(config.hold());
        SecureRandom random = new SecureRandom();
        this.ids = new RequestIds(random.nextLong());
        this.listener = new Listener(this, random.nextLong());
    }

    /**
     * Starts a gateway that serves the ModelServices of a Kubernetes API, for the holders of the API keys there.
     *
     * @throws GatewayException if the port is taken or the API does not answer
     */
    public static Gateway start(GatewayConfig config, Cluster cluster, Ledger ledger) {
        Gateway gateway = new Gateway(config, ledger, new ActivityReporter(cluster), cluster::now);
        try {
            gateway.follower = ClusterCatalog.follow(cluster, SYNC_LIMIT, gateway::publish);
            gateway.listener.open();
        } catch (TimeoutException e) {
            gateway.close();
            throw new GatewayException(
                    GatewayException.Reason.CLUSTER_UNAVAILABLE,
                    "the gateway cannot list what it serves (" + e.getMessage() + "): is the API server running?",
                    e);
        } catch (InterruptedException e) {
            gateway.close();
            Thread.currentThread().interrupt();
            throw new GatewayException(
                    GatewayException.Reason.CLUSTER_UNAVAILABLE, "the gateway's start was interrupted", e);
        } catch (RuntimeException e) {
            gateway.close();
            throw e;
        }
        gateway.scraper = LoadScraper.start(gateway);
        log.info("gateway on {}:{}", config.bindAddress(), gateway.port());
        return gateway;
    }

    /**
     * Starts a gateway that serves what it is told to, without Kubernetes; {@link #publish} changes it later.
     *
     * @param activity hears of the use of services that may go to zero
     */
    public static Gateway start(
            GatewayConfig config, Catalog catalog, Activity activity, Ledger ledger, InstantSource clock) {
        Gateway gateway = new Gateway(config, ledger, activity, clock);
        try {
            gateway.publish(catalog);
            gateway.listener.open();
        } catch (RuntimeException e) {
            gateway.close();
            throw e;
        }
        gateway.scraper = LoadScraper.start(gateway);
        return gateway;
    }

    /** The port on which it listens. */
    public int port() {
        return listener.port();
    }

    /** Replaces what is served. Requests under way go on; those that wait get the new replicas. */
    public synchronized void publish(Catalog catalog) {
        Map<Key, ServiceState> gone = new HashMap<>(services);
        List<ServiceState> states = new ArrayList<>();
        for (Catalog.Service service : catalog.services()) {
            ServiceState state = services.computeIfAbsent(service.key(), key -> new ServiceState(service, holdBudget));
            gone.remove(service.key());
            state.update(service);
            states.add(state);
        }
        services.keySet().removeAll(gone.keySet());
        table = new RouteTable(states, catalog.keys());
        gone.values().forEach(ServiceState::remove);
    }

    /**
     * Stops taking requests and lets those under way end: {@code /readyz} says no and each answer ends its connection, so that
     * clients move over; the port closes after the lame-duck time, what waits for a replica is refused. True if all ended in
     * time.
     */
    public boolean drain(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        listener.lameDuck(Math.min(limit.toMillis(), config.lameDuckMillis()));
        draining = true;
        listener.drain();
        synchronized (this) {
            services.values().forEach(ServiceState::releaseAll);
        }
        while (requestsInFlight.get() > 0 && System.nanoTime() - deadline < 0) {
            try {
                TimeUnit.MILLISECONDS.sleep(DRAIN_POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return requestsInFlight.get() == 0;
    }

    /** Closes at once; {@link #drain} first to let requests end. */
    @Override
    public void close() {
        draining = true;
        if (follower != null) {
            follower.close();
        }
        if (scraper != null) {
            scraper.close();
        }
        listener.close();
    }

    GatewayConfig config() {
        return config;
    }

    GatewayMetrics metrics() {
        return metrics;
    }

    Ledger ledger() {
        return ledger;
    }

    Activity activity() {
        return activity;
    }

    HoldBudget holdBudget() {
        return holdBudget;
    }

    RequestIds ids() {
        return ids;
    }

    RouteTable table() {
        return table;
    }

    /**
     * Takes over other settings: requests and connections that begin from now on follow them. What is fixed at the start,
     * address, port and threads, and the bounds of the upstream connections and of held requests, stays.
     */
    public void reconfigure(GatewayConfig changed) {
        config = changed;
    }

    /** What {@code /readyz} says: false from the first moment of a drain. */
    public boolean ready() {
        return !draining && !listener.isLameDuck();
    }

    /** Whether requests are taken: still so in the lame-duck time. */
    boolean accepting() {
        return !draining;
    }

    /** Milliseconds on a clock that only goes forward. */
    long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** True if that is one too many. */
    boolean connectionOpened() {
        return connections.incrementAndGet() > config.limits().connections();
    }

    void connectionClosed() {
        connections.decrementAndGet();
    }

    int connections() {
        return connections.get();
    }

    /** False if there are too many. */
    boolean requestBegan() {
        if (requestsInFlight.incrementAndGet() > config.limits().concurrentRequests()) {
            requestsInFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    void requestEnded() {
        requestsInFlight.decrementAndGet();
    }

    int requestsInFlight() {
        return requestsInFlight.get();
    }

    /** False if that is too much. */
    boolean buffer(long bytes) {
        if (bufferedBytes.addAndGet(bytes) > config.limits().bufferedBytes()) {
            bufferedBytes.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void unbuffer(long bytes) {
        if (bytes != 0) {
            bufferedBytes.addAndGet(-bytes);
        }
    }

    long bufferedBytes() {
        return bufferedBytes.get();
    }

    void account(Usage usage) {
        Instant now = clock.instant();
        ledger.record(new UsageRecord(
                ids.next(),
                now,
                usage.keyId(),
                usage.service().namespace(),
                usage.service().name(),
                usage.revision(),
                usage.replica(),
                usage.operation().telemetryName(),
                usage.inputTokens(),
                usage.outputTokens(),
                usage.cachedTokens(),
                usage.status(),
                usage.streamed(),
                usage.firstTokenNanos() > 0 ? TimeUnit.NANOSECONDS.toMicros(usage.firstTokenNanos()) : null,
                TimeUnit.NANOSECONDS.toMicros(usage.durationNanos()),
                usage.requestBytes(),
                usage.responseBytes()));
    }

    /** Lets held requests try replicas whose time of being left out is over. */
    void probeHeld() {
        for (ServiceState service : table.services()) {
            if (service.heldCount() > 0) {
                service.probe(nowMillis());
            }
        }
    }
}
