package dev.gyropilot.gateway;

import dev.gyropilot.brain.routing.LeastLoad;
import dev.gyropilot.brain.routing.PickRequest;
import dev.gyropilot.brain.routing.Policy;
import dev.gyropilot.brain.routing.Verdict;
import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.gateway.scan.BodyFault;
import dev.gyropilot.gateway.scan.Edit;
import dev.gyropilot.gateway.scan.RequestScanner;
import dev.gyropilot.gateway.scan.UsageFinder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request from its header to its answer's end: checked, resolved to a service, held if that has no replica, sent to a
 * replica, sent again to another one if that is safe, and accounted for.
 *
 * <p>Runs on the event loop of its client's connection; only {@link #resume} may be called from elsewhere.
 */
final class Exchange {
    /** What is recorded when a client goes away before its answer is complete (nginx's code). */
    static final int STATUS_CLIENT_GONE = 499;

    private static final Logger accessLog = LoggerFactory.getLogger("dev.gyropilot.gateway.access");
    private static final Policy POLICY = new LeastLoad();
    private static final int SMALL_BODY_BYTES = 4 * 1024;
    private static final int REQUEST_HEAD_BYTES = 1024;

    /** A refused request's body is read to its end if it is not larger, so that the connection can go on. */
    private static final int DISCARD_LIMIT_BYTES = 256 * 1024;

    private enum State {
        /** The request is not yet complete. */
        RECEIVING,
        /** Waits for a replica. */
        HELD,
        /** Waits for a connection. */
        CONNECTING,
        /** Waits for the answer, or for the rest of it. */
        ANSWERING,
        DONE
    }

    private final ClientConnection client;
    private final Loop loop;
    private final Gateway gateway;
    private final GatewayConfig config;
    private final HttpRequest request;
    private final String requestId;
    private final long startNanos = System.nanoTime();
    private final RequestBody body = new RequestBody();
    private State state = State.RECEIVING;
    private boolean bodyComplete;
    private boolean counted;
    private long discarded;
    private long bufferedBytes;
    private long requestBytes;
    private String path = "";
    private @Nullable ApiError refusal;
    private @Nullable Operation operation;
    private Catalog.@Nullable ApiKey key;
    private @Nullable RequestScanner scanner;
    private @Nullable ServiceState service;
    private List<Edit> edits = List.of();
    private boolean stripUsage;

    private @Nullable ReplicaState replica;
    private @Nullable UpstreamConnection upstream;
    private @Nullable Answer answer;
    private final List<ReplicaState> tried = new ArrayList<>(0);
    private int attempt;
    private int retries;
    private boolean staleTried;
    private long heldSinceNanos;
    private long deadlineNanos;
    private long firstByteNanos;
    private long lastPieceNanos;
    private String lastFault = "";

    Exchange(ClientConnection client, HttpRequest request) {
        this.client = client;
        this.loop = client.loop();
        this.gateway = loop.gateway();
        this.config = gateway.config();
        this.request = request;
        this.requestId = RequestIds.of(request.headers().get(Heads.REQUEST_ID), gateway.ids());
    }

    // ---- the request comes ----

    /** The header is there. */
    void begin() {
        HttpHeaders headers = request.headers();
        ApiError malformed = Preconditions.check(request);
        if (malformed != null) {
            failAndClose(malformed);
            return;
        }
        path = Preconditions.path(request.uri());
        refusal = admit(headers);
        boolean expectsContinue = HttpUtil.is100ContinueExpected(request);
        long length = HttpUtil.getContentLength(request, -1L);
        if (refusal == null && length > config.limits().bodyBytes()) {
            refusal = ApiError.tooLarge(config.limits().bodyBytes());
        }
        if (refusal != null && (expectsContinue || length > DISCARD_LIMIT_BYTES)) {
            failAndClose(refusal);
        } else if (expectsContinue) {
            client.sendContinue();
        }
    }

