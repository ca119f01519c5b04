package dev.gyropilot.operator.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServices;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.apiserver.controllers.WorkloadControllers;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The operator with our workload controllers and a fake node that plays the pods, on our API server or, to compare, on the
 * real one that {@code GYROPILOT_BARE_KUBECONFIG} names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServingIT {
    private static final String VARIABLE = "GYROPILOT_BARE_KUBECONFIG";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private @Nullable ApiServer embedded;
    private Cluster cluster;
    private KubernetesClient client;
    private WorkloadControllers workloads;
    private Operator operator;
    private FakePods pods;
    private String namespace;

    @BeforeAll
    void start() throws Exception {
        String path = System.getenv(VARIABLE);
        if (path == null) {
            embedded = ApiServer.start(ApiServerConfig.of(Files.createTempDirectory("serving-it"), 0));
        }
        Config config =
                Config.fromKubeconfig(embedded == null ? Files.readString(Path.of(path)) : embedded.adminKubeconfig());
        client = new KubernetesClientBuilder().withConfig(config).build();
        cluster = new Cluster(client, InstantSource.system(), "gyropilot");
        pods = new FakePods(cluster);
        workloads = WorkloadControllers.start(cluster, "none");
        operator = Operator.start(
                new OperatorConfig(
                        URI.create("http://127.0.0.1:8080"),
                        Names.ENGINES_IMAGE + ":test",
                        "/tmp/models",
                        OperatorConfig.DEFAULT_HUB,
                        OperatorConfig.DEFAULT_IDLE_SECONDS),
                cluster);
        pods.start();
        namespace = client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName("serving-")
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
    }

    @AfterAll
    void stop() {
        operator.close();
        workloads.close();
        pods.close();
        cluster.close();
        if (embedded != null) {
            embedded.close();
        }
    }

    @Test
    void servesScalesAndCleansUp() {
        create("minilm", "minilm");
        awaitCondition("minilm", Conditions.READY, "True", "ReplicasReady");
        var status = get("minilm").getStatus();
        assertThat(status.url()).isEqualTo("http://127.0.0.1:8080/v1");
        assertThat(status.engine()).isEqualTo("onnx");
        assertThat(status.model()).isEqualTo("builtin://minilm");
        assertThat(status.activeRevision()).isEqualTo(status.latestRevision());
        Service service =
                client.services().inNamespace(namespace).withName("minilm").get();
        assertThat(service.getSpec().getSelector()).containsEntry(Names.LABEL_REVISION, status.activeRevision());

        client.resource(get("minilm")).scale(3);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(get("minilm").getStatus().readyReplicas()).isEqualTo(3));
        assertThat(deployments("minilm")).hasSize(1);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(events("minilm")).contains("RevisionCreated", "RevisionReady", "Ready"));
    }

    @Test
    void newRevisionTakesOverOnlyWhenReady() {
        create("roll", "minilm");
        awaitCondition("roll", Conditions.READY, "True", "ReplicasReady");
        String first = Objects.requireNonNull(get("roll").getStatus().activeRevision());

        pods.script(pod ->
                "two".equals(pod.getSpec().getContainers().getFirst().getArgs().getLast())
                        ? FakePods.crashing(pod)
                        : FakePods.ready(pod));
        merge("roll", "{\"spec\":{\"args\":[\"two\"]}}");
        Condition failure = awaitCondition("roll", "Progressing", "False", "CrashLoopBackOff");
        assertThat(failure.getMessage())
                .contains("exited with code 3", "unknown architecture 'foo'", "goes on serving");
        assertThat(get("roll").getStatus().activeRevision()).isEqualTo(first);
        assertThat(Conditions.isTrue(get("roll").getStatus().conditions(), Conditions.READY))
                .isTrue();

        pods.script(FakePods::ready);
        merge("roll", "{\"spec\":{\"args\":[\"three\"]}}");
        await().atMost(LIMIT).untilAsserted(() -> {
            var status = get("roll").getStatus();
            assertThat(status.activeRevision())
                    .isEqualTo(status.latestRevision())
                    .isNotEqualTo(first);
            assertThat(status.observedGeneration()).isEqualTo(3);
            assertThat(deployments("roll").stream().mapToInt(d -> d.getSpec().getReplicas()))
                    .containsExactlyInAnyOrder(0, 0, 1);
        });
        merge("roll", "{\"spec\":{\"args\":[]}}");
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(get("roll").getStatus().activeRevision()).isEqualTo(first));
    }

    @Test
    void sleepsWhenIdleAndWakesOnRequest() {
        ModelService service = ModelServices.forArgument("simulated", "sleepy");
        service.getMetadata().setNamespace(namespace);
        client.resource(service).create();
        awaitCondition("sleepy", Conditions.READY, "True", "ReplicasReady");
        merge("sleepy", "{\"spec\":{\"scaling\":{\"minReplicas\":0,\"idleSeconds\":2}}}");
        awaitCondition("sleepy", Conditions.READY, "True", "ScaledToZero");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get("sleepy").getStatus().replicas()).isZero());
        merge(
                "sleepy",
                "{\"metadata\":{\"annotations\":{\"" + Names.ANNOTATION_LAST_REQUEST + "\":\"" + Instant.now()
                        + "\"}}}");
        awaitCondition("sleepy", Conditions.READY, "True", "ReplicasReady");
        awaitCondition("sleepy", Conditions.READY, "True", "ScaledToZero");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(events("sleepy")).contains("ScaledToZero", "WokenUp"));
    }

    @Test
    void saysWhichModelOrEngineIsMissing() {
        create("lost", "no-such-model");
        Condition lost = awaitCondition("lost", "ModelResolved", "False", "ModelNotFound");
        assertThat(lost.getMessage()).contains("no Model no-such-model in this namespace");
        create("odd", "https://host/file.bin");
        Condition odd = awaitCondition("odd", Conditions.READY, "False", "FormatUnknown");
        assertThat(odd.getMessage()).contains("spec.model.format", "llama-cpp (gguf)", "onnx (onnx)");
    }

    private void create(String name, String model) {
        ModelService service = ModelServices.forArgument(model, name);
        service.getMetadata().setNamespace(namespace);
        client.resource(service).create();
    }

    private ModelService get(String name) {
        return client.resources(ModelService.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private void merge(String name, String patch) {
        client.resource(get(name)).patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    private List<Deployment> deployments(String service) {
        return client.apps()
                .deployments()
                .inNamespace(namespace)
                .withLabel(Names.LABEL_MODEL_SERVICE, service)
                .list()
                .getItems();
    }

    private List<String> events(String name) {
        return client.v1().events().inNamespace(namespace).list().getItems().stream()
                .filter(e -> name.equals(e.getInvolvedObject().getName()))
                .map(Event::getReason)
                .toList();
    }

    private Condition awaitCondition(String name, String type, String status, String reason) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get(name).getStatus()).isNotNull();
            assertThat(Conditions.find(get(name).getStatus().conditions(), type))
                    .get()
                    .extracting(Condition::getStatus, Condition::getReason)
                    .containsExactly(status, reason);
        });
        return Conditions.find(get(name).getStatus().conditions(), type).orElseThrow();
    }
}
