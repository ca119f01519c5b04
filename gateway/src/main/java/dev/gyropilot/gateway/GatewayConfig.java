package dev.gyropilot.gateway;

import dev.gyropilot.api.config.Setting;
import java.time.Duration;

/**
 * How the gateway runs. Health and metrics need no key while {@code metricsPublic} holds; the metrics then show the names of
 * the model services as labels, and nothing of requests, keys or clients.
 *
 * @param bindAddress address on which it listens
 * @param port port on which it listens; 0 takes a free one
 * @param eventLoops threads that carry the traffic; 0 takes one for each processor
 * @param metricsPublic whether {@code /metrics} answers without an API key
 * @param accessLog whether each request is logged
 * @param retries how often a request goes to another replica after one has failed it
 * @param lameDuckMillis how long a draining gateway still accepts requests while {@code /readyz} says no
 * @param limits sizes and counts
 * @param timeouts the longest that each phase may take
 * @param hold bounds of the requests that wait for a replica
 */
public record GatewayConfig(
        String bindAddress,
        int port,

        @Setting("Threads that carry the traffic; 0 takes one for each processor.")
        int eventLoops,

        @Setting("Whether `/metrics` answers without an API key.")
        boolean metricsPublic,

        @Setting("Whether each request is logged.") boolean accessLog,

        @Setting("How often a request goes to another replica after one has failed it.")
        int retries,

        @Setting("How long a draining gateway still accepts requests while `/readyz` says no.")
        long lameDuckMillis,

        @Setting("Sizes and counts.") Limits limits,
        @Setting("The longest that each phase may take.") Timeouts timeouts,

        @Setting("Bounds of the requests that wait for a replica.")
        Hold hold) {
    public GatewayConfig {
        inRange("port", port, 0, 65_535);
        inRange("eventLoops", eventLoops, 0, 1_024);
        inRange("retries", retries, 0, 16);
        inRange("lameDuckMillis", lameDuckMillis, 0, 600_000);
    }

    /** Loopback, port 8080. */
    public static GatewayConfig defaults() {
        return new GatewayConfig(
                "127.0.0.1", 8080, 0, true, false, 2, 0, Limits.defaults(), Timeouts.defaults(), Hold.defaults());
    }

    /** All addresses: a pod is reached by its own. */
    public static GatewayConfig forCluster(int port) {
        return defaults().withBindAddress("0.0.0.0").withPort(port);
    }

    /** The same with another lame-duck time. */
    public GatewayConfig withLameDuck(long millis) {
        return new GatewayConfig(
                bindAddress, port, eventLoops, metricsPublic, accessLog, retries, millis, limits, timeouts, hold);
    }

    /** The same on another port. */
    public GatewayConfig withPort(int other) {
        return new GatewayConfig(
                bindAddress,
                other,
                eventLoops,
                metricsPublic,
                accessLog,
                retries,
                lameDuckMillis,
                limits,
                timeouts,
                hold);
    }

    /** The same on another address. */
    public GatewayConfig withBindAddress(String other) {
        return new GatewayConfig(
                other, port, eventLoops, metricsPublic, accessLog, retries, lameDuckMillis, limits, timeouts, hold);
    }

    /** The same with another number of threads. */
    public GatewayConfig withEventLoops(int other) {
        return new GatewayConfig(
                bindAddress, port, other, metricsPublic, accessLog, retries, lameDuckMillis, limits, timeouts, hold);
    }

    /** The same with other limits. */
    public GatewayConfig withLimits(Limits other) {
        return new GatewayConfig(
                bindAddress,
                port,
                eventLoops,
                metricsPublic,
                accessLog,
                retries,
                lameDuckMillis,
                other,
                timeouts,
                hold);
    }

    /** The same with other timeouts. */
    public GatewayConfig withTimeouts(Timeouts other) {
        return new GatewayConfig(
                bindAddress, port, eventLoops, metricsPublic, accessLog, retries, lameDuckMillis, limits, other, hold);
    }

    /** The same with other bounds for held requests. */
    public GatewayConfig withHold(Hold other) {
        return new GatewayConfig(
                bindAddress,
                port,
                eventLoops,
                metricsPublic,
                accessLog,
                retries,
                lameDuckMillis,
                limits,
                timeouts,
                other);
    }

    /**
     * Sizes and counts.
     *
     * @param headerBytes all header fields of a request: 431 above
     * @param requestLineBytes first line of a request: 414 above
     * @param bodyBytes body of a request: 413 above
     * @param connections open client connections; further ones get 503
     * @param concurrentRequests requests in flight: 429 above
     * @param bufferedBytes bodies of all requests in flight together: 429 above
     * @param pipelinedMessages parts of further requests read ahead on a connection that still waits for an answer
     * @param withheldBytes how much of an answer that is no stream is kept until it is complete, so that a replica's death
     *     in the middle of it can be mended by another replica
     * @param idleUpstreams connections kept open to each replica by each event loop
     */
    public record Limits(
            @Setting("All header fields of a request: 431 above.")
            int headerBytes,

            @Setting("First line of a request: 414 above.") int requestLineBytes,
            @Setting("Body of a request: 413 above.") int bodyBytes,

            @Setting("Open client connections; further ones get 503.")
            int connections,

            @Setting("Requests in flight: 429 above.") int concurrentRequests,

            @Setting("Bodies of all requests in flight together: 429 above.")
            long bufferedBytes,

            @Setting("Parts of further requests read ahead on a connection that still waits for an answer.")
            int pipelinedMessages,

            @Setting(
                    "How much of an answer that is no stream is kept until it is complete, so that a replica's death in the middle of it can be mended by another replica.")
            int withheldBytes,

            @Setting("Connections kept open to each replica by each event loop.")
            int idleUpstreams) {
        public Limits {
            inRange("limits.headerBytes", headerBytes, 256, 1 << 20);
            inRange("limits.requestLineBytes", requestLineBytes, 128, 1 << 20);
            inRange("limits.bodyBytes", bodyBytes, 1, 1 << 30);
            inRange("limits.connections", connections, 1, 1 << 20);
            inRange("limits.concurrentRequests", concurrentRequests, 1, 1 << 20);
            inRange("limits.bufferedBytes", bufferedBytes, 1, Long.MAX_VALUE);
            inRange("limits.pipelinedMessages", pipelinedMessages, 1, 1 << 16);
            inRange("limits.withheldBytes", withheldBytes, 0, 1 << 30);
            inRange("limits.idleUpstreams", idleUpstreams, 0, 1 << 16);
        }

        public static Limits defaults() {
            return new Limits(16 << 10, 8 << 10, 10 << 20, 10_000, 5_000, 256L << 20, 64, 256 << 10, 128);
        }

        /** The same with another limit of the body. */
        public Limits withBodyBytes(int other) {
            return new Limits(
                    headerBytes,
                    requestLineBytes,
                    other,
                    connections,
                    concurrentRequests,
                    bufferedBytes,
                    pipelinedMessages,
                    withheldBytes,
                    idleUpstreams);
        }

        /** The same with another limit of requests in flight. */
        public Limits withConcurrentRequests(int other) {
            return new Limits(
                    headerBytes,
                    requestLineBytes,
                    bodyBytes,
                    connections,
                    other,
                    bufferedBytes,
                    pipelinedMessages,
                    withheldBytes,
                    idleUpstreams);
        }
    }

    /**
     * The longest that each phase may take, in milliseconds.
     *
     * @param headerMillis from a request's first byte to the end of its header
     * @param bodyMillis from there to the end of its body: 408 above
     * @param connectMillis connecting to a replica
     * @param responseMillis from a request's last byte to the answer's first: 504 above
     * @param streamIdleMillis between two pieces of an answer
     * @param clientWriteMillis that a client may read nothing while an answer waits for it
     * @param clientIdleMillis between two requests on a client's connection
     * @param upstreamIdleMillis that an unused connection to a replica stays open
     * @param keepAliveMillis of silence in a stream after which a comment is sent to keep the connection alive
     * @param lingerMillis after a refusal, in which what the client still sends is read and dropped
     */
    public record Timeouts(
            @Setting("From a request's first byte to the end of its header.")
            long headerMillis,

            @Setting("From there to the end of its body: 408 above.")
            long bodyMillis,

            @Setting("Connecting to a replica.") long connectMillis,

            @Setting("From a request's last byte to the answer's first: 504 above.")
            long responseMillis,

            @Setting("Between two pieces of an answer.") long streamIdleMillis,

            @Setting("That a client may read nothing while an answer waits for it.")
            long clientWriteMillis,

            @Setting("Between two requests on a client's connection.")
            long clientIdleMillis,

            @Setting("That an unused connection to a replica stays open.")
            long upstreamIdleMillis,

            @Setting("Of silence in a stream after which a comment is sent to keep the connection alive.")
            long keepAliveMillis,

            @Setting("After a refusal, in which what the client still sends is read and dropped.")
            long lingerMillis) {
        public Timeouts {
            long day = Duration.ofDays(1).toMillis();
            inRange("timeouts.headerMillis", headerMillis, 1, day);
            inRange("timeouts.bodyMillis", bodyMillis, 1, day);
            inRange("timeouts.connectMillis", connectMillis, 1, 600_000);
            inRange("timeouts.responseMillis", responseMillis, 1, day);
            inRange("timeouts.streamIdleMillis", streamIdleMillis, 1, day);
            inRange("timeouts.clientWriteMillis", clientWriteMillis, 1, day);
            inRange("timeouts.clientIdleMillis", clientIdleMillis, 1, day);
            inRange("timeouts.upstreamIdleMillis", upstreamIdleMillis, 1, day);
            inRange("timeouts.keepAliveMillis", keepAliveMillis, 1, day);
            inRange("timeouts.lingerMillis", lingerMillis, 1, day);
        }

        public static Timeouts defaults() {
            return new Timeouts(10_000, 60_000, 2_000, 600_000, 300_000, 60_000, 75_000, 20_000, 10_000, 2_000);
        }
    }

    /**
     * Bounds of the requests that wait for a replica.
     *
     * @param requests how many may wait, over all services: 503 above
     * @param bytes their bodies together: 503 above
     * @param wakeMillis how long a request waits for a service that is at zero: 503 above
     * @param outageMillis how long it waits when all replicas of a service that is awake are gone for a moment
     */
    public record Hold(
            @Setting("How many may wait, over all services: 503 above.")
            int requests,

            @Setting("Their bodies together: 503 above.") long bytes,

            @Setting("How long a request waits for a service that is at zero: 503 above.")
            long wakeMillis,

            @Setting("How long it waits when all replicas of a service that is awake are gone for a moment.")
            long outageMillis) {
        public Hold {
            inRange("hold.requests", requests, 0, 1 << 20);
            inRange("hold.bytes", bytes, 0, Long.MAX_VALUE);
            inRange("hold.wakeMillis", wakeMillis, 0, 86_400_000);
            inRange("hold.outageMillis", outageMillis, 0, 86_400_000);
        }

        public static Hold defaults() {
            return new Hold(5_000, 64L << 20, 300_000, 30_000);
        }
    }

    private static void inRange(String name, long value, long from, long to) {
        if (value < from || value > to) {
            throw new IllegalArgumentException(
                    "gateway." + name + " is " + value + ": it must be from " + from + " to " + to);
        }
    }
}
