package dev.gyropilot.apiserver.inprocess;

import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/** Makes {@link InProcessClient}s; what is set about connections has nothing to act on. */
final class InProcessClientBuilder
        extends StandardHttpClientBuilder<InProcessClient, InProcessTransport, InProcessClientBuilder> {
    InProcessClientBuilder(InProcessTransport transport) {
        super(transport);
    }

    @Override
    public HttpClient build() {
        return new InProcessClient(this, client == null ? new AtomicBoolean() : client.getClosed());
    }

    @Override
    protected InProcessClientBuilder newInstance(InProcessTransport transport) {
        return new InProcessClientBuilder(transport);
    }

    /** Without a connection there is no TLS to prepare, which costs much at the start. */
    @Override
    public InProcessClientBuilder sslContext(KeyManager[] keyManagers, TrustManager[] trustManagers) {
        return this;
    }
}
