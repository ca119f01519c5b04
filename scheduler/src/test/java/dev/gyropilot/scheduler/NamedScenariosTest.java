package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.scheduler.OfflineScheduler.PlacedPod;
import dev.gyropilot.scheduler.OfflineScheduler.Unplaced;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Troubles that users of other schedulers reported, each named by its issue, on worlds of Kubernetes objects as {@code gyro place}
 * takes them. Most of them are tested where they are decided, in dev.gyropilot.brain.placement.queue; {@code grep} for the issue
 * finds it.
 */
class NamedScenariosTest {
    /** A node with a device that is given whole, or as two halves; the whole one is listed first. */
    private static final String HALVES = """
            apiVersion: v1
            kind: Node
            metadata: {name: a}
            status: {allocatable: {cpu: '8', memory: 32Gi, pods: '110'}}
            ---
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu}
            spec: {}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: counters}
            spec:
              {driver: gpu.example.com, nodeName: a, pool: {name: a, generation: 1, resourceSliceCount: 2},
               sharedCounters: [{name: g0, counters: {memory: {value: 80Gi}}}]}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: devices}
            spec:
              driver: gpu.example.com
              nodeName: a
              pool: {name: a, generation: 1, resourceSliceCount: 2}
              devices:
              - {name: whole, attributes: {size: {int: 2}},
                 consumesCounters: [{counterSet: g0, counters: {memory: {value: 80Gi}}}]}
              - {name: half-1, attributes: {size: {int: 1}},
                 consumesCounters: [{counterSet: g0, counters: {memory: {value: 40Gi}}}]}
              - {name: half-2, attributes: {size: {int: 1}},
                 consumesCounters: [{counterSet: g0, counters: {memory: {value: 40Gi}}}]}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaimTemplate
            metadata: {name: t, namespace: default}
            spec:
              spec:
                devices:
                  requests:
                  - name: gpu
                    firstAvailable:
                    - {name: whole, deviceClassName: gpu,
                       selectors: [{cel: {expression: 'device.attributes["gpu.example.com"].size == 2'}}]}
                    - {name: half, deviceClassName: gpu,
                       selectors: [{cel: {expression: 'device.attributes["gpu.example.com"].size == 1'}}]}
            ---
            """;

    private static OfflineScheduler.Result place(String yaml) {
        var objects = new KubernetesSerialization();
        var world = new ArrayList<HasMetadata>();
        for (String document : yaml.split("(?m)^---$")) {
            if (!document.isBlank()) {
                boolean queue = document.contains("kind: Queue\n");
                world.add(queue ? objects.unmarshal(document, Queue.class) : objects.unmarshal(document));
            }
        }
        return OfflineScheduler.place(world, true);
    }

    private static String member(String name, String claim) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  {name: %s, namespace: default, labels: {gyropilot.dev/gang: g, gyropilot.dev/gang-size: '2'}}
                spec: {containers: [{name: c, image: x}], resourceClaims: [{name: gpu, %s}]}
                ---
                """.formatted(name, claim);
    }

    @Test
    @DisplayName(
            "k/k-138765: a gang of two that would take whole devices, or else halves, gets both halves of the only one")
    void eachGetsAHalf() {
        OfflineScheduler.Result result = place(
                HALVES + member("p0", "resourceClaimTemplateName: t") + member("p1", "resourceClaimTemplateName: t"));
        assertThat(result.unplaced()).isEmpty();
        assertThat(result.claims())
                .flatExtracting(claim -> claim.allocation() == null
                        ? List.of()
                        : claim.allocation().results())
                .extracting("request", "device.device")
                .containsExactlyInAnyOrder(tuple("gpu/half", "half-1"), tuple("gpu/half", "half-2"));
    }

    @Test
    @DisplayName("k/k-137617: a gang of two that share one claim is placed, and both use it")
    void aGangSharesAClaim() {
        OfflineScheduler.Result result = place(
                HALVES + """
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: shared, namespace: default}
                spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: gpu}}]}}
                ---
                """ + member("p0", "resourceClaimName: shared") + member("p1", "resourceClaimName: shared"));
        assertThat(result.unplaced()).isEmpty();
        assertThat(result.claims())
                .singleElement()
                .satisfies(claim -> assertThat(claim.pods()).containsOnlyKeys("p0", "p1"));
    }

    @Test
    @DisplayName(
            "autoscaler gate: work that only its quota holds back is not Unschedulable, for which autoscalers look")
    void quotaIsNoReasonForMoreNodes() {
        OfflineScheduler.Result result = place(HALVES + """
                apiVersion: gyropilot.dev/v1alpha1
                kind: Queue
                metadata: {name: team}
                spec: {limit: {devices: 0}}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: default, labels: {gyropilot.dev/queue: team}}
                spec:
                  {containers: [{name: c, image: x}], resourceClaims: [{name: gpu, resourceClaimTemplateName: t}]}
                """);
        assertThat(result.unplaced())
                .filteredOn(unplaced -> unplaced.kind().equals("Pod"))
                .extracting(Unplaced::reason)
                .containsExactly("QuotaExceeded");
    }

    @Test
    @DisplayName("KAI-1873: containers that together ask for more than can be counted get no place, and take none")
    void anOverflowTakesNothing() {
        String container = "{image: x, resources: {requests: {nvidia.com/gpu: '2305843009213693951'}}, name: c";
        OfflineScheduler.Result result = place("""
                apiVersion: v1
                kind: Node
                metadata: {name: a}
                status: {allocatable: {cpu: '8', memory: 32Gi, pods: '110', nvidia.com/gpu: '4'}}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: bad, namespace: default}
                spec: {priority: 10, containers: [%s]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: good, namespace: default}
                spec: {containers: [{name: c, image: x, resources: {requests: {nvidia.com/gpu: '4'}}}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: more, namespace: default}
                spec: {containers: [{name: c, image: x, resources: {requests: {nvidia.com/gpu: '1'}}}]}
                """.formatted(String.join(
                        "}, ", container + "0", container + "1", container + "2", container + "3", container + "4")
                + "}"));
        assertThat(result.pods()).extracting(PlacedPod::name).containsExactly("good");
        assertThat(result.unplaced()).extracting(Unplaced::name).containsExactlyInAnyOrder("bad", "more");
    }
}