    /** Everything that can be refused before the body is there. */
    private @Nullable ApiError admit(HttpHeaders headers) {
        boolean local = LocalAnswers.isHealth(path) || path.equals("/metrics") || LocalAnswers.isModels(path);
        operation = local ? null : Operation.of(path);
        if (!local && operation == null) {
            return ApiError.unknownPath(path);
        }
        String method = request.method().name();
        String allowed = local ? "GET" : "POST";
        boolean keyNeeded = !LocalAnswers.isHealth(path) && !(path.equals("/metrics") && config.metricsPublic());
        if (keyNeeded) {
            key = client.credentials().check(headers, gateway.table());
            if (key == null) {
                return ApiError.unauthorized(Credentials.given(headers));
            }
        }
        if (!method.equals(allowed)) {
            return ApiError.wrongMethod(method, path, allowed);
        }
        if (operation != null) {
            if (!gateway.accepting()) {
                return ApiError.unavailable("The gateway is shutting down.", 1);
            }
            if (!gateway.requestBegan()) {
                gateway.metrics().limitReached();
                return ApiError.overloaded("requests in flight");
            }
            counted = true;
            scanner = new RequestScanner();
        }
        return null;
    }

    /** Takes the next piece of the body, and the reference to it. */
    void body(ByteBuf piece, boolean last) {
        bodyComplete = last;
        int length = piece.readableBytes();
        RequestScanner reader = scanner;
        if (refusal == null && reader != null && length > 0) {
            refusal = take(reader, piece);
        } else {
            discarded += length;
            piece.release();
        }
        if (refusal != null && !last && (discarded > DISCARD_LIMIT_BYTES || body.bytes() > DISCARD_LIMIT_BYTES)) {
            failAndClose(refusal);
        } else if (last && state == State.RECEIVING) {
            complete(reader);
        }
    }

    private @Nullable ApiError take(RequestScanner reader, ByteBuf piece) {
        int length = piece.readableBytes();
        if (body.bytes() + length > config.limits().bodyBytes()) {
            piece.release();
            // The rest may be endless: it is not read.
            discarded = Long.MAX_VALUE / 2;
            return ApiError.tooLarge(config.limits().bodyBytes());
        }
        if (!gateway.buffer(length)) {
            piece.release();
            gateway.metrics().limitReached();
            return ApiError.overloaded("request bodies in memory");
        }
        bufferedBytes += length;
        requestBytes += length;
        boolean sound = reader.feed(piece);
        body.add(alloc(), piece);
        BodyFault fault = sound ? null : reader.finish();
        return fault == null ? null : ApiError.invalid(fault);
    }

    private void complete(@Nullable RequestScanner reader) {
        Operation asked = operation;
        Catalog.ApiKey holder = key;
        if (refusal != null) {
            fail(refusal);
        } else if (asked != null && reader != null && holder != null) {
            ApiError fault = RequestChecks.check(asked, reader);
            if (fault == null) {
                resolve(asked, reader, holder);
            } else {
                fail(fault);
            }
        } else {
            answerLocally(holder);
        }
    }

    private void answerLocally(Catalog.@Nullable ApiKey holder) {
        LocalAnswers.Local local;
        if (LocalAnswers.isHealth(path)) {
            local = LocalAnswers.health(gateway, path);
        } else if (path.equals("/metrics")) {
            local = LocalAnswers.metrics(gateway);
        } else {
            RouteTable table = gateway.table();
            local = holder == null ? null : LocalAnswers.models(table, holder, path);
            if (local == null || holder == null) {
                fail(ApiError.modelNotFound(
                        LocalAnswers.modelName(path), holder == null ? List.of() : table.namesFor(holder)));
                return;
            }
        }
        byte[] bytes = local.body();
        Heads.own(
                client.room(bytes.length + 512),
                local.status(),
                local.contentType(),
                requestId,
                bytes.length,
                !keepAlive(),
                http10());
        client.room(bytes.length).writeBytes(bytes);
        finish(local.status().code());
        client.answered(keepAlive());
    }

