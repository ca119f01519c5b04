package dev.gyropilot.apiserver.controllers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatefulSetIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private TestApi api;
    private KubernetesClient client;
    private WorkloadControllers controllers;
    private FakeKubelet kubelet;
    private String namespace;

    @BeforeAll
    void start() throws Exception {
        api = TestApi.start();
        client = api.cluster().client();
        kubelet = new FakeKubelet(
                api.cluster(), pod -> image(pod).equals("stuck") ? FakeKubelet.notReady(pod) : FakeKubelet.ready(pod));
        controllers = WorkloadControllers.start(api.cluster(), "none");
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
    void rollsFromTheTopAndScalesFromTheEnd() {
        create("web", "one", 3);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(names("web")).containsExactly("web-0", "web-1", "web-2"));
        awaitRolledOut("web", 3);
        edit("web", s -> withImage(s, "two", 2));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(images("web")).containsExactly("one", "one", "two"));
        edit("web", s -> withImage(s, "two", 0));
        awaitRolledOut("web", 3);
        assertThat(images("web")).containsOnly("two");
        edit(
                "web",
                s -> new StatefulSetBuilder(s)
                        .editSpec()
                        .withReplicas(1)
                        .endSpec()
                        .build());
        await().atMost(LIMIT).untilAsserted(() -> assertThat(names("web")).containsExactly("web-0"));
    }

    @Test
    void nextPodWaitsForTheOneBefore() {
        create("stuck", "stuck", 2);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(names("stuck")).containsExactly("stuck-0"));
        await().during(Duration.ofMillis(300))
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(names("stuck")).containsExactly("stuck-0"));
    }

    private void create(String name, String image, int replicas) {
        client.resource(new StatefulSetBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withServiceName(name)
                        .withReplicas(replicas)
                        .withNewSelector()
                        .withMatchLabels(Map.of("app", name))
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(Map.of("app", name))
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("main")
                        .withImage(image)
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();
    }

    private static StatefulSet withImage(StatefulSet set, String image, int partition) {
        return new StatefulSetBuilder(set)
                .editSpec()
                .editTemplate()
                .editSpec()
                .editFirstContainer()
                .withImage(image)
                .endContainer()
                .endSpec()
                .endTemplate()
                .withNewUpdateStrategy()
                .withType("RollingUpdate")
                .withNewRollingUpdate()
                .withPartition(partition)
                .endRollingUpdate()
                .endUpdateStrategy()
                .endSpec()
                .build();
    }

    private void edit(String name, UnaryOperator<StatefulSet> change) {
        TestApi.retryOnConflict(() -> client.apps()
                .statefulSets()
                .inNamespace(namespace)
                .withName(name)
                .edit(change));
    }

    private void awaitRolledOut(String name, int replicas) {
        await().atMost(LIMIT).untilAsserted(() -> {
            StatefulSet set = client.apps()
                    .statefulSets()
                    .inNamespace(namespace)
                    .withName(name)
                    .get();
            var status = set.getStatus();
            assertThat(status.getObservedGeneration())
                    .isEqualTo(set.getMetadata().getGeneration());
            assertThat(status.getReadyReplicas()).isEqualTo(replicas);
            assertThat(status.getUpdatedReplicas()).isEqualTo(replicas);
            assertThat(status.getCurrentRevision()).isEqualTo(status.getUpdateRevision());
        });
    }

    private List<Pod> pods(String name) {
        return client.pods().inNamespace(namespace).withLabel("app", name).list().getItems().stream()
                .filter(pod -> !Pods.isTerminating(pod))
                .toList();
    }

    private List<String> names(String name) {
        return pods(name).stream().map(p -> p.getMetadata().getName()).toList();
    }

    private List<String> images(String name) {
        return pods(name).stream().map(StatefulSetIT::image).toList();
    }

    private static String image(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getImage();
    }
}
