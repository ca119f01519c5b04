package dev.gyropilot.brain.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.objects.NodeReader;
import dev.gyropilot.brain.placement.objects.PodReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule against what kube-scheduler documents, on a small cluster: nodes a and b in zone z1, c in zone z2. */
class PlacementTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private final PodReader reader = new PodReader();
    private final Placement placement = new Placement(1, new Allocator(Features.ALL, new CelSelectors()));
    private Snapshot snapshot = Snapshot.EMPTY;
    private int pods;

    private void nodes() throws IOException {
        node("{metadata: {name: a, labels: {zone: z1, kubernetes.io/hostname: a, size: '5'}}}");
        node("{metadata: {name: b, labels: {zone: z1, kubernetes.io/hostname: b}}}");
        node("{metadata: {name: c, labels: {zone: z2, kubernetes.io/hostname: c}}}");
    }

    private void node(String yaml) throws IOException {
        var node = NodeReader.read(YAML.readValue(yaml, io.fabric8.kubernetes.api.model.Node.class));
        var capacity =
                new HashMap<>(Map.of("cpu", 4000L, "memory", 8L << 30, "pods", 10L, "ephemeral-storage", 1L << 30));
        capacity.putAll(node.allocatable());
        snapshot = snapshot.edit()
                .node(new Node(node.name(), node.labels(), node.taints(), node.unschedulable(), capacity))
                .build();
    }

    private Pod pod(String spec, String labels) throws IOException {
        String yaml = "{metadata: {name: p" + pods + ", namespace: default, uid: u" + pods++ + ", labels: " + labels
                + "}, spec: " + spec + "}";
        return reader.read(YAML.readValue(yaml, io.fabric8.kubernetes.api.model.Pod.class));
    }

    private void placed(String node, String spec, String labels) throws IOException {
        snapshot = snapshot.edit().place(pod(spec, labels), node).build();
    }

    private String decide(String spec, String labels) throws IOException {
        return switch (placement.decide(snapshot, pod(spec, labels))) {
            case Verdict.Placed placed -> placed.node();
            case Verdict.Unplaceable refusal -> refusal.message();
            case Verdict.Waiting waiting -> waiting.message();
            case Verdict.Failed failed -> failed.message();
        };
    }

    private static String requests(String requests) {
        return "{containers: [{name: c, resources: {requests: " + requests + "}}]}";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {cpu: 5}                                | 0/3 nodes are available: 3 Insufficient cpu.
                    {memory: 9Gi}                           | 0/3 nodes are available: 3 Insufficient memory.
                    {cpu: 5, memory: 9Gi}                   | 0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.
                    {ephemeral-storage: 2Gi}                | 0/3 nodes are available: 3 Insufficient ephemeral-storage.
                    {nvidia.com/gpu: 1}                     | 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.
                    """)
    void saysWhichResourceIsMissing(String requests, String message) throws IOException {
        nodes();
        assertThat(decide(requests(requests), "{}")).isEqualTo(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {cpu: 4500m, memory: 1Gi}   | Nearest is node a, which lacks 500m cpu.
                    {cpu: 12, memory: 10Ti}     | Nearest is node a, which lacks 8 cpu, 10Ti memory.
                    {memory: 8321Mi}            | Nearest is node a, which lacks 129Mi memory.
                    {nvidia.com/gpu: 3}         | Nearest is node a, which lacks 3 nvidia.com/gpu.
                    """)
    void saysHowMuchTheNearestNodeLacks(String requests, String message) throws IOException {
        node("{metadata: {name: a}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}}");
        node("{metadata: {name: b}, status: {allocatable: {cpu: 2, memory: 4Gi, pods: 110}}}");
        var refusal =
                assertInstanceOf(Verdict.Unplaceable.class, placement.decide(snapshot, pod(requests(requests), "{}")));
        assertThat(refusal.remedy().orElseThrow().message()).isEqualTo(message);
    }

    @Test
    void countsPodSlots() throws IOException {
        node("{metadata: {name: a}, status: {allocatable: {pods: 1}}}");
        placed("a", "{containers: [{name: c}]}", "{}");
        assertThat(decide("{containers: [{name: c}]}", "{}")).isEqualTo("0/1 nodes are available: 1 Too many pods.");
    }

    @Test
    void extendedResourceGoesWhereItIs() throws IOException {
        nodes();
        node("{metadata: {name: d}, status: {allocatable: {nvidia.com/gpu: 2}}}");
        assertThat(decide(requests("{nvidia.com/gpu: 2}"), "{}")).isEqualTo("d");
        placed("d", requests("{nvidia.com/gpu: 1}"), "{}");
        assertThat(decide(requests("{nvidia.com/gpu: 2}"), "{}"))
                .isEqualTo("0/4 nodes are available: 4 Insufficient nvidia.com/gpu.");
    }

    @Test
    void initContainersCountByTheirPeakAndSidecarsThroughout() throws IOException {
        node("{metadata: {name: a}}");
        String spec = "{containers: [{name: c, resources: {requests: {cpu: 1}}}],"
                + " initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}},"
                + " {name: i, resources: {requests: {cpu: %d}}}]}";
        assertThat(decide(spec.formatted(3), "{}")).isEqualTo("a");
        assertThat(decide(spec.formatted(4), "{}")).contains("Insufficient cpu");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {zone: z2}    | c
                    {zone: z3}    | 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.
                    """)
    void nodeSelector(String selector, String expected) throws IOException {
        nodes();
        assertThat(decide("{nodeSelector: " + selector + "}", "{}")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    matchExpressions: [{key: zone, operator: In, values: [z2]}]                | c
                    matchExpressions: [{key: zone, operator: NotIn, values: [z1]}]             | c
                    matchExpressions: [{key: size, operator: Exists}]                          | a
                    matchExpressions: [{key: size, operator: Gt, values: ['4']}]               | a
                    matchExpressions: [{key: size, operator: Lt, values: ['6']}]               | a
                    matchFields: [{key: metadata.name, operator: In, values: [b]}]             | b
                    """)
    void nodeAffinity(String term, String expected) throws IOException {
        nodes();
        assertThat(decide(
                        "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{"
                                + term + "}]}}}}",
                        "{}"))
                .isEqualTo(expected);
    }

    @Test
    void preferredNodeAffinityDecidesBetweenEqualNodes() throws IOException {
        nodes();
        assertThat(decide(
                        "{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution:"
                                + " [{weight: 1, preference: {matchExpressions: [{key: zone, operator: In, values: [z2]}]}}]}}}",
                        "{}"))
                .isEqualTo("c");
    }

    @Test
    void taintsAndTolerations() throws IOException {
        node("{metadata: {name: a}, spec: {taints: [{key: gpu, value: 'yes', effect: NoSchedule}]}}");
        assertThat(decide("{}", "{}")).isEqualTo("0/1 nodes are available: 1 node(s) had untolerated taint(s).");
        assertThat(decide("{tolerations: [{key: gpu, operator: Exists}]}", "{}"))
                .isEqualTo("a");
        assertThat(decide("{tolerations: [{key: gpu, value: 'no'}]}", "{}")).contains("untolerated");
        node("{metadata: {name: b}, spec: {taints: [{key: soft, effect: PreferNoSchedule}]}}");
        assertThat(decide("{}", "{}")).isEqualTo("b");
        node("{metadata: {name: c}}");
        assertThat(decide("{}", "{}")).isEqualTo("c");
    }

    @Test
    void cordonedNodes() throws IOException {
        node("{metadata: {name: a}, spec: {unschedulable: true}}");
        assertThat(decide("{}", "{}")).isEqualTo("0/1 nodes are available: 1 node(s) were unschedulable.");
        assertThat(decide("{tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]}", "{}"))
                .isEqualTo("a");
    }

    @Test
    void hostPorts() throws IOException {
        node("{metadata: {name: a}}");
        String spec = "{containers: [{name: c, ports: [{containerPort: 80, hostPort: 80%s}]}]}";
        placed("a", spec.formatted(", hostIP: 127.0.0.1"), "{}");
        assertThat(decide(spec.formatted(""), "{}"))
                .isEqualTo("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
        assertThat(decide(spec.formatted(", hostIP: 127.0.0.2"), "{}")).isEqualTo("a");
        assertThat(decide(spec.formatted(", protocol: UDP"), "{}")).isEqualTo("a");
    }

    private static String affinity(String kind, String key) {
        return "{affinity: {" + kind + ": {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " + key
                + ", labelSelector: {matchLabels: {app: x}}}]}}}";
    }

    @Test
    void podAffinityFollowsItsLikeAndTheFirstOneMayGoAnywhere() throws IOException {
        nodes();
        assertThat(decide(affinity("podAffinity", "zone"), "{app: y}"))
                .isEqualTo("0/3 nodes are available: 3 node(s) didn't match pod affinity rules.");
        assertThat(decide(affinity("podAffinity", "zone"), "{app: x}")).hasSize(1);
        placed("c", "{}", "{app: x}");
        assertThat(decide(affinity("podAffinity", "zone"), "{app: y}")).isEqualTo("c");
    }

    @Test
    void podAntiAffinityHoldsBothWays() throws IOException {
        nodes();
        placed("a", affinity("podAntiAffinity", "zone"), "{app: x}");
        assertThat(decide(affinity("podAntiAffinity", "zone"), "{app: y}")).isEqualTo("c");
        assertThat(decide("{}", "{app: x}")).isEqualTo("c");
        placed("c", affinity("podAntiAffinity", "zone"), "{app: x}");
        assertThat(decide("{}", "{app: x}"))
                .isEqualTo("0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.");
        assertThat(decide("{}", "{app: z}")).isEqualTo("b");
    }

    private static String spread(String rest) {
        return "{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, labelSelector: {matchLabels: {app: x}}, "
                + rest + "}]}";
    }

    @Test
    void spreadsOverDomains() throws IOException {
        nodes();
        String hard = spread("whenUnsatisfiable: DoNotSchedule");
        placed("a", "{}", "{app: x}");
        assertThat(decide(hard, "{app: x}")).isEqualTo("c");
        placed("b", "{}", "{app: x}");
        node("{metadata: {name: c, labels: {zone: z2}}, spec: {unschedulable: true}}");
        assertThat(decide(hard, "{app: x}"))
                .isEqualTo("0/3 nodes are available: 1 node(s) were unschedulable,"
                        + " 2 node(s) didn't match pod topology spread constraints.");
        assertThat(decide(spread("whenUnsatisfiable: ScheduleAnyway"), "{app: x}"))
                .hasSize(1);
        node("{metadata: {name: d}}");
        assertThat(decide(hard, "{app: x}"))
                .contains("1 node(s) didn't match pod topology spread constraints (missing required label)");
    }

    @Test
    void minDomainsTakesTheSmallestCountAsZero() throws IOException {
        node("{metadata: {name: a, labels: {zone: z1}}}");
        placed("a", "{}", "{app: x}");
        assertThat(decide(spread("whenUnsatisfiable: DoNotSchedule"), "{app: x}"))
                .isEqualTo("a");
        assertThat(decide(spread("whenUnsatisfiable: DoNotSchedule, minDomains: 2"), "{app: x}"))
                .contains("topology spread constraints");
    }

    @Test
    void terminatingPodsDoNotCountForSpreading() throws IOException {
        nodes();
        var leaving = YAML.readValue(
                "{metadata: {name: q, namespace: default, uid: q, labels: {app: x}, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: {}}",
                io.fabric8.kubernetes.api.model.Pod.class);
        snapshot = snapshot.edit().place(reader.read(leaving), "c").build();
        placed("a", "{}", "{app: x}");
        assertThat(decide(spread("whenUnsatisfiable: DoNotSchedule"), "{app: x}"))
                .isEqualTo("c");
    }

    @Test
    void withoutNodes() throws IOException {
        assertThat(decide("{}", "{}")).isEqualTo("no nodes available to schedule pods");
    }

    @Test
    void prefersTheEmptierNode() throws IOException {
        node("{metadata: {name: a}}");
        node("{metadata: {name: b}}");
        placed("a", requests("{cpu: 1, memory: 1Gi}"), "{}");
        assertThat(decide(requests("{cpu: 1, memory: 1Gi}"), "{}")).isEqualTo("b");
    }

    @Test
    void namesTheSmallestRemedy() throws IOException {
        nodes();
        placed("a", requests("{cpu: 3}"), "{}");
        placed("b", requests("{cpu: 2}"), "{}");
        placed("c", requests("{cpu: 3}"), "{}");
        var verdict = placement.decide(snapshot, pod(requests("{cpu: 3}"), "{}"));
        assertThat(((Verdict.Unplaceable) verdict).remedy()).contains(new Verdict.Remedy("b", Map.of("cpu", 1000L)));
    }
}
