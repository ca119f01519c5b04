package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.Authenticator;
import dev.gyropilot.apiserver.auth.Authorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.http.Handler;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.StoreException;
import java.io.IOException;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of every request: who asks, what for, may he, is there room; then the work, and its answer or refusal. */
public final class Api implements Handler {
    private static final Logger log = LoggerFactory.getLogger(Api.class);

    /** Requests other than watches and streams that may be at work at once. */
    private static final int MAX_IN_FLIGHT = 400;

    private static final int MAX_MUTATING_IN_FLIGHT = 200;

    /** What the server says about itself, under paths that name no resources. */
    public interface Pages {
        /** Answers and returns true, or does nothing and returns false when there is no such page. */
        boolean serve(Exchange exchange) throws IOException;
    }

    /** Counts what was answered. */
    public interface Meter {
        void request(String verb, String resource, int code, long nanos);
    }

    private final Engine engine;
    private final Authenticator authenticator;
    private final Resources resources;
    private final Pages pages;
    private final Meter meter;
    private final Impersonation impersonation;
    private final Semaphore reading = new Semaphore(MAX_IN_FLIGHT);
    private final Semaphore mutating = new Semaphore(MAX_MUTATING_IN_FLIGHT);

    public Api(Engine engine, Authenticator authenticator, Resources resources, Pages pages, Meter meter) {
        this.engine = engine;
        this.authenticator = authenticator;
        this.resources = resources;
        this.pages = pages;
        this.meter = meter;
        this.impersonation = new Impersonation(engine.authorizer());
    }

    @Override
    public byte[] refusal(int status, String message) {
        String reason = switch (status) {
            case 413 -> "RequestEntityTooLarge";
            case 408 -> "Timeout";
            default -> "BadRequest";
        };
        return JsonText.write(new ApiError(status, reason, message, null).status());
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        long start = System.nanoTime();
        exchange.answerHeader("Audit-Id", UUID.randomUUID().toString());
        exchange.answerHeader("Cache-Control", "no-cache, private");
        String verb = exchange.method().toLowerCase(Locale.ROOT);
        String resource = "";
        try {
            Target target = Target.parse(exchange.path());
            Attributes attributes = attributes(exchange, target);
            verb = attributes.verb();
            ResourceType type = target == null ? null : type(target);
            resource = type == null ? "" : type.plural();
            requireAllowed(attributes);
            if (target == null) {
                page(exchange);
            } else if (type == null) {
                Answers.text(exchange, 404, "404 page not found\n");
            } else {
                within(attributes, () -> resources.serve(new Call(exchange, attributes, target, type)));
            }
        } catch (ApiError e) {
            refuse(exchange, e);
        } catch (StoreException e) {
            refuse(exchange, storeError(e));
        } catch (RuntimeException e) {
            log.error("{} {} failed", exchange.method(), exchange.path(), e);
            refuse(
                    exchange,
                    new ApiError(
                            500,
                            "InternalError",
                            "Internal error occurred: " + e.getClass().getSimpleName(),
                            null));
        } finally {
            meter.request(verb, resource, exchange.status(), System.nanoTime() - start);
        }
    }

    private Attributes attributes(Exchange exchange, @Nullable Target target) {
        User user = user(exchange);
        if (target == null) {
            return new Attributes(
                    user, exchange.method().toLowerCase(Locale.ROOT), "", "", "", "", "", "", exchange.path());
        }
        String verb = verb(exchange, target);
        String name = target.name();
        if (name.isEmpty() && (verb.equals("list") || verb.equals("watch") || verb.equals("deletecollection"))) {
            name = nameOf(exchange.query().text("fieldSelector"));
        }
        return new Attributes(
                user,
                verb,
                target.group(),
                target.version(),
                target.resource(),
                target.subresource(),
                target.namespace(),
                name,
                "");
    }

    private static String nameOf(String fieldSelector) {
        for (String term : fieldSelector.split(",")) {
            if (term.startsWith("metadata.name=")) {
                return term.substring("metadata.name=".length()).replaceFirst("^=", "");
            }
        }
        return "";
    }

    private static String verb(Exchange exchange, Target target) {
        boolean one = !target.name().isEmpty();
        return switch (exchange.method()) {
            case "GET", "HEAD" -> {
                if (exchange.query().flag("watch") && target.subresource().isEmpty()) {
                    yield "watch";
                }
                yield one ? "get" : "list";
            }
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> one ? "delete" : "deletecollection";
            default -> exchange.method().toLowerCase(Locale.ROOT);
        };
    }

    private User user(Exchange exchange) {
        String header = exchange.header("Authorization");
        String token = header.regionMatches(true, 0, "Bearer ", 0, 7)
                ? header.substring(7).strip()
                : null;
        User caller = authenticator
                .authenticate(exchange.clientCertificate(), token)
                .orElseThrow(() -> new ApiError(401, "Unauthorized", "Unauthorized", null));
        return impersonation.effective(exchange, caller);
    }

    /** The kind that the path names in the right scope, or null. */
    private @Nullable ResourceType type(Target target) {
        ResourceType type = engine.registry().find(target.group(), target.version(), target.resource());
        if (type == null || (!type.namespaced() && !target.namespace().isEmpty())) {
            return null;
        }
        boolean needsNamespace = type.namespaced() && !target.name().isEmpty();
        return needsNamespace && target.namespace().isEmpty() ? null : type;
    }

    private void requireAllowed(Attributes attributes) {
        Authorizer.Verdict verdict = engine.authorizer().authorize(attributes);
        if (verdict.allowed()) {
            return;
        }
        if (!attributes.isResource()) {
            throw new ApiError(403, "Forbidden", "forbidden: " + verdict.reason(), ApiError.details("", "", ""));
        }
        throw ApiError.forbidden(attributes.group(), attributes.resource(), attributes.name(), verdict.reason());
    }

    private void page(Exchange exchange) throws IOException {
        if (!pages.serve(exchange)) {
            Answers.text(exchange, 404, "404 page not found\n");
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private void within(Attributes attributes, Work work) throws IOException {
        boolean streams =
                attributes.verb().equals("watch") || Subresources.STREAMING.contains(attributes.subresource());
        if (streams) {
            work.run();
            return;
        }
        boolean reads = attributes.verb().equals("get") || attributes.verb().equals("list");
        Semaphore room = reads ? reading : mutating;
        if (!room.tryAcquire()) {
            throw new ApiError(
                    429,
                    "TooManyRequests",
                    "too many requests, please try again later.",
                    ApiError.details("", "", "").put("retryAfterSeconds", 1));
        }
        try {
            work.run();
        } finally {
            room.release();
        }
    }

    private static ApiError storeError(StoreException e) {
        return switch (e.reason()) {
            case CLOSED -> new ApiError(503, "ServiceUnavailable", String.valueOf(e.getMessage()), null);
            case STALE ->
                new ApiError(
                        409,
                        "Conflict",
                        "the object is being changed too often at the moment: " + e.getMessage(),
                        null);
            case FULL, FAILED, LOCKED, FOREIGN, DAMAGED, NEWER, EXISTS, COMPACTED ->
                new ApiError(500, "InternalError", "Internal error occurred: " + e.getMessage(), null);
        };
    }

    private static void refuse(Exchange exchange, ApiError error) throws IOException {
        if (exchange.answered()) {
            throw new IOException("failed after the answer had begun: " + error.getMessage(), error);
        }
        ObjectNode details = error.details();
        if (error.code() == 429 && (details == null || !details.has("retryAfterSeconds"))) {
            exchange.answerHeader("Retry-After", "1");
        }
        Answers.error(exchange, error);
    }
}
