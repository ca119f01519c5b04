package dev.gyropilot.apiserver.inprocess;

import dev.gyropilot.apiserver.http.ClientGoneException;
import dev.gyropilot.apiserver.http.Handler;
import dev.gyropilot.apiserver.http.HttpLimits;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the requests of the Kubernetes client to the server's handler, each on a virtual thread of its own. Authentication,
 * access control and limits are those of the network; exec, attach and port-forward need the network.
 */
public final class InProcessTransport implements HttpClient.Factory, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(InProcessTransport.class);

    private final Handler handler;
    private final HttpLimits limits;
    private final Set<InProcessExchange> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public InProcessTransport(Handler handler, HttpLimits limits) {
        this.handler = handler;
        this.limits = limits;
    }

    @Override
    public HttpClient.Builder newBuilder() {
        return new InProcessClientBuilder(this);
    }

    CompletableFuture<HttpResponse<AsyncBody>> send(
            StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        InProcessExchange exchange;
        try {
            exchange = new InProcessExchange(request, consumer, limits.writeTimeout());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        running.add(exchange);
        if (closed) {
            exchange.stop();
            running.remove(exchange);
            return exchange.response();
        }
        Thread.ofVirtual().name("request").start(() -> answer(exchange));
        Duration timeout = request.getTimeout();
        return timeout == null || timeout.isZero()
                ? exchange.response()
                : exchange.response().orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void answer(InProcessExchange exchange) {
        try {
            if (exchange.body().length > limits.bodyBytes()) {
                String message = "the request body is larger than " + limits.bodyBytes() + " bytes";
                exchange.respond(413, "application/json", handler.refusal(413, message));
            } else {
                handler.handle(exchange);
            }
        } catch (ClientGoneException e) {
            log.debug("{} {}: {}", exchange.method(), exchange.path(), e.getMessage());
            exchange.fail(e);
        } catch (Exception | AssertionError e) {
            log.warn("{} {} failed", exchange.method(), exchange.path(), e);
            exchange.fail(e);
        } finally {
            running.remove(exchange);
        }
    }

    /** Ends the answers that are still being given and gives no more. */
    @Override
    public void close() {
        closed = true;
        running.forEach(InProcessExchange::stop);
    }
}
