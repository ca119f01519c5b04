package dev.gyropilot.gateway.catalog;

import dev.gyropilot.api.cluster.Key;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway serves at one moment: services with their ready replicas, and the API keys that may use them.
 *
 * @param services all model services, also those without a ready replica
 * @param keys all API keys
 */
public record Catalog(List<Service> services, List<ApiKey> keys) {
    /** Nothing is served. */
    public static final Catalog EMPTY = new Catalog(List.of(), List.of());

    public Catalog {
        services = List.copyOf(services);
        keys = List.copyOf(keys);
    }

    /**
     * One model service.
     *
     * @param key namespace and name; the name is also the model name that the engine knows
     * @param aliases further names under which the gateway answers
     * @param modelNames names of the Model that it serves, which are weaker than names and aliases of services
     * @param createdSeconds when it was made, in seconds since the epoch
     * @param replicas how many replicas are wanted while it is awake
     * @param scalesToZero whether it may go to zero, so that requests are held until it is back
     * @param idleSeconds after how long without requests it goes to zero
     * @param load where its engine reports its load; null when it does not
     * @param replicasReady the replicas that can take requests
     */
    public record Service(
            Key key,
            List<String> aliases,
            List<String> modelNames,
            long createdSeconds,
            int replicas,
            boolean scalesToZero,
            int idleSeconds,
            @Nullable LoadMetrics load,
            List<Replica> replicasReady) {
        public Service {
            aliases = List.copyOf(aliases);
            modelNames = List.copyOf(modelNames);
            replicasReady = List.copyOf(replicasReady);
        }
    }

    /**
     * One replica that can take requests.
     *
     * @param host IP address
     * @param port port
     * @param pod name of its pod; empty if unknown
     * @param revision hash of the revision that it runs; empty if unknown
     */
    public record Replica(String host, int port, String pod, String revision) {}

    /**
     * Names of the gauges by which an engine reports its load, in Prometheus text.
     *
     * @param path HTTP path
     * @param port where the metrics are; null for the port that serves
     * @param waiting gauge of waiting requests
     * @param running gauge of running requests
     * @param kvCacheUse gauge of the KV cache's use, 0 to 1
     */
    public record LoadMetrics(
            String path,
            @Nullable Integer port,
            @Nullable String waiting,
            @Nullable String running,
            @Nullable String kvCacheUse) {}

    /**
     * One API key; the key itself is known to nobody but its holder.
     *
     * @param id its name, for the usage history
     * @param sha256Hex lower-case hex SHA-256 of the key
     * @param namespaces namespaces whose services it may use; null for all
     */
    public record ApiKey(
            String id, String sha256Hex, @Nullable Set<String> namespaces) {
        /** Whether it may use services of this namespace. */
        public boolean allows(String namespace) {
            return namespaces == null || namespaces.contains(namespace);
        }
    }
}
