package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gyro place} as a person calls it. */
class PlaceTest {
    private static final String NODE = """
            apiVersion: v1
            kind: Node
            metadata: {name: %s, labels: {rack: %s}}
            status: {allocatable: {cpu: "8", memory: 32Gi, pods: "110"}}
            ---
            """;
    private static final String CLASS = """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu}
            spec: {selectors: [{cel: {expression: 'device.driver == "gpu.example.com"'}}]}
            ---
            """;
    private static final String SLICE = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: %1$s}
            spec:
              driver: gpu.example.com
              nodeName: %1$s
              pool: {name: %1$s, generation: 1, resourceSliceCount: 1}
              devices: [{name: gpu-0}, {name: gpu-1}]
            ---
            """;
    private static final String CLAIM = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: %s, namespace: default}
            spec: {devices: {requests: [{name: r, exactly: {deviceClassName: %s, count: %d}}]}}
            ---
            """;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void claimsOfPodsTemplatesAndNobodyGetDevices() throws IOException {
        JsonNode answer = place(CLASS
                + NODE.formatted("a", "1")
                + NODE.formatted("b", "1")
                + SLICE.formatted("a")
                + SLICE.formatted("b")
                + CLAIM.formatted("alone", "gpu", 1)
                + CLAIM.formatted("used", "gpu", 2)
                + """
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {name: t, namespace: default}
                spec: {spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}}
                ---
                """ + pod("p", "resourceClaims: [{name: c, resourceClaimName: used}]")
                + pod("q", "resourceClaims: [{name: c, resourceClaimTemplateName: t}]"));
        assertThat(answer.path("unplaced")).isEmpty();
        JsonNode used = item(answer, "ResourceClaim", "used");
        assertThat(used.at("/status/allocation/devices/results")).hasSize(2);
        assertThat(used.at("/status/reservedFor/0/name").asText()).isEqualTo("p");
        assertThat(used.at("/status/reservedFor/0/uid").asText())
                .isEqualTo(item(answer, "Pod", "p").at("/metadata/uid").asText());
        JsonNode pod = item(answer, "Pod", "q");
        String made =
                pod.at("/status/resourceClaimStatuses/0/resourceClaimName").asText();
        JsonNode generated = item(answer, "ResourceClaim", made);
        assertThat(generated.at("/status/allocation/devices/results/0/pool").asText())
                .isEqualTo(pod.at("/spec/nodeName").asText());
        assertThat(item(answer, "ResourceClaim", "alone").at("/status/allocation/devices/results"))
                .hasSize(1);
        assertThat(place(Files.readString(folder.resolve("world.yaml")))).isEqualTo(answer);
    }

    @Test
    void whatIsPlacedStaysAndTakesItsDevices() throws IOException {
        JsonNode answer = place(CLASS + NODE.formatted("a", "1") + SLICE.formatted("a") + """
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: had, namespace: default}
                spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}
                status:
                  allocation: {devices: {results: [{request: r, driver: gpu.example.com, pool: a, device: gpu-0}]}}
                ---
                """
                + CLAIM.formatted("second", "gpu", 1) + CLAIM.formatted("third", "gpu", 1));
        assertThat(item(answer, "ResourceClaim", "second")
                        .at("/status/allocation/devices/results/0/device")
                        .asText())
                .isEqualTo("gpu-1");
        assertThat(messages(answer))
                .containsExactly(
                        "ResourceClaim third Unschedulable: 0/1 nodes are available: 1 cannot allocate all claims.");
    }

    @Test
    void higherPriorityComesFirstAndTaintRulesCount() throws IOException {
        JsonNode answer = place(CLASS + NODE.formatted("a", "1") + SLICE.formatted("a") + """
                apiVersion: resource.k8s.io/v1beta2
                kind: DeviceTaintRule
                metadata: {name: broken}
                spec:
                  deviceSelector: {driver: gpu.example.com, device: gpu-0}
                  taint: {key: broken, effect: NoExecute}
                ---
                """
                + CLAIM.formatted("c1", "gpu", 1) + CLAIM.formatted("c2", "gpu", 1)
                + pod("low", "resourceClaims: [{name: c, resourceClaimName: c1}]")
                + pod("high", "priority: 10\n  resourceClaims: [{name: c, resourceClaimName: c2}]"));
        assertThat(item(answer, "ResourceClaim", "c2")
                        .at("/status/allocation/devices/results/0/device")
                        .asText())
                .isEqualTo("gpu-1");
        assertThat(messages(answer)).hasSize(2).allMatch(m -> m.contains("low") || m.contains("c1"));
    }

    @Test
    void extendedResourcesAreServedByDevicesWhereNoPluginOffersThem() throws IOException {
        JsonNode answer = place(CLASS.replace("spec: {", "spec: {extendedResourceName: example.com/gpu, ")
                + NODE.formatted("a", "1") + SLICE.formatted("a") + """
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: default}
                spec:
                  initContainers:
                    - {name: fetch, image: x, resources: {requests: {example.com/gpu: 1}}}
                    - {name: warm, image: x, resources: {requests: {example.com/gpu: 2}}}
                  containers:
                    - {name: c, image: x, resources: {requests: {cpu: 1, example.com/gpu: 1}}}
                """);
        assertThat(messages(answer)).isEmpty();
        JsonNode status = item(answer, "Pod", "p").at("/status/extendedResourceClaimStatus");
        JsonNode claim =
                item(answer, "ResourceClaim", status.path("resourceClaimName").asText());
        assertThat(claim.at("/spec/devices/requests").findValuesAsText("name"))
                .as("one for the container, and one for what the second that passes needs beyond")
                .containsExactly("container-1-request-0", "container-2-request-1");
        assertThat(claim.at("/status/allocation/devices/results").findValuesAsText("device"))
                .containsExactly("gpu-0", "gpu-1");
        assertThat(status.path("requestMappings").toString())
                .isEqualTo("[{\"containerName\":\"c\",\"requestName\":\"container-2-request-1\","
                        + "\"resourceName\":\"example.com/gpu\"},"
                        + "{\"containerName\":\"fetch\",\"requestName\":\"container-2-request-1\","
                        + "\"resourceName\":\"example.com/gpu\"},"
                        + "{\"containerName\":\"warm\",\"requestName\":\"container-2-request-1\","
                        + "\"resourceName\":\"example.com/gpu\"},"
                        + "{\"containerName\":\"warm\",\"requestName\":\"container-1-request-0\","
                        + "\"resourceName\":\"example.com/gpu\"}]");
    }

    @Test
    void gangsGoTogetherOrNotAtAll() throws IOException {
        String gang = "labels: {gyropilot.dev/gang: train, gyropilot.dev/gang-size: \"3\"}";
        JsonNode answer = place(NODE.formatted("a", "1")
                + NODE.formatted("b", "2")
                + member("m-0", gang, 5)
                + member("m-1", gang, 5)
                + member("m-2", gang, 5)
                + member("alone", "labels: {}", 5));
        assertThat(item(answer, "Pod", "m-0").at("/spec/nodeName").asText()).isEmpty();
        assertThat(item(answer, "Pod", "alone").at("/spec/nodeName").asText()).isNotEmpty();
        assertThat(messages(answer)).hasSize(3).allMatch(m -> m.contains("more node"));
    }

    @Test
    void badInputNamesTheFieldItsValueAndTheRemedyAndTheRestGoesOn() throws IOException {
        JsonNode answer = place(CLASS + NODE.formatted("a", "1") + SLICE.formatted("a")
                + CLAIM.formatted("classless", "nope", 1)
                + """
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: selects, namespace: default}
                spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu, selectors: [{cel: {expression: "device.nope("}}]}}]}}
                ---
                apiVersion: resource.k8s.io/v1
                kind: ResourceSlice
                metadata: {name: poolless}
                spec: {driver: gpu.example.com, nodeName: a}
                ---
                apiVersion: resource.k8s.io/v1beta1
                kind: ResourceClaim
                metadata: {name: old, namespace: default}
                ---
                apiVersion: gyropilot.dev/v1alpha1
                kind: Queue
                metadata: {name: ring}
                spec: {parent: ring}
                ---
                kind: Pod
                metadata: {name: unversioned}
                ---
                """ + pod("queued", "x: 1").replace("metadata: {", "metadata: {labels: {gyropilot.dev/queue: ring}, ")
                + CLAIM.formatted("good", "gpu", 1));
        assertThat(item(answer, "ResourceClaim", "good").at("/status/allocation/devices/results"))
                .hasSize(1);
        assertThat(String.join("\n", messages(answer)))
                .contains("classless Unschedulable", "device class nope does not exist")
                .contains("selects SchedulerError", "device.nope(")
                .contains("poolless Invalid: spec.pool is missing. Remedy")
                .contains("old Invalid: apiVersion is \"resource.k8s.io/v1beta1\"")
                .contains("unversioned Invalid: apiVersion is missing")
                .contains("queued QueueNotReady", "ring");
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("Pod queued: unknown field \"spec.x\"");
    }

    @Test
    void aFileThatCannotBeReadFailsAndTheOthersAreAnswered() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.yaml"), "kind: [Pod\n");
        Path good = Files.writeString(folder.resolve("good.yaml"), NODE.formatted("a", "1") + pod("p", "hostname: h"));
        int code = gyro(
                "place",
                "-o",
                "json",
                broken.toString(),
                folder.resolve("none.yaml").toString(),
                good.toString());
        assertThat(code).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("broken.yaml, line", "is not valid YAML", "none.yaml: there is no such file");
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(1);
        assertThat(Json.json().readTree(lines.getFirst()).path("items")).hasSize(1);
    }

    private JsonNode place(String world) throws IOException {
        out.reset();
        Path file = Files.writeString(folder.resolve("world.yaml"), world);
        assertThat(gyro("place", "-o", "json", file.toString())).isZero();
        return Json.json().readTree(out.toString(StandardCharsets.UTF_8));
    }

    private int gyro(String... arguments) {
        var terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                true);
        return Main.run(arguments, terminal, new Home(folder.resolve("home")));
    }

    private static JsonNode item(JsonNode answer, String kind, String name) {
        for (JsonNode item : answer.path("items")) {
            if (item.path("kind").asText().equals(kind)
                    && item.at("/metadata/name").asText().equals(name)) {
                return item;
            }
        }
        throw new AssertionError("no " + kind + " " + name + " in " + answer);
    }

    private static List<String> messages(JsonNode answer) {
        var messages = new ArrayList<String>();
        answer.path("unplaced")
                .forEach(u -> messages.add(u.path("kind").asText() + " "
                        + u.path("name").asText() + " " + u.path("reason").asText() + ": "
                        + u.path("message").asText()));
        return messages;
    }

    private static String pod(String name, String spec) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: default}
                spec:
                  %s
                  containers: [{name: c, image: x}]
                ---
                """.formatted(name, spec);
    }

    private static String member(String name, String labels, int cpus) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: default, %s}
                spec:
                  containers: [{name: c, image: x, resources: {requests: {cpu: "%d"}}}]
                ---
                """.formatted(name, labels, cpus);
    }
}
