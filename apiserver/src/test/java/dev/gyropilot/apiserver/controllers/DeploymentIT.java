package dev.gyropilot.apiserver.controllers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeploymentIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private TestApi api;
    private KubernetesClient client;
    private FakeKubelet kubelet;
    private WorkloadControllers controllers;
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
    void rollsOutScalesAndGoesBack() {
        create("web", 4);
        awaitComplete("web", 4);
        assertThat(sets("web")).hasSize(1);

        edit("web", d -> withImage(d, "two"));
        awaitComplete("web", 4);
        assertThat(sets("web")).hasSize(2);
        assertThat(images("web")).containsOnly("two");
        assertThat(deployment("web").getMetadata().getAnnotations())
                .containsEntry("deployment.kubernetes.io/revision", "2");

        edit("web", d -> withReplicas(d, 7));
        awaitComplete("web", 7);
        edit("web", d -> withReplicas(d, 2));
        awaitComplete("web", 2);

        client.apps()
                .deployments()
                .inNamespace(namespace)
                .withName("web")
                .rolling()
                .undo();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(images("web")).containsOnly("one"));
        awaitComplete("web", 2);
        assertThat(sets("web")).hasSize(2);
        assertThat(deployment("web").getMetadata().getAnnotations())
                .containsEntry("deployment.kubernetes.io/revision", "3");
    }

    @Test
    void keepsOldPodsWhileNewOnesAreNotReady() {
        create("careful", 4);
        awaitComplete("careful", 4);
        kubelet.script(pod -> image(pod).equals("broken") ? FakeKubelet.notReady(pod) : FakeKubelet.ready(pod));
        edit("careful", d -> withImage(d, "broken"));
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(images("careful").stream().filter("broken"::equals)).hasSize(2);
            assertThat(images("careful").stream().filter("one"::equals)).hasSize(3);
        });
        edit("careful", d -> withImage(d, "one"));
        awaitComplete("careful", 4);
        assertThat(images("careful")).containsOnly("one");
        kubelet.script(FakeKubelet::ready);
    }

    @Test
    void recreateStopsAllBeforeItStartsNew() {
        client.resource(new DeploymentBuilder(deployment("exclusive", 2))
                        .editSpec()
                        .withNewStrategy()
                        .withType("Recreate")
                        .endStrategy()
                        .endSpec()
                        .build())
                .create();
        awaitComplete("exclusive", 2);
        edit("exclusive", d -> withImage(d, "two"));
        awaitComplete("exclusive", 2);
        assertThat(images("exclusive")).containsOnly("two");
    }

    @Test
    void pausedDeploymentScalesOnly() {
        create("paused", 2);
        awaitComplete("paused", 2);
        edit(
                "paused",
                d -> new DeploymentBuilder(withImage(d, "two"))
                        .editSpec()
                        .withPaused(true)
                        .withReplicas(3)
                        .endSpec()
                        .build());
        await().atMost(LIMIT).untilAsserted(() -> assertThat(images("paused")).containsExactly("one", "one", "one"));
        edit(
                "paused",
                d -> new DeploymentBuilder(d)
                        .editSpec()
                        .withPaused(false)
                        .endSpec()
                        .build());
        awaitComplete("paused", 3);
        assertThat(images("paused")).containsOnly("two");
    }

    @Test
    void oneHundredPodsAreExactlyOneHundred() {
        create("many", 100);
        awaitComplete("many", 100);
        assertThat(images("many")).hasSize(100);
        edit("many", d -> withReplicas(d, 0));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(images("many")).isEmpty());
    }

    private void create(String name, int replicas) {
        client.resource(deployment(name, replicas)).create();
    }

    private Deployment deployment(String name, int replicas) {
        return new DeploymentBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .withNewSelector()
                .withMatchLabels(Map.of("app", name))
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(Map.of("app", name))
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .addNewContainer()
                .withName("main")
                .withImage("one")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private static Deployment withImage(Deployment deployment, String image) {
        return new DeploymentBuilder(deployment)
                .editSpec()
                .editTemplate()
                .editSpec()
                .editFirstContainer()
                .withImage(image)
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private static Deployment withReplicas(Deployment deployment, int replicas) {
        return new DeploymentBuilder(deployment)
                .editSpec()
                .withReplicas(replicas)
                .endSpec()
                .build();
    }

    private void edit(String name, UnaryOperator<Deployment> change) {
        TestApi.retryOnConflict(() -> client.apps()
                .deployments()
                .inNamespace(namespace)
                .withName(name)
                .edit(change));
    }

    private Deployment deployment(String name) {
        return client.apps().deployments().inNamespace(namespace).withName(name).get();
    }

    private void awaitComplete(String name, int replicas) {
        await().atMost(LIMIT).untilAsserted(() -> {
            Deployment deployment = deployment(name);
            var status = deployment.getStatus();
            assertThat(status.getObservedGeneration())
                    .isEqualTo(deployment.getMetadata().getGeneration());
            assertThat(status.getUpdatedReplicas()).isEqualTo(replicas);
            assertThat(status.getReplicas()).isEqualTo(replicas);
            assertThat(status.getAvailableReplicas()).isEqualTo(replicas);
            assertThat(status.getConditions())
                    .anyMatch(c ->
                            c.getType().equals("Progressing") && c.getReason().equals("NewReplicaSetAvailable"));
        });
    }

    private List<ReplicaSet> sets(String name) {
        return client.apps()
                .replicaSets()
                .inNamespace(namespace)
                .withLabel("app", name)
                .list()
                .getItems();
    }

    private List<String> images(String name) {
        return client.pods().inNamespace(namespace).withLabel("app", name).list().getItems().stream()
                .filter(pod -> !Pods.isTerminating(pod))
                .map(DeploymentIT::image)
                .toList();
    }

    private static String image(Pod pod) {
        return Objects.requireNonNull(pod.getSpec().getContainers().getFirst().getImage());
    }
}
