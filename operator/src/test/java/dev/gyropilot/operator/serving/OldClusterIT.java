package dev.gyropilot.operator.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Served;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import dev.gyropilot.api.serving.ModelServiceSpec.DeviceRequest;
import dev.gyropilot.api.serving.ModelServices;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator on a cluster without dynamic resources: our API server, or the real one that {@code GYROPILOT_BARE_KUBECONFIG}
 * names, of which the client sees the group under a name that there is not.
 */
class OldClusterIT {
    private static final String VARIABLE = "GYROPILOT_BARE_KUBECONFIG";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String NAMESPACE = "default";

    @TempDir
    Path folder;

    private final Hiding hiding = new Hiding();
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private @Nullable ApiServer embedded;
    private KubernetesClient client;
    private Cluster cluster;
    private Operator operator;

    /** Asks for a group that does not exist in place of the one of dynamic resources, until the cluster is upgraded. */
    private static final class Hiding implements Interceptor {
        private volatile boolean upgraded;

        @Override
        public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            String uri = request.uri().toString();
            if (!upgraded && uri.contains("/apis/resource.k8s.io/v1")) {
                builder.uri(URI.create(uri.replace("/apis/resource.k8s.io/v1", "/apis/absent.example/v1")));
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        String path = System.getenv(VARIABLE);
        if (path == null) {
            embedded = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0));
        }
        Config config =
                Config.fromKubeconfig(embedded == null ? Files.readString(Path.of(path)) : embedded.adminKubeconfig());
        client = new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor("hiding", hiding))
                .build();
        cluster = new Cluster(client, () -> Instant.now().plus(ahead.get()), "gyropilot");
        operator = Operator.start(
                OperatorConfig.forContainers(
                        URI.create("http://gateway.example:8080"), Names.ENGINES_IMAGE + ":test", "gyropilot"),
                cluster);
    }

    @AfterEach
    void stop() {
        for (String name : List.of("plain", "devices")) {
            client.resource(service(name, List.of())).delete();
        }
        operator.close();
        cluster.close();
        if (embedded != null) {
            embedded.close();
        }
    }

    @Test
    void saysWhatTheClusterLacksUntilItHasIt() {
        client.resource(service("plain", List.of())).create();
        client.resource(service("devices", List.of(new DeviceRequest("gpu.nvidia.com", 1, null))))
                .create();
        await().atMost(LIMIT).until(() -> hasDeployment("plain"));
        assertThat(condition("plain", Conditions.SUPPORTED)).isEmpty();

        for (String type : List.of(Conditions.SUPPORTED, Conditions.READY)) {
            await().atMost(LIMIT).until(() -> condition("devices", type).isPresent());
            Condition lacking = condition("devices", type).orElseThrow();
            assertThat(lacking.getStatus()).isEqualTo("False");
            assertThat(lacking.getReason()).isEqualTo(Conditions.DYNAMIC_RESOURCES_MISSING);
            assertThat(lacking.getMessage()).contains("resource.k8s.io/v1", "spec.resources.limits");
        }
        assertThat(hasDeployment("devices")).isFalse();

        hiding.upgraded = true;
        ahead.set(Served.LOOK_AGAIN);
        client.resources(ModelService.class)
                .inNamespace(NAMESPACE)
                .withName("devices")
                .edit(s -> {
                    s.getMetadata().setAnnotations(Map.of("test.example/touched", "yes"));
                    return s;
                });
        await().atMost(LIMIT).until(() -> hasDeployment("devices"));
        await().atMost(LIMIT)
                .until(() -> condition("devices", Conditions.SUPPORTED)
                        .filter(c -> c.getStatus().equals("True"))
                        .isPresent());
    }

    @Test
    void onlyDevicesNeedDynamicResources() {
        var none = service("plain", List.of()).getSpec();
        var some = service("devices", List.of(new DeviceRequest("gpu.nvidia.com", 1, null)))
                .getSpec();
        assertThat(Lack.of(none, _ -> false)).isEmpty();
        assertThat(Lack.of(some, _ -> true)).isEmpty();
        assertThat(Lack.of(some, OldClusterIT::isCore)).isPresent();
    }

    private static boolean isCore(Class<? extends HasMetadata> kind) {
        return kind.equals(Pod.class);
    }

    private boolean hasDeployment(String service) {
        return !client.apps()
                .deployments()
                .inNamespace(NAMESPACE)
                .withLabel(Names.LABEL_MODEL_SERVICE, service)
                .list()
                .getItems()
                .isEmpty();
    }

    private Optional<Condition> condition(String service, String type) {
        ModelService present = client.resources(ModelService.class)
                .inNamespace(NAMESPACE)
                .withName(service)
                .get();
        return Conditions.find(Status.conditions(present), type);
    }

    private static ModelService service(String name, List<DeviceRequest> devices) {
        ModelService service = ModelServices.forArgument("simulated", name);
        service.getMetadata().setNamespace(NAMESPACE);
        service.setSpec(new ModelServiceSpec(
                service.getSpec().model(),
                null,
                List.of(),
                List.of(),
                0,
                null,
                null,
                devices,
                List.of(),
                Map.of(),
                List.of(),
                null));
        return service;
    }
}
