package dev.gyropilot.gateway.catalog;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a Kubernetes API and publishes the catalog anew after each change; changes that come together make one. */
public final class ClusterCatalog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClusterCatalog.class);

    private final Cluster cluster;
    private final Consumer<Catalog> publish;
    private final Semaphore changed = new Semaphore(0);
    private volatile boolean closed;

    private ClusterCatalog(Cluster cluster, Consumer<Catalog> publish) {
        this.cluster = cluster;
        this.publish = publish;
    }

    /** Lists everything, publishes the first catalog, and then follows. */
    public static ClusterCatalog follow(Cluster cluster, Duration syncLimit, Consumer<Catalog> publish)
            throws InterruptedException, TimeoutException {
        ClusterCatalog catalog = new ClusterCatalog(cluster, publish);
        catalog.listen(cluster.informer(ModelService.class));
        catalog.listen(cluster.informer(Model.class));
        catalog.listen(cluster.informer(Engine.class));
        catalog.listen(cluster.informer(EndpointSlice.class));
        catalog.listen(cluster.systemInformer(Secret.class));
        cluster.sync(syncLimit);
        catalog.changed.drainPermits();
        publish.accept(catalog.read());
        Thread.ofVirtual().name("gateway-catalog").start(catalog::run);
        return catalog;
    }

    @Override
    public void close() {
        closed = true;
        changed.release();
    }

    private void run() {
        try {
            while (true) {
                changed.acquire();
                changed.drainPermits();
                if (closed) {
                    return;
                }
                try {
                    publish.accept(read());
                } catch (RuntimeException e) {
                    log.error("the gateway keeps its former catalog: the new one could not be read", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Catalog read() {
        return CatalogReader.read(
                cluster.informer(ModelService.class).getStore().list(),
                cluster.informer(Model.class).getStore().list(),
                cluster.informer(Engine.class).getStore().list(),
                cluster.informer(EndpointSlice.class).getStore().list(),
                cluster.systemInformer(Secret.class).getStore().list());
    }

    private <T extends HasMetadata> void listen(SharedIndexInformer<T> informer) {
        informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override
            public void onAdd(T object) {
                changed.release();
            }

            @Override
            public void onUpdate(T before, T after) {
                changed.release();
            }

            @Override
            public void onDelete(T object, boolean finalStateUnknown) {
                changed.release();
            }
        });
    }
}
