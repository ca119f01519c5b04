package dev.gyropilot.gateway.catalog;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.EngineSpec;
import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import dev.gyropilot.api.serving.ModelServiceStatus;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a {@link Catalog} of Kubernetes objects: a pure function. */
public final class CatalogReader {
    private static final String LABEL_SERVICE_NAME = "kubernetes.io/service-name";
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int IDLE_SECONDS_DEFAULT = 300;

    private CatalogReader() {}

    /**
     * The catalog of these objects; what is malformed is left out.
     *
     * @param secrets of the system namespace: whoever may write elsewhere must not make keys
     */
    public static Catalog read(
            Collection<ModelService> services,
            Collection<Model> models,
            Collection<Engine> engines,
            Collection<EndpointSlice> slices,
            Collection<Secret> secrets) {
        Map<Key, Model> modelByKey = models.stream().collect(Collectors.toMap(Key::of, m -> m, (a, b) -> a));
        Map<String, Engine> engineByName =
                engines.stream().collect(Collectors.toMap(e -> e.getMetadata().getName(), e -> e, (a, b) -> a));
        Map<Key, List<EndpointSlice>> slicesByService = new HashMap<>();
        for (EndpointSlice slice : slices) {
            Map<String, String> labels = slice.getMetadata().getLabels();
            String service = labels == null ? null : labels.get(LABEL_SERVICE_NAME);
            if (service != null) {
                slicesByService
                        .computeIfAbsent(new Key(slice.getMetadata().getNamespace(), service), k -> new ArrayList<>())
                        .add(slice);
            }
        }
        List<Catalog.Service> read = services.stream()
                .filter(service ->
                        service.getSpec() != null && service.getMetadata().getDeletionTimestamp() == null)
                .map(service -> service(
                        service, modelByKey, engineByName, slicesByService.getOrDefault(Key.of(service), List.of())))
                .sorted(Comparator.comparing(Catalog.Service::key))
                .toList();
        return new Catalog(read, secrets.stream().flatMap(CatalogReader::apiKey).toList());
    }

    private static Catalog.Service service(
            ModelService service, Map<Key, Model> models, Map<String, Engine> engines, List<EndpointSlice> slices) {
        Key key = Key.of(service);
        ModelServiceSpec spec = service.getSpec();
        ModelServiceStatus status = service.getStatus();
        ModelServiceSpec.Scaling scaling = spec.scaling();
        Integer minReplicas = scaling == null ? null : scaling.minReplicas();
        Integer idleSeconds = scaling == null ? null : scaling.idleSeconds();
        String engineName = status != null && status.engine() != null ? status.engine() : spec.engine();
        Engine engine = engineName == null ? null : engines.get(engineName);
        return new Catalog.Service(
                key,
                spec.aliases(),
                modelNames(key, spec.model(), models),
                seconds(service.getMetadata().getCreationTimestamp()),
                spec.replicas() == null ? 1 : spec.replicas(),
                minReplicas != null && minReplicas == 0,
                idleSeconds == null ? IDLE_SECONDS_DEFAULT : idleSeconds,
                loadMetrics(engine),
                replicas(key.name(), status == null ? null : status.activeRevision(), slices));
    }

    /** NAME, and NAME:VERSION or NAME:ALIAS for each alias of the version that is served. */
    private static List<String> modelNames(
            Key key, ModelServiceSpec.@Nullable ModelReference reference, Map<Key, Model> models) {
        if (reference == null || reference.name() == null) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        names.add(reference.name());
        Model model = models.get(new Key(key.namespace(), reference.name()));
        if (model == null || model.getSpec() == null) {
            return names;
        }
        Map<String, String> aliases = model.getSpec().aliases();
        String version = reference.alias() != null ? aliases.get(reference.alias()) : reference.version();
        if (version == null
                && reference.alias() == null
                && !model.getSpec().versions().isEmpty()) {
            version = model.getSpec().versions().getLast().name();
        }
        String served = version;
        if (served != null) {
            names.add(reference.name() + ":" + served);
            aliases.forEach((alias, target) -> {
                if (target.equals(served)) {
                    names.add(reference.name() + ":" + alias);
                }
            });
        }
        return names;
    }