    // ---- to a service, to a replica ----

    private void resolve(Operation asked, RequestScanner reader, Catalog.ApiKey holder) {
        RouteTable table = gateway.table();
        String model = reader.model();
        if (model == null) {
            fail(ApiError.invalid("the field model is missing", "model"));
            return;
        }
        switch (table.resolve(model, holder)) {
            case RouteTable.Resolution.Unknown unknown -> fail(ApiError.modelNotFound(model, table.namesFor(holder)));
            case RouteTable.Resolution.Ambiguous ambiguous ->
                fail(ApiError.ambiguousModel(model, ambiguous.services()));
            case RouteTable.Resolution.Found found -> {
                service = found.service();
                service.inFlight().incrementAndGet();
                edits = edits(asked, reader, model, found.service());
                used(found.service(), false);
                dispatch(found.service());
            }
        }
    }

    private List<Edit> edits(Operation asked, RequestScanner reader, String model, ServiceState target) {
        boolean rename = !model.equals(target.key().name());
        stripUsage = asked.streamsChunks() && reader.stream() && !reader.includeUsage();
        if (!rename && !stripUsage) {
            return List.of();
        }
        List<Edit> changes = new ArrayList<>(2);
        if (rename) {
            changes.add(reader.replaceModel(target.key().name()));
        }
        if (stripUsage) {
            changes.add(reader.requestUsage());
        }
        return changes;
    }

