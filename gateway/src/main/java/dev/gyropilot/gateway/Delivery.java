package dev.gyropilot.gateway;

import dev.gyropilot.brain.routing.LeastLoad;
import dev.gyropilot.brain.routing.PickRequest;
import dev.gyropilot.brain.routing.Policy;
import dev.gyropilot.brain.routing.Verdict;
import dev.gyropilot.gateway.scan.Edit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of a complete request to a replica, and of the answer back: held if there is no replica, sent to the least loaded
 * one, sent again to another one when that is safe, which is until something of an answer has passed to the client.
 *
 * <p>Runs on the event loop of its client's connection; only {@link #resume} may be called from elsewhere.
 */
final class Delivery {
    private static final Policy POLICY = new LeastLoad();
    private static final int SMALL_BODY_BYTES = 4 * 1024;
    private static final int REQUEST_HEAD_BYTES = 1024;

    private enum State {
        /** Waits for a replica. */
        HELD,
        /** Waits for a connection. */
        CONNECTING,
        /** Waits for the answer, or for the rest of it. */
        ANSWERING,
        ENDED
    }

    private final Exchange exchange;
    private final Loop loop;
    private final Gateway gateway;
    private final GatewayConfig config;
    private final Operation operation;
    private final ServiceState service;
    private final RequestBody body;
    private final List<Edit> edits;
    private final boolean stripUsage;
    private final List<ReplicaState> tried = new ArrayList<>(0);
    private State state = State.CONNECTING;
    private @Nullable ReplicaState replica;
    private @Nullable UpstreamConnection upstream;
    private @Nullable Answer answer;
    private int attempt;
    private int retries;
    private boolean staleTried;
    private long heldSinceNanos;
    private long deadlineNanos;
    private long firstByteNanos;
    private long lastPieceNanos;
    private String lastFault = "";

    /**
     * @param edits changes of the body on its way
     * @param stripUsage whether the usage at the end of a stream is the gateway's wish only
     */
    Delivery(
            Exchange exchange,
            Operation operation,
            ServiceState service,
            RequestBody body,
            List<Edit> edits,
            boolean stripUsage) {
        this.exchange = exchange;
        this.loop = exchange.client().loop();
        this.gateway = loop.gateway();
        this.config = gateway.config();
        this.operation = operation;
        this.service = service;
        this.body = body;
        this.edits = edits;
        this.stripUsage = stripUsage;
    }

    void start() {
        service.inFlight().incrementAndGet();
        used(false);
        dispatch();
    }

    ServiceState service() {
        return service;
    }

    /** What came of it when it has ended; null if no replica began to answer. */
    @Nullable
    Answer answer() {
        return answer;
    }

    /** The replica that answers; null if none does. */
    @Nullable
    ReplicaState replica() {
        return replica;
    }

    /** When the first byte of the answer came, on the clock of {@link System#nanoTime}; 0 if none did. */
    long firstByteNanos() {
        return firstByteNanos;
    }

    // ---- to a replica ----

    private void dispatch() {
        while (true) {
            ReplicaSet replicas = service.replicas();
            long nowMillis = gateway.nowMillis();
            PickRequest pick = tried.isEmpty()
                    ? PickRequest.first(nowMillis)
                    : new PickRequest(nowMillis, replicas.indicesOf(tried), 0);
            switch (POLICY.pick(replicas, pick, loop.nextSeed())) {
                case Verdict.Picked picked -> {
                    send(replicas.get(picked.replica()), false);
                    return;
                }
                case Verdict.Refused refused -> {
                    if (!hold(replicas)) {
                        return;
                    }
                }
            }
        }
    }

    /** Waits for a replica, or fails; true if replicas came meanwhile. */
    private boolean hold(ReplicaSet seen) {
        String name = service.key().name();
        if (service.removed()) {
            exchange.fail(ApiError.unavailable("The model `" + name + "` was removed meanwhile.", 0));
            return false;
        }
        if (!gateway.accepting()) {
            exchange.fail(ApiError.unavailable("The gateway is shutting down.", 1));
            return false;
        }
        boolean waking = seen.size() == 0 && service.wakes();
        if (seen.size() == 0 && !waking && service.service().replicas() == 0) {
            exchange.fail(ApiError.unavailable(
                    "The model `" + name + "` is scaled to 0 replicas: raise spec.replicas of ModelService "
                            + service.key() + ".",
                    0));
            return false;
        }
        long now = System.nanoTime();
        if (heldSinceNanos == 0) {
            heldSinceNanos = now;
            gateway.metrics().held();
        }
        long limitMillis = waking ? config.hold().wakeMillis() : config.hold().outageMillis();
        deadlineNanos = heldSinceNanos + TimeUnit.MILLISECONDS.toNanos(limitMillis);
        if (now - deadlineNanos >= 0) {
            failUnserved();
            return false;
        }
        tried.clear();
        return switch (service.hold(this, seen)) {
            case HELD -> {
                state = State.HELD;
                if (service.wakes()) {
                    used(true);
                }
                yield false;
            }
            case CHANGED -> true;
            case FULL -> {
                gateway.metrics().limitReached();
                exchange.fail(ApiError.unavailable(
                        "Too many requests wait for a replica of the model `" + name + "`: try again in a moment.", 5));
                yield false;
            }
        };
    }

