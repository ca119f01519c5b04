package dev.gyropilot.apiserver.controllers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JobIT {
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
        kubelet = new FakeKubelet(cluster, JobIT::byImage);
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
    void completesWithExactCount() {
        create("five", "good", s -> s.withCompletions(5).withParallelism(2));
        Job job = awaitCondition("five", "Complete");
        assertThat(job.getStatus().getSucceeded()).isEqualTo(5);
        assertThat(job.getStatus().getFailed()).isNull();
        assertThat(pods("five"))
                .hasSize(5)
                .allMatch(p -> p.getMetadata().getFinalizers().isEmpty());
    }

    @Test
    void indexedJobRunsEachIndexOnce() {
        create("indexed", "good", s -> s.withCompletions(4).withParallelism(4).withCompletionMode("Indexed"));
        Job job = awaitCondition("indexed", "Complete");
        assertThat(job.getStatus().getCompletedIndexes()).isEqualTo("0-3");
        assertThat(pods("indexed"))
                .extracting(p -> p.getMetadata().getAnnotations().get("batch.kubernetes.io/job-completion-index"))
                .containsExactlyInAnyOrder("0", "1", "2", "3");
    }

    @Test
    void failsBeyondBackoffLimit() {
        create("bad", "bad", s -> s.withBackoffLimit(0));
        Job job = awaitCondition("bad", "Failed");
        assertThat(job.getStatus().getFailed()).isEqualTo(1);
        assertThat(job.getStatus().getConditions())
                .anyMatch(c -> c.getType().equals("Failed") && c.getReason().equals("BackoffLimitExceeded"));
    }

    @Test
    void stopsAtItsDeadline() {
        create("late", "slow", s -> s.withActiveDeadlineSeconds(1L));
        Job job = awaitCondition("late", "Failed");
        assertThat(job.getStatus().getConditions())
                .anyMatch(c -> c.getType().equals("Failed") && c.getReason().equals("DeadlineExceeded"));
        assertThat(pods("late")).isEmpty();
    }

    @Test
    void suspendsResumesAndExpires() {
        create("pause", "slow", s -> s.withSuspend(true).withTtlSecondsAfterFinished(0));
        awaitCondition("pause", "Suspended");
        assertThat(pods("pause")).isEmpty();
        edit("pause", s -> s.withSuspend(false));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pods("pause")).hasSize(1));
        edit("pause", s -> s.withSuspend(true));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pods("pause")).isEmpty());
        assertThat(job("pause").getStatus().getFailed()).isNull();
        kubelet.script(FakeKubelet::succeeded);
        edit("pause", s -> s.withSuspend(false));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(job("pause")).isNull());
        kubelet.script(JobIT::byImage);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pods("pause")).isEmpty());
    }

    private static PodStatus byImage(Pod pod) {
        return switch (image(pod)) {
            case "good" -> FakeKubelet.succeeded(pod);
            case "bad" -> FakeKubelet.failed(pod);
            default -> FakeKubelet.ready(pod);
        };
    }

    private void create(String name, String image, UnaryOperator<JobSpecBuilder> spec) {
        var base = new JobSpecBuilder()
                .withNewTemplate()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName("main")
                .withImage(image)
                .endContainer()
                .endSpec()
                .endTemplate();
        client.resource(new JobBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withSpec(spec.apply(base).build())
                        .build())
                .create();
    }

    private void edit(String name, UnaryOperator<JobSpecBuilder> change) {
        TestApi.retryOnConflict(() -> client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withName(name)
                .edit(job -> new JobBuilder(job)
                        .withSpec(
                                change.apply(new JobSpecBuilder(job.getSpec())).build())
                        .build()));
    }

    private Job job(String name) {
        return client.batch().v1().jobs().inNamespace(namespace).withName(name).get();
    }

    private Job awaitCondition(String name, String type) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(job(name).getStatus()).isNotNull();
            assertThat(job(name).getStatus().getConditions())
                    .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
        });
        return job(name);
    }

    private List<Pod> pods(String job) {
        return client.pods()
                .inNamespace(namespace)
                .withLabel("batch.kubernetes.io/job-name", job)
                .list()
                .getItems();
    }

    private static String image(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getImage();
    }
}