    private void dispatch(ServiceState target) {
        while (true) {
            ReplicaSet replicas = target.replicas();
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
                    if (!hold(target, replicas)) {
                        return;
                    }
                }
            }
        }
    }

    /** Waits for a replica, or fails; true if replicas came meanwhile. */
    private boolean hold(ServiceState target, ReplicaSet seen) {
        String name = target.key().name();
        if (target.removed()) {
            fail(ApiError.unavailable("The model `" + name + "` was removed meanwhile.", 0));
            return false;
        }
        if (!gateway.accepting()) {
            fail(ApiError.unavailable("The gateway is shutting down.", 1));
            return false;
        }
        boolean waking = seen.size() == 0 && target.wakes();
        if (seen.size() == 0 && !waking && target.service().replicas() == 0) {
            fail(ApiError.unavailable(
                    "The model `" + name + "` is scaled to 0 replicas: raise spec.replicas of ModelService "
                            + target.key() + ".",
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
            failUnserved(target);
            return false;
        }
        tried.clear();
        return switch (target.hold(this, seen)) {
            case HELD -> {
                state = State.HELD;
                if (target.wakes()) {
                    used(target, true);
                }
                yield false;
            }
            case CHANGED -> true;
            case FULL -> {
                gateway.metrics().limitReached();
                fail(ApiError.unavailable(
                        "Too many requests wait for a replica of the model `" + name + "`: try again in a moment.", 5));
                yield false;
            }
        };
    }

    private void failUnserved(ServiceState target) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - heldSinceNanos);
        fail(ApiError.unavailable(
                "The model `" + target.key().name() + "` has no replica that can answer; waited " + seconds + " s. "
                        + (lastFault.isEmpty() ? "" : "The last one failed: " + lastFault + ". ")
                        + "`gyro get modelservice " + target.key().name() + " -n "
                        + target.key().namespace()
                        + "` tells its state.",
                5));
    }

    /** Ends the wait and picks again. May be called by any thread. */
    void resume() {
        loop.eventLoop().execute(() -> {
            ServiceState target = service;
            if (state == State.HELD && target != null) {
                state = State.CONNECTING;
                dispatch(target);
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
        Operation asked = operation;
        ReplicaState chosen = replica;
        if (asked == null || chosen == null) {
            throw new IllegalStateException("a request without an operation has no replica");
        }
        long length = body.bytes();
        for (Edit edit : edits) {
            length += edit.growth();
        }
        boolean small = length <= SMALL_BODY_BYTES;
        ByteBuf head = alloc().buffer(REQUEST_HEAD_BYTES + (small ? (int) length : 0));
        Heads.request(head, asked.path(), chosen.authority(), request.headers(), requestId, length);
        if (small) {
            // One buffer is cheaper to write than three, by more than it costs to copy so little.
            body.send(
                    edits,
                    piece -> {
                        head.writeBytes(piece);
                        piece.release();
                    },
                    alloc());
            connection.write(head);
        } else {
            connection.write(head);
            body.send(edits, connection::write, alloc());
        }
        connection.flush();
    }

    // ---- the answer comes ----

    void upstreamHead(HttpResponse response) {
        int status = response.status().code();
        ServiceState target = service;
        ReplicaState from = replica;
        UpstreamConnection connection = upstream;
        if (target == null || from == null || connection == null) {
            return;
        }
        if ((status == 502 || status == 503) && retries < config.retries() && another(target, from)) {
            lastFault = from.replica().host() + " answered " + status;
            endAttempt();
            connection.abandon();
            retry(target, from);
            return;
        }
        target.succeeded(from);
        answer = new Answer(
                client,
                response,
                requestId,
                stripUsage,
                !keepAlive(),
                http10(),
                config.limits().withheldBytes());
        connection.reading(client.context().channel().isWritable());
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
            releaseBody();
        }
    }

    void upstreamReadComplete() {
        client.flush();
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
        finish(current.status().code());
        client.answered(!closes);
    }

    void upstreamFailed(UpstreamFault fault, @Nullable Throwable cause) {
        ServiceState target = service;
        ReplicaState from = replica;
        UpstreamConnection connection = upstream;
        if (state == State.DONE || target == null || from == null) {
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
            dispatch(target);
        } else if (retries < config.retries()) {
            retry(target, from);
        } else {
            fail(ApiError.upstreamFailed(
                    "No replica of the model `" + target.key().name() + "` completed the request after " + (retries + 1)
                            + " attempts: " + lastFault + "."));
        }
    }

    private void retry(ServiceState target, ReplicaState from) {
        retries++;
        gateway.metrics().retry();
        tried.add(from);
        dispatch(target);
    }

    private boolean another(ServiceState target, ReplicaState from) {
        ReplicaSet replicas = target.replicas();
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
        Operation asked = operation;
        ApiError error = ApiError.upstreamFailed("The model server broke off before the answer was complete.");
        boolean told = asked != null && broken.cut(asked, error);
        ReplicaState from = replica;
        if (from != null && from.failed(gateway.nowMillis())) {
            gateway.metrics().ejection();
        }
        finish(HttpResponseStatus.BAD_GATEWAY.code());
        if (told) {
            client.answered(false);
        } else {
            client.abort();
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

    void clientGone() {
        if (state != State.DONE) {
            finish(STATUS_CLIENT_GONE);
        }
    }

    void sweep(long nowNanos) {
        ServiceState target = service;
        if (target == null) {
            return;
        }
        if (state == State.HELD) {
            if (nowNanos - deadlineNanos >= 0 && target.leave(this)) {
                failUnserved(target);
            } else if (target.wakes()) {
                used(target, true);
            }
            return;
        }
        used(target, false);
        boolean clientReads = client.context().channel().isWritable();
        if (state != State.ANSWERING || !clientReads) {
            return;
        }
        Answer current = answer;
        if (nowNanos - deadlineNanos >= 0) {
            if (current != null && current.committed()) {
                cut(current);
            } else {
                fail(ApiError.upstreamTimeout(TimeUnit.NANOSECONDS.toMillis(nowNanos - startNanos)));
            }
        } else if (current != null
                && current.isStream()
                && nowNanos - lastPieceNanos
                        > TimeUnit.MILLISECONDS.toNanos(config.timeouts().keepAliveMillis())) {
            lastPieceNanos = nowNanos;
            current.comment();
        }
    }

    long bodyBytes() {
        return body.bytes();
    }

    // ---- the end ----

    /** Answers with an error; the connection goes on if the request was read to its end. */
    private void fail(ApiError error) {
        if (!bodyComplete) {
            failAndClose(error);
            return;
        }
        byte[] json = error.json();
        ByteBuf out = client.room(json.length + 512);
        writeErrorHead(out, error, requestId, json.length, !keepAlive());
        out.writeBytes(json);
        finish(error.status().code());
        client.answered(keepAlive());
        client.flush();
    }

    /** Answers with an error and closes the connection, because what follows on it cannot be read. */
    void failAndClose(ApiError error) {
        if (state == State.DONE) {
            return;
        }
        finish(error.status().code());
        client.refuse(error, requestId);
    }

    static void writeErrorHead(ByteBuf out, ApiError error, @Nullable String requestId, int length, boolean close) {
        String[] retryAfter = error.retryAfterSeconds() == 0
                ? new String[0]
                : new String[] {"retry-after", Integer.toString(error.retryAfterSeconds())};
        Heads.own(out, error.status(), "application/json", requestId, length, close, false, retryAfter);
    }

    private void finish(int status) {
        UpstreamConnection open = upstream;
        ServiceState target = service;
        ReplicaState from = replica;
        Answer last = answer;
        answer = null;
        if (state == State.HELD && target != null) {
            var _ = target.leave(this);
        }
        attempt++;
        upstream = null;
        state = State.DONE;
        if (from != null) {
            replica = null;
            from.ended();
        }
        if (open != null) {
            open.abandon();
        }
        if (last != null) {
            last.release();
        }
        releaseBody();
        if (counted) {
            gateway.requestEnded();
        }
        Operation asked = operation;
        if (target == null || asked == null) {
            if (status >= 400) {
                gateway.metrics().refused(status);
            }
        } else {
            target.inFlight().decrementAndGet();
            used(target, false);
            account(asked, target, from, last, status);
        }
        if (config.accessLog()) {
            accessLog.info(
                    "{} {} {} {} {} µs",
                    requestId,
                    request.method(),
                    path,
                    status,
                    TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - startNanos));
        }
    }

    private void account(
            Operation asked, ServiceState target, @Nullable ReplicaState from, @Nullable Answer last, int status) {
        long durationNanos = System.nanoTime() - startNanos;
        boolean streamed = last != null && last.isStream();
        long firstTokenNanos = streamed && firstByteNanos != 0 ? firstByteNanos - startNanos : 0;
        UsageFinder usage = last == null ? null : last.usage();
        long input = usage == null ? 0 : usage.inputTokens();
        long output = usage == null ? 0 : usage.outputTokens();
        target.metrics().record(asked, status, durationNanos, firstTokenNanos, input, output);
        gateway.account(new Usage(
                key == null ? "" : key.id(),
                target.key(),
                from == null ? "" : from.replica().revision(),
                from == null ? "" : from.replica().pod(),
                asked,
                input,
                output,
                usage == null ? 0 : usage.cachedTokens(),
                status,
                streamed,
                firstTokenNanos,
                durationNanos,
                requestBytes,
                last == null ? 0 : last.bytes()));
    }

    private void used(ServiceState target, boolean waiting) {
        if (target.service().scalesToZero()) {
            gateway.activity().used(target.key(), target.service().idleSeconds(), waiting);
        }
    }

    private void touchIdle() {
        lastPieceNanos = System.nanoTime();
        deadlineNanos =
                lastPieceNanos + TimeUnit.MILLISECONDS.toNanos(config.timeouts().streamIdleMillis());
    }

    private void releaseBody() {
        gateway.unbuffer(bufferedBytes);
        bufferedBytes = 0;
        body.release();
    }

    private boolean keepAlive() {
        return HttpUtil.isKeepAlive(request) && !client.draining();
    }

    private boolean http10() {
        return request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    }

    private ByteBufAllocator alloc() {
        return client.context().alloc();
    }
}
