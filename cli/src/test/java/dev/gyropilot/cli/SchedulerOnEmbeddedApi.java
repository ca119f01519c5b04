package dev.gyropilot.cli;

import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.serving.Crds;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An embedded API with a scheduler and nothing else, for tests; objects are given as YAML. */
final class SchedulerOnEmbeddedApi implements AutoCloseable {
    static final String NODE = """
            apiVersion: v1
            kind: Node
            metadata: {name: %1$s}
            status:
              capacity: {cpu: "8", memory: 32Gi, pods: "50"%2$s}
              allocatable: {cpu: "8", memory: 32Gi, pods: "50"%2$s}
            ---
            """;
    static final String CLASS = """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu}
            spec: {selectors: [{cel: {expression: "device.driver == 'gpu.example.com'"}}]}
            ---
            """;
    static final String SLICE = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: %1$s-gpus}
            spec:
              driver: gpu.example.com
              nodeName: %1$s
              pool: {name: %1$s, generation: 1, resourceSliceCount: 1}
              devices: [{name: gpu-0}, {name: gpu-1}]
            ---
            """;
    static final String CLAIM = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: %s, namespace: default}
            spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu%s}}]}}
            ---
            """;

    private final ApiServer api;
    private final KubernetesClient client;
    private final Cluster cluster;
    private final Scheduler scheduler;

    SchedulerOnEmbeddedApi(Path folder) throws Exception {
        api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0));
        client = api.client();
        EmbeddedKinds.define(client);
        cluster = new Cluster(api.client(), InstantSource.system(), "scheduler");
        scheduler = Scheduler.start(SchedulerConfig.embedded(), cluster, Optional.empty());
    }

    KubernetesClient client() {
        return client;
    }

    /** Objects as YAML documents. */
    void create(String documents) {
        for (String document : documents.split("(?m)^---\\s*$")) {
            if (!document.isBlank()) {
                client.resource(document).create();
            }
        }
    }

    /** A pod whose spec has these fields, and a container with these resource requests. */
    void pod(String name, String requests, String spec) {
        create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: default}
                spec:
                  containers: [{name: c, image: i, resources: {requests: {%s}, limits: {%2$s}}}]
                  %s
                """.formatted(name, requests, spec));
    }

    /** A pod of a gang that takes more than a third of a node. */
    void member(String name, String gang, int size, String annotations) {
        create("""
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: default
                  labels: {gyropilot.dev/gang: %s, gyropilot.dev/gang-size: "%d"}
                  annotations: {%s}
                spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 3}}}]}
                """.formatted(name, gang, size, annotations));
    }

    /** Our own kinds, which the operator brings otherwise. */
    void defineQueues() {
        Crds.all().stream()
                .filter(definition -> definition.getSpec().getNames().getKind().equals("Queue"))
                .forEach(definition -> client.resource(definition).create());
        await().atMost(Duration.ofSeconds(30)).until(() -> client.supports(Queue.class));
    }

    String queueCondition(String name) {
        Queue queue = client.resources(Queue.class).withName(name).get();
        return queue == null || queue.getStatus() == null
                ? ""
                : queue.getStatus().conditions().stream()
                        .map(condition ->
                                condition.getType() + " " + condition.getStatus() + " " + condition.getMessage())
                        .toList()
                        .toString();
    }

    /** A pod that uses a claim. */
    void user(String name, String claim) {
        pod(name, "cpu: 100m", "resourceClaims: [{name: d, resourceClaimName: " + claim + "}]");
    }

    @Nullable
    Pod pod(String name) {
        return client.pods().inNamespace("default").withName(name).get();
    }

    @Nullable
    String nodeOf(String name) {
        Pod pod = pod(name);
        return pod == null ? null : pod.getSpec().getNodeName();
    }

    /** What the scheduler says about a pod without a node. */
    String refusal(String name) {
        Pod pod = pod(name);
        return pod == null || pod.getStatus() == null
                ? ""
                : pod.getStatus().getConditions().stream()
                        .filter(c -> c.getType().equals("PodScheduled"))
                        .map(c -> String.valueOf(c.getMessage()))
                        .findFirst()
                        .orElse("");
    }

    List<String> devicesOf(String claim) {
        ResourceClaim found = client.resources(ResourceClaim.class)
                .inNamespace("default")
                .withName(claim)
                .get();
        return found == null || found.getStatus() == null || found.getStatus().getAllocation() == null
                ? List.of()
                : found.getStatus().getAllocation().getDevices().getResults().stream()
                        .map(result -> result.getDevice())
                        .toList();
    }

    /** The messages of the events on an object, whatever its kind. */
    List<String> events(String object) {
        return client.v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> event.getInvolvedObject().getName().equals(object))
                .map(Event::getMessage)
                .toList();
    }

    @Override
    public void close() {
        scheduler.close();
        cluster.close();
        api.close();
    }
}
