package dev.gyropilot.scheduler.groups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.queue.QueueRules;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The words of each system, as its users write them. */
class GroupsTest {
    private static Pod pod(Map<String, String> labels, Map<String, String> annotations) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("ml")
                .withName("p")
                .withLabels(labels)
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
    }

    private static Membership read(Map<String, String> labels, Map<String, String> annotations) {
        return MembershipReader.of(pod(labels, annotations));
    }

    private static GenericKubernetesResource object(String yaml) {
        return Serialization.unmarshal(yaml, GenericKubernetesResource.class);
    }

    @Test
    void ourOwnLabels() {
        assertThat(read(
                        Map.of(
                                "gyropilot.dev/queue", "team",
                                "gyropilot.dev/gang", "train",
                                "gyropilot.dev/gang-size", "8"),
                        Map.of(
                                "gyropilot.dev/required-topology", "block, rack",
                                "gyropilot.dev/preferred-topology", "nvlink")))
                .isEqualTo(new Membership(
                        "team",
                        "train",
                        "",
                        8,
                        List.of(new Level("block", true), new Level("rack", true), new Level("nvlink", false))));
        assertThat(read(Map.of("app", "web"), Map.of()).isNone()).isTrue();
    }

    @Test
    void wrongSizesAreNamed() {
        assertThatThrownBy(() -> read(Map.of("gyropilot.dev/gang", "g"), Map.of()))
                .hasMessageContaining("no gyropilot.dev/gang-size: add it");
        assertThatThrownBy(() -> read(Map.of("gyropilot.dev/gang", "g", "gyropilot.dev/gang-size", "many"), Map.of()))
                .hasMessage("gyropilot.dev/gang-size is \"many\": it must be a whole number of at least 1");
    }

    @Test
    void theSchedulingGroupOfKubernetes() {
        Pod pod = new PodBuilder(pod(Map.of(), Map.of()))
                .editSpec()
                .withNewSchedulingGroup()
                .withPodGroupName("pg")
                .endSchedulingGroup()
                .endSpec()
                .build();
        String key = "scheduling.k8s.io/PodGroup/ml/pg";
        assertThat(MembershipReader.of(pod)).isEqualTo(new Membership("", "pg", key, 0, List.of()));
        var group = object("""
                apiVersion: scheduling.k8s.io/v1beta1
                kind: PodGroup
                metadata: {name: pg, namespace: ml}
                spec:
                  schedulingPolicy: {gang: {minCount: 3}}
                  schedulingConstraints: {topology: [{key: rack}]}
                """);
        assertThat(ForeignKind.SCHEDULING_POD_GROUP.key("ml", "pg")).isEqualTo(key);
        assertThat(ForeignReader.group(ForeignKind.SCHEDULING_POD_GROUP, group))
                .isEqualTo(new GroupSpec(3, "", List.of(new Level("rack", true))));
    }

    @Test
    void volcano() {
        assertThat(read(Map.of(), Map.of("scheduling.k8s.io/group-name", "pg")).group())
                .isEqualTo("scheduling.volcano.sh/PodGroup/ml/pg");
        var group = object("""
                apiVersion: scheduling.volcano.sh/v1beta1
                kind: PodGroup
                metadata: {name: pg, namespace: ml}
                spec: {minMember: 4, queue: gold}
                """);
        assertThat(ForeignReader.group(ForeignKind.VOLCANO_POD_GROUP, group))
                .isEqualTo(new GroupSpec(4, "volcano:gold", List.of()));
        QueueRules queue = ForeignReader.queue(ForeignKind.VOLCANO_QUEUE, object("""
                        apiVersion: scheduling.volcano.sh/v1beta1
                        kind: Queue
                        metadata: {name: gold}
                        spec:
                          weight: 3
                          capability: {nvidia.com/gpu: "16"}
                          guarantee: {resource: {nvidia.com/gpu: "8", cpu: "10"}}
                        """));
        assertThat(queue.name()).isEqualTo("volcano:gold");
        assertThat(queue.weight()).isEqualTo(3);
        assertThat(queue.guaranteed().deviceMillis()).isEqualTo(8000);
        assertThat(queue.guaranteed().cpuMillis()).isEqualTo(10_000);
        assertThat(queue.limit().deviceMillis()).isEqualTo(16_000);
        assertThat(queue.limit().cpuMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void kueue() {
        Membership member = read(
                Map.of("kueue.x-k8s.io/queue-name", "user", "kueue.x-k8s.io/pod-group-name", "g"),
                Map.of(
                        "kueue.x-k8s.io/pod-group-total-count", "2",
                        "kueue.x-k8s.io/podset-required-topology", "rack"));
        assertThat(member).isEqualTo(new Membership("kueue:ml/user", "g", "", 2, List.of(new Level("rack", true))));
        QueueRules local = ForeignReader.queue(ForeignKind.KUEUE_LOCAL_QUEUE, object("""
                        apiVersion: kueue.x-k8s.io/v1beta1
                        kind: LocalQueue
                        metadata: {name: user, namespace: ml}
                        spec: {clusterQueue: cq}
                        """));
        assertThat(local.name()).isEqualTo("kueue:ml/user");
        assertThat(local.parent()).contains("kueue:cq");
        QueueRules cluster = ForeignReader.queue(ForeignKind.KUEUE_CLUSTER_QUEUE, object("""
                        apiVersion: kueue.x-k8s.io/v1beta1
                        kind: ClusterQueue
                        metadata: {name: cq}
                        spec:
                          resourceGroups:
                            - coveredResources: [nvidia.com/gpu, memory]
                              flavors:
                                - name: a100
                                  resources:
                                    - {name: nvidia.com/gpu, nominalQuota: 4}
                                    - {name: memory, nominalQuota: 10Gi}
                                - name: h100
                                  resources: [{name: nvidia.com/gpu, nominalQuota: 2}]
                        """));
        assertThat(cluster.guaranteed().deviceMillis()).isEqualTo(6000);
        assertThat(cluster.limit().deviceMillis())
                .as("no cohort to borrow from")
                .isEqualTo(6000);
        assertThat(cluster.limit().memoryBytes()).isEqualTo(10L << 30);
    }

    @Test
    void kaiAndWorkerSetsAndJobSets() {
        assertThat(read(Map.of("kai.scheduler/queue", "q"), Map.of("pod-group-name", "pg")))
                .isEqualTo(new Membership("kai:q", "pg", "scheduling.run.ai/PodGroup/ml/pg", 0, List.of()));
        assertThat(read(
                        Map.of(
                                "leaderworkerset.sigs.k8s.io/name", "llm",
                                "leaderworkerset.sigs.k8s.io/group-index", "1"),
                        Map.of("leaderworkerset.sigs.k8s.io/size", "4")))
                .isEqualTo(new Membership("", "llm-1", "", 4, List.of()));
        assertThat(read(Map.of("jobset.sigs.k8s.io/jobset-name", "js"), Map.of())
                        .group())
                .isEqualTo("jobset.x-k8s.io/JobSet/ml/js");
        var set = object("""
                apiVersion: jobset.x-k8s.io/v1alpha2
                kind: JobSet
                metadata: {name: js, namespace: ml}
                spec:
                  replicatedJobs:
                    - {name: driver, template: {spec: {parallelism: 1}}}
                    - {name: workers, replicas: 2, template: {spec: {parallelism: 4}}}
                """);
        assertThat(ForeignReader.group(ForeignKind.JOB_SET, set).size()).isEqualTo(9);
    }
}