    private static Catalog.@Nullable LoadMetrics loadMetrics(@Nullable Engine engine) {
        EngineSpec.Metrics metrics = engine == null || engine.getSpec() == null
                ? null
                : engine.getSpec().metrics();
        if (metrics == null || (metrics.running() == null && metrics.waiting() == null)) {
            return null;
        }
        return new Catalog.LoadMetrics(
                metrics.path() == null ? "/metrics" : metrics.path(),
                metrics.port(),
                metrics.waiting(),
                metrics.running(),
                metrics.kvCacheUse());
    }

    private static List<Catalog.Replica> replicas(
            String service, @Nullable String activeRevision, List<EndpointSlice> slices) {
        return slices.stream()
                .flatMap(slice -> {
                    Integer port = port(slice);
                    return port == null || slice.getEndpoints() == null
                            ? Stream.empty()
                            : slice.getEndpoints().stream()
                                    .filter(CatalogReader::isReady)
                                    .map(endpoint -> replica(service, activeRevision, endpoint, port));
                })
                .sorted(Comparator.comparing(Catalog.Replica::host).thenComparingInt(Catalog.Replica::port))
                .distinct()
                .toList();
    }

    private static Catalog.Replica replica(
            String service, @Nullable String activeRevision, Endpoint endpoint, int port) {
        ObjectReference target = endpoint.getTargetRef();
        String pod = Optional.ofNullable(target).map(ObjectReference::getName).orElse("");
        return new Catalog.Replica(
                endpoint.getAddresses().getFirst(), port, pod, revision(service, activeRevision, pod));
    }

    /** A revision's pods are named SERVICE-REVISION-…, after its Deployment. */
    private static String revision(String service, @Nullable String activeRevision, String pod) {
        if (pod.startsWith(service + "-")) {
            String rest = pod.substring(service.length() + 1);
            int dash = rest.indexOf('-');
            if (dash > 0) {
                return rest.substring(0, dash);
            }
        }
        return activeRevision == null ? "" : activeRevision;
    }

    private static boolean isReady(Endpoint endpoint) {
        var conditions = endpoint.getConditions();
        boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
        boolean terminating = conditions != null && Boolean.TRUE.equals(conditions.getTerminating());
        return ready
                && !terminating
                && endpoint.getAddresses() != null
                && !endpoint.getAddresses().isEmpty();
    }

    /** The port named http, or the only one. */
    private static @Nullable Integer port(EndpointSlice slice) {
        List<EndpointPort> ports = slice.getPorts() == null ? List.of() : slice.getPorts();
        return ports.stream()
                .filter(port -> Names.PORT_HTTP.equals(port.getName()) || ports.size() == 1)
                .map(EndpointPort::getPort)
                .findFirst()
                .orElse(null);
    }

    private static Stream<Catalog.ApiKey> apiKey(Secret secret) {
        boolean ours = Names.SECRET_TYPE_API_KEY.equals(secret.getType())
                && secret.getMetadata().getDeletionTimestamp() == null;
        String hash = ours ? data(secret, "hash") : null;
        if (hash == null || !SHA256.matcher(hash).matches()) {
            return Stream.empty();
        }
        String namespaces = data(secret, "namespaces");
        Set<String> allowed = namespaces == null
                ? null
                : Stream.of(namespaces.split(","))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
        return Stream.of(new Catalog.ApiKey(secret.getMetadata().getName(), hash, allowed));
    }

    private static @Nullable String data(Secret secret, String name) {
        String encoded = secret.getData() == null ? null : secret.getData().get(name);
        if (encoded == null) {
            return null;
        }
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).strip();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static long seconds(@Nullable String timestamp) {
        if (timestamp == null) {
            return 0;
        }
        try {
            return Instant.parse(timestamp).getEpochSecond();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }
}