    private void failUnserved() {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - heldSinceNanos);
        exchange.fail(ApiError.unavailable(
                "The model `" + service.key().name() + "` has no replica that can answer; waited " + seconds + " s. "
                        + (lastFault.isEmpty() ? "" : "The last one failed: " + lastFault + ". ")
                        + "`gyro get modelservice " + service.key().name() + " -n "
                        + service.key().namespace()
                        + "` tells its state.",
                5));
    }

    /** Ends the wait and picks again. May be called by any thread. */
    void resume() {
        loop.eventLoop().execute(() -> {
            if (state == State.HELD) {
                state = State.CONNECTING;
                dispatch();
            }
        });
    }

    private void send(ReplicaState chosen, boolean fresh) {
        attempt++;
        replica = chosen;
        chosen.began();
        state = State.CONNECTING;
        loop.upstreams().acquire(chosen, this, fresh);
    }

    /** Tells which attempt is under way, so that the outcome of an earlier one is not taken for this one's. */
    int attempt() {
        return attempt;
    }

    /** A connection to the replica is there. */
    void upstreamReady(UpstreamConnection connection) {
        upstream = connection;
        state = State.ANSWERING;
        deadlineNanos = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(config.timeouts().responseMillis());
        ReplicaState chosen = connection.replica();
        long length = body.bytes();
        for (Edit edit : edits) {
            length += edit.growth();
        }
        boolean small = length <= SMALL_BODY_BYTES;
        ByteBuf head = allocator().buffer(REQUEST_HEAD_BYTES + (small ? (int) length : 0));
        Heads.request(head, operation.path(), chosen.authority(), exchange.headers(), exchange.requestId(), length);
        if (small) {
            // One buffer is cheaper to write than three, by more than it costs to copy so little.
            body.send(
                    edits,
                    piece -> {
                        head.writeBytes(piece);
                        piece.release();
                    },
                    allocator());
            connection.write(head);
        } else {
            connection.write(head);
            body.send(edits, connection::write, allocator());
        }
        connection.flush();
    }

    // ---- the answer comes ----

    void upstreamHead(HttpResponse response) {
        int status = response.status().code();
        ReplicaState from = replica;
        UpstreamConnection connection = upstream;
        if (from == null || connection == null) {
            return;
        }
        if ((status == 502 || status == 503) && retries < config.retries() && another(from)) {
            lastFault = from.replica().host() + " answered " + status;
            endAttempt();
            connection.abandon();
            retry(from);
            return;
        }
        service.succeeded(from);
        answer = new Answer(
                exchange.client(),
                response,
                exchange.requestId(),
                stripUsage,
                !exchange.keepAlive(),
                exchange.http10(),
                config.limits().withheldBytes());
        connection.reading(exchange.client().context().channel().isWritable());
        touchIdle();
    }

    void upstreamContent(ByteBuf piece) {
        Answer current = answer;
        if (current == null) {
            piece.release();
            return;
        }
        touchIdle();
        if (firstByteNanos == 0) {
            firstByteNanos = lastPieceNanos;
        }
        boolean before = current.committed();
        current.content(piece);
        if (!before && current.committed()) {
            // No other replica can take over any more.
            exchange.releaseBody();
        }
    }

    void upstreamReadComplete() {
        exchange.client().flush();
    }

    void upstreamEnd() {
        Answer current = answer;
        upstream = null;
        if (current == null) {
            upstreamFailed(UpstreamFault.MALFORMED, null);
            return;
        }
        if (!current.end()) {
            upstreamFailed(UpstreamFault.CLOSED, null);
            return;
        }
        boolean closes = current.closes();
        exchange.finish(current.status().code());
        exchange.client().answered(!closes);
    }

    void upstreamFailed(UpstreamFault fault, @Nullable Throwable cause) {
        ReplicaState from = replica;
        UpstreamConnection connection = upstream;
        if (state == State.ENDED || from == null) {
            return;
        }
        boolean stale = fault == UpstreamFault.CLOSED
                && connection != null
                && connection.reused()
                && answer == null
                && !staleTried;
        upstream = null;
        if (answer != null && answer.committed()) {
            cut(answer);
            return;
        }
        endAttempt();
        if (stale) {
            // The replica closed an idle connection just now: that is no failure of its.
            staleTried = true;
            send(from, true);
            return;
        }
        lastFault = describe(from, fault, cause);
        if (from.failed(gateway.nowMillis())) {
            gateway.metrics().ejection();
        }
        if (fault == UpstreamFault.CONNECT) {
            // Nothing was processed: this does not count against the retries, only against the time to wait.
            gateway.metrics().retry();
            tried.add(from);
            dispatch();
        } else if (retries < config.retries()) {
            retry(from);
        } else {
            exchange.fail(ApiError.upstreamFailed(
                    "No replica of the model `" + service.key().name() + "` completed the request after "
                            + (retries + 1) + " attempts: " + lastFault + "."));
        }
    }

    private void retry(ReplicaState from) {
        retries++;
        gateway.metrics().retry();
        tried.add(from);
        dispatch();
    }

    private boolean another(ReplicaState from) {
        ReplicaSet replicas = service.replicas();
        List<ReplicaState> all = new ArrayList<>(tried);
        all.add(from);
        PickRequest pick = new PickRequest(gateway.nowMillis(), replicas.indicesOf(all), 0);
        return POLICY.pick(replicas, pick, 0) instanceof Verdict.Picked;
    }

    private static String describe(ReplicaState from, UpstreamFault fault, @Nullable Throwable cause) {
        String what = switch (fault) {
            case CONNECT -> "no connection to ";
            case CLOSED -> "the connection was closed before the answer's end by ";
            case MALFORMED -> "no valid HTTP came from ";
        };
        return what
                + from.authority()
                + (cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")");
    }

    /** The answer broke off after it had begun: the client is told, and never sees what looks like a proper end. */
    private void cut(Answer broken) {
        gateway.metrics().streamCut();
        ApiError error = ApiError.upstreamFailed("The model server broke off before the answer was complete.");
        boolean told = broken.cut(operation, error);
        ReplicaState from = replica;
        if (from != null && from.failed(gateway.nowMillis())) {
            gateway.metrics().ejection();
        }
        exchange.finish(HttpResponseStatus.BAD_GATEWAY.code());
        if (told) {
            exchange.client().answered(false);
        } else {
            exchange.client().abort();
        }
    }

    /** Ends the attempt without an answer to the client. */
    private void endAttempt() {
        attempt++;
        upstream = null;
        if (answer != null) {
            answer.release();
            answer = null;
        }
        firstByteNanos = 0;
        if (replica != null) {
            replica.ended();
            replica = null;
        }
    }

    // ---- the client, and time ----

    void clientWritable(boolean writable) {
        if (upstream != null) {
            upstream.reading(writable);
        }
    }

    void sweep(long nowNanos) {
        if (state == State.HELD) {
            if (nowNanos - deadlineNanos >= 0 && service.leave(this)) {
                failUnserved();
            } else if (service.wakes()) {
                used(true);
            }
            return;
        }
        used(false);
        boolean clientReads = exchange.client().context().channel().isWritable();
        if (state != State.ANSWERING || !clientReads) {
            return;
        }
        Answer current = answer;
        if (nowNanos - deadlineNanos >= 0) {
            if (current != null && current.committed()) {
                cut(current);
            } else {
                exchange.fail(ApiError.upstreamTimeout(exchange.ageMillis(nowNanos)));
            }
        } else if (current != null
                && current.isStream()
                && nowNanos - lastPieceNanos
                        > TimeUnit.MILLISECONDS.toNanos(config.timeouts().keepAliveMillis())) {
            lastPieceNanos = nowNanos;
            current.comment();
        }
    }

    /** Size of the body, for the bounds on what is held. */
    long bodyBytes() {
        return body.bytes();
    }

    /** Nothing more is wanted: leaves the queue, lets go of the replica; what {@link #answer} tells stays. */
    void end() {
        UpstreamConnection open = upstream;
        ReplicaState from = replica;
        if (state == State.HELD) {
            var _ = service.leave(this);
        }
        attempt++;
        state = State.ENDED;
        upstream = null;
        if (from != null) {
            from.ended();
        }
        if (open != null) {
            open.abandon();
        }
        if (answer != null) {
            answer.release();
        }
        service.inFlight().decrementAndGet();
        used(false);
    }

    private void used(boolean waiting) {
        if (service.service().scalesToZero()) {
            gateway.activity().used(service.key(), service.service().idleSeconds(), waiting);
        }
    }

    private void touchIdle() {
        lastPieceNanos = System.nanoTime();
        deadlineNanos =
                lastPieceNanos + TimeUnit.MILLISECONDS.toNanos(config.timeouts().streamIdleMillis());
    }

    private ByteBufAllocator allocator() {
        return exchange.client().context().alloc();
    }
}
