package dev.gyropilot.apiserver.inprocess;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardWebSocketBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** The Kubernetes client's HTTP client over the {@link InProcessTransport}. */
final class InProcessClient extends StandardHttpClient<InProcessClient, InProcessTransport, InProcessClientBuilder> {
    private final InProcessTransport transport;

    InProcessClient(InProcessClientBuilder builder, AtomicBoolean closed) {
        super(builder, closed);
        this.transport = builder.getClientFactory();
    }

    @Override
    public CompletableFuture<HttpResponse<AsyncBody>> consumeBytesDirect(
            StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        return transport.send(request, consumer);
    }

    @Override
    public CompletableFuture<WebSocketResponse> buildWebSocketDirect(
            StandardWebSocketBuilder builder, WebSocket.Listener listener) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException(
                "exec, attach and port-forward need the server's address; there are no WebSockets inside the process"));
    }

    @Override
    protected void doClose() {
        // The transport belongs to the server.
    }
}
