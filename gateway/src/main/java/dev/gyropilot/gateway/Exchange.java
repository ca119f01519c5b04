package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.gateway.scan.BodyFault;
import dev.gyropilot.gateway.scan.Edit;
import dev.gyropilot.gateway.scan.RequestScanner;
import dev.gyropilot.gateway.scan.UsageFinder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request from its header to its answer's end: checked as it comes, answered here or handed to a {@link Delivery}, and
 * accounted for. Runs on the event loop of its client's connection.
 */
final class Exchange {
    /** What is recorded when a client goes away before its answer is complete (nginx's code). */
    static final int STATUS_CLIENT_GONE = 499;

    private static final Logger accessLog = LoggerFactory.getLogger("dev.gyropilot.gateway.access");

    /** A refused request's body is read to its end if it is not larger, so that the connection can go on. */
    private static final int DISCARD_LIMIT_BYTES = 256 * 1024;

    private final ClientConnection client;
    private final Loop loop;
    private final Gateway gateway;
    private final GatewayConfig config;
    private final HttpRequest request;
    private final String requestId;
    private final long startNanos = System.nanoTime();
    private final RequestBody body = new RequestBody();
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
    private @Nullable Delivery delivery;
    private boolean done;

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
        } else if (last && !done) {
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
        boolean goesOn = keepAlive();
        Heads.own(
                client.room(bytes.length + 512),
                local.status(),
                local.contentType(),
                requestId,
                bytes.length,
                !goesOn,
                http10());
        client.room(bytes.length).writeBytes(bytes);
        finish(local.status().code());
        client.answered(goesOn);
    }

    // ---- to a service ----

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
            case RouteTable.Resolution.Found found -> deliver(asked, reader, model, found.service());
        }
    }

    private void deliver(Operation asked, RequestScanner reader, String model, ServiceState target) {
        boolean stripUsage = asked.streamsChunks() && reader.stream() && !reader.includeUsage();
        List<Edit> edits = new ArrayList<>(2);
        if (!model.equals(target.key().name())) {
            edits.add(reader.replaceModel(target.key().name()));
        }
        if (stripUsage) {
            edits.add(reader.requestUsage());
        }
        Delivery next = new Delivery(this, asked, target, body, edits, stripUsage);
        delivery = next;
        next.start();
    }

    // ---- the client, and time ----

    void clientWritable(boolean writable) {
        if (delivery != null) {
            delivery.clientWritable(writable);
        }
    }

    void clientGone() {
        if (!done) {
            finish(STATUS_CLIENT_GONE);
        }
    }

    void sweep(long nowNanos) {
        if (delivery != null) {
            delivery.sweep(nowNanos);
        }
    }

    long ageMillis(long nowNanos) {
        return TimeUnit.NANOSECONDS.toMillis(nowNanos - startNanos);
    }

    ClientConnection client() {
        return client;
    }

    HttpHeaders headers() {
        return request.headers();
    }

    String requestId() {
        return requestId;
    }

    // ---- the end ----

    /** Answers with an error; the connection goes on if the request was read to its end. */
    void fail(ApiError error) {
        if (!bodyComplete) {
            failAndClose(error);
            return;
        }
        byte[] json = error.json();
        boolean goesOn = keepAlive();
        ByteBuf out = client.room(json.length + 512);
        writeErrorHead(out, error, requestId, json.length, !goesOn);
        out.writeBytes(json);
        finish(error.status().code());
        client.answered(goesOn);
        client.flush();
    }

    /** Answers with an error and closes the connection, because what follows on it cannot be read. */
    void failAndClose(ApiError error) {
        if (done) {
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

    /** Accounts for the request and frees what it holds; the answer is written by the caller. */
    void finish(int status) {
        Delivery last = delivery;
        done = true;
        delivery = null;
        if (last != null) {
            last.end();
        }
        releaseBody();
        if (counted) {
            gateway.requestEnded();
        }
        if (last != null && operation != null) {
            account(operation, last, status);
        } else if (status >= 400) {
            gateway.metrics().refused(status);
        }
        if (config.accessLog()) {
            accessLog.info(
                    "{} {} {} {} {} ms", requestId, request.method(), path, status, ageMillis(System.nanoTime()));
        }
    }

    private void account(Operation asked, Delivery last, int status) {
        long durationNanos = System.nanoTime() - startNanos;
        ServiceState target = last.service();
        Answer answer = last.answer();
        ReplicaState from = last.replica();
        UsageFinder usage = answer == null ? null : answer.usage();
        boolean streamed = answer != null && answer.isStream();
        long firstTokenNanos = streamed && last.firstByteNanos() != 0 ? last.firstByteNanos() - startNanos : 0;
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
                answer == null ? 0 : answer.bytes()));
    }

    /** The request will not be sent again. */
    void releaseBody() {
        gateway.unbuffer(bufferedBytes);
        bufferedBytes = 0;
        body.release();
    }

    /** Whether the connection goes on after the answer: no more once the gateway is to end, so that clients move over. */
    boolean keepAlive() {
        return HttpUtil.isKeepAlive(request) && gateway.ready();
    }

    boolean http10() {
        return request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    }

    private ByteBufAllocator alloc() {
        return client.context().alloc();
    }
}
