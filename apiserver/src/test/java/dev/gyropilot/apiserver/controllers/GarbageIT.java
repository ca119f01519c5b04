package dev.gyropilot.apiserver.controllers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GarbageIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private TestApi api;
    private KubernetesClient client;
    private WorkloadControllers controllers;
    private FakeKubelet kubelet;
    private String namespace;

    @BeforeAll
    void start() throws Exception {
        api = TestApi.start();
        Cluster cluster = api.cluster();
        client = cluster.client();
        kubelet = new FakeKubelet(cluster, FakeKubelet::ready);
        controllers = WorkloadControllers.start(cluster, "none");
        kubelet.start();
        namespace = TestApi.namespace(client);
    }

    @AfterAll
    void stop() {
        controllers.close();
        kubelet.close();
        api.close();
    }

    @Test
    void backgroundDeletesChain() {
        ConfigMap a = create("chain-a");
        Secret b = secret("chain-b", a);
        ConfigMap c = create("chain-c", b);
        client.resource(a).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
        awaitGone(a);
        awaitGone(b);
        awaitGone(c);
    }

    @Test
    void foregroundDeletesDependentsFirst() {
        ConfigMap owner = create("fore-owner");
        ConfigMap blocked = create("fore-dependent", owner);
        client.resource(blocked)
                .edit(m -> new ConfigMapBuilder(m)
                        .editMetadata()
                        .addToFinalizers("example.org/hold")
                        .endMetadata()
                        .build());
        client.resource(owner)
                .withPropagationPolicy(DeletionPropagation.FOREGROUND)
                .delete();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(
                                client.resource(blocked).get().getMetadata().getDeletionTimestamp())
                        .isNotNull());
        assertThat(client.resource(owner).get().getMetadata().getFinalizers()).contains("foregroundDeletion");
        client.configMaps()
                .inNamespace(namespace)
                .withName("fore-dependent")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
        awaitGone(blocked);
        awaitGone(owner);
    }

    @Test
    void orphanLetsDependentsLoose() {
        ConfigMap owner = create("orphan-owner");
        ConfigMap dependent = create("orphan-dependent", owner);
        client.resource(owner).withPropagationPolicy(DeletionPropagation.ORPHAN).delete();
        awaitGone(owner);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(
                                client.resource(dependent).get().getMetadata().getOwnerReferences())
                        .isEmpty());
    }

    @Test
    void ownerCountsByUidAndOneLivingOwnerKeeps() {
        ConfigMap living = create("uid-living");
        OwnerReference stale = new OwnerReferenceBuilder(reference(living))
                .withUid("no-such-uid")
                .build();
        ConfigMap onlyStale = create("uid-only-stale", stale);
        ConfigMap both = create("uid-both", stale, reference(living));
        awaitGone(onlyStale);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(
                                client.resource(both).get().getMetadata().getOwnerReferences())
                        .extracting(OwnerReference::getUid)
                        .containsExactly(living.getMetadata().getUid()));
    }

    @Test
    void followsCustomKindsDefinedLater() {
        CustomResourceDefinition crd = client.resource(widgets()).createOr(r -> r.update());
        client.resource(crd)
                .waitUntilCondition(
                        c -> c != null
                                && c.getStatus() != null
                                && c.getStatus().getConditions().stream()
                                        .anyMatch(x -> x.getType().equals("Established")),
                        10,
                        TimeUnit.SECONDS);
        var widgets = client.genericKubernetesResources(CustomResourceDefinitionContext.fromCrd(crd))
                .inNamespace(namespace);
        var widget = new GenericKubernetesResource();
        widget.setApiVersion("it.gyropilot.dev/v1");
        widget.setKind("Widget");
        widget.setMetadata(new ObjectMetaBuilder().withName("w").build());
        GenericKubernetesResource owner = await().ignoreExceptions()
                .atMost(LIMIT)
                .until(() -> widgets.resource(widget).create(), w -> true);
        ConfigMap dependent = create("of-widget", owner);
        widgets.withName("w").delete();
        awaitGone(dependent);
    }

    @Test
    void emptiesDeletedNamespace() {
        String doomed = TestApi.namespace(client);
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("m")
                        .withNamespace(doomed)
                        .addToFinalizers("example.org/hold")
                        .endMetadata()
                        .build())
                .create();
        await().ignoreExceptions().atMost(LIMIT).until(() -> pod(doomed) != null);
        client.namespaces().withName(doomed).delete();
        await().atMost(LIMIT).untilAsserted(() -> {
            Namespace now = client.namespaces().withName(doomed).get();
            assertThat(now.getStatus().getPhase()).isEqualTo("Terminating");
            assertThat(now.getStatus().getConditions())
                    .anyMatch(c -> c.getType().equals("NamespaceFinalizersRemaining")
                            && c.getMessage().contains("example.org/hold in 1 resource instances"));
        });
        client.configMaps()
                .inNamespace(doomed)
                .withName("m")
                .edit(m -> new ConfigMapBuilder(m)
                        .editMetadata()
                        .withFinalizers()
                        .endMetadata()
                        .build());
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(client.namespaces().withName(doomed).get()).isNull());
    }

    private Pod pod(String inNamespace) {
        return client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("p")
                        .withNamespace(inNamespace)
                        .endMetadata()
                        .withNewSpec()
                        .withNodeName("nowhere")
                        .addNewContainer()
                        .withName("main")
                        .withImage("one")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    private static CustomResourceDefinition widgets() {
        return new CustomResourceDefinitionBuilder()
                .withNewMetadata()
                .withName("widgets.it.gyropilot.dev")
                .endMetadata()
                .withNewSpec()
                .withGroup("it.gyropilot.dev")
                .withScope("Namespaced")
                .withNewNames()
                .withKind("Widget")
                .withPlural("widgets")
                .endNames()
                .addNewVersion()
                .withName("v1")
                .withServed(true)
                .withStorage(true)
                .withNewSchema()
                .withNewOpenAPIV3Schema()
                .withType("object")
                .endOpenAPIV3Schema()
                .endSchema()
                .endVersion()
                .endSpec()
                .build();
    }

    private ConfigMap create(String name, HasMetadata... owners) {
        return create(name, Arrays.stream(owners).map(GarbageIT::reference).toArray(OwnerReference[]::new));
    }

    private ConfigMap create(String name, OwnerReference... owners) {
        return client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .withOwnerReferences(owners)
                        .endMetadata()
                        .withData(Map.of("a", "b"))
                        .build())
                .create();
    }

    private ConfigMap create(String name) {
        return create(name, new OwnerReference[0]);
    }

    private Secret secret(String name, HasMetadata owner) {
        return client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .withOwnerReferences(reference(owner))
                        .endMetadata()
                        .build())
                .create();
    }

    private static OwnerReference reference(HasMetadata owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withBlockOwnerDeletion(true)
                .build();
    }

    private void awaitGone(HasMetadata object) {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(client.resource(object).get()).isNull());
    }
}
