package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each role may do what it needs and nothing else. All kinds of its work are done once, and the API server's audit log tells
 * which rights were used and which were missed.
 */
@Tag("cluster")
class RightsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String STORY = "rights";
    private static final int HISTORY = 5;

    private static RealCluster cluster;
    private static String key = "";
    private static Instant begin = Instant.EPOCH;

    /** One thing that may be done with one kind. */
    private record Right(String verb, String group, String resource) implements Comparable<Right> {
        @Override
        public int compareTo(Right other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
        }
    }

    /** Never a request of its own: the API server asks for it within another one, or a rare conflict makes it necessary. */
    private static Set<Right> unseen(String role) {
        return switch (role) {
            // For an owner reference that blocks deletion, where that admission is on; and for an apply that creates.
            case "operator" ->
                Set.of(
                        new Right("update", "gyropilot.dev", "modelservices/finalizers"),
                        new Right("create", "gyropilot.dev", "engines"),
                        new Right("create", "apps", "deployments"),
                        new Right("create", "", "services"),
                        new Right("create", "resource.k8s.io", "resourceclaimtemplates"));
            // With an allocation in the status; to read a claim anew that somebody else has written meanwhile; and for
            // what
            // this cluster does not serve: rules that taint devices, its own gangs, and claims for extended resources.
            case "scheduler" ->
                Set.of(
                        new Right("update", "resource.k8s.io", "resourceclaims/binding"),
                        new Right("get", "resource.k8s.io", "resourceclaims"),
                        new Right("list", "scheduling.k8s.io", "podgroups"),
                        new Right("watch", "scheduling.k8s.io", "podgroups"),
                        new Right("list", "resource.k8s.io", "devicetaintrules"),
                        new Right("watch", "resource.k8s.io", "devicetaintrules"),
                        new Right("create", "resource.k8s.io", "resourceclaims"),
                        new Right("delete", "resource.k8s.io", "resourceclaims"));
            default -> Set.of();
        };
    }

    @BeforeAll
    static void work() throws Exception {
        cluster = RealCluster.breakable();
        // What another test has installed may still be going.
        cluster.kubectl("wait", "--for=delete", "namespace/" + RealCluster.NAMESPACE, "--timeout=90s");
        begin = Instant.now();
        cluster.kubectl("create", "namespace", STORY).succeeded();
        cluster.kubectlWithInput(FOREIGN_KINDS, "apply", "-f", "-").succeeded();
        key = cluster.gyro("install").succeeded().out().strip();
        serve();
        changeOften();
        missAModelTwice();
        allocateAndTakeBack();
        refuseTwice();
    }

    @AfterAll
    static void uninstall() {
        if (cluster != null) {
            cluster.kubectl("delete", "namespace", STORY, "--wait=true", "--timeout=90s");
            cluster.gyro("uninstall", "--delete-data");
            cluster.kubectlWithInput(FOREIGN_KINDS, "delete", "--ignore-not-found", "-f", "-");
            cluster.kubectlWithInput(DEVICES, "delete", "--ignore-not-found", "-f", "-");
            cluster.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "scheduler", "gateway"})
    void noRightIsUnusedAndNoneIsMissing(String role) {
        AuditLog log = new AuditLog(cluster);
        Set<Right> granted = granted(role);
        assertThat(granted).isNotEmpty();
        await().atMost(LIMIT).untilAsserted(() -> {
            Set<Right> used = log.requests().stream()
                    .filter(r -> r.time().isAfter(begin) && r.user().equals("gyropilot-" + role))
                    .map(r -> new Right(r.verb(), r.group(), r.resource()))
                    .collect(Collectors.toSet());
            Set<Right> idle = new TreeSet<>(granted);
            idle.removeAll(used);
            idle.removeAll(unseen(role));
            assertThat(idle).as("rights of the %s that it does not use", role).isEmpty();
        });
        assertThat(log.requests())
                .filteredOn(r -> r.time().isAfter(begin) && r.user().equals("gyropilot-" + role))
                .filteredOn(r -> r.code() == 403)
                .as("requests of the %s that were refused", role)
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "scheduler", "gateway"})
    void secretsOfOtherNamespacesAreUnreadable(String role) {
        String account = "--as=system:serviceaccount:" + RealCluster.NAMESPACE + ":gyropilot-" + role;
        cluster.kubectl("-n", STORY, "create", "secret", "generic", "of-" + role, "--from-literal=word=gyroscope")
                .succeeded();
        for (String[] read : new String[][] {
            {"-n", STORY, "get", "secret", "of-" + role, account},
            {"-n", STORY, "get", "secrets", account},
            {"get", "secrets", "--all-namespaces", account}
        }) {
            Command.Result refused = cluster.kubectl(read).failed();
            assertThat(refused.err()).contains("forbidden");
            assertThat(refused.out()).isEmpty();
        }
    }

    @Test
    void onlyTheGatewayReadsTheSecretsOfItsOwnNamespace() {
        Set<String> readers = new TreeSet<>();
        for (String role : Set.of("operator", "scheduler", "gateway")) {
            if (granted(role).stream().anyMatch(r -> r.resource().startsWith("secrets"))) {
                readers.add(role);
            }
        }
        assertThat(readers).containsExactly("gateway");
    }

    private static Set<Right> granted(String role) {
        Set<Right> rights = new TreeSet<>();
        for (String kind : new String[] {"clusterrole", "role"}) {
            for (JsonNode rule : cluster.object(RealCluster.NAMESPACE, kind, "gyropilot-" + role)
                    .path("rules")) {
                for (JsonNode verb : rule.path("verbs")) {
                    for (JsonNode group : rule.path("apiGroups")) {
                        for (JsonNode resource : rule.path("resources")) {
                            rights.add(new Right(verb.asText(), group.asText(), resource.asText()));
                        }
                    }
                }
            }
        }
        return rights;
    }

    private static void apply(String manifests) {
        cluster.kubectlWithInput(manifests, "apply", "-f", "-").succeeded();
    }

    private static String reason(String service) {
        return cluster.object(STORY, "modelservice", service)
                .at("/status/conditions/0/reason")
                .asText();
    }

    /** A Model, a service of it that may sleep, and a request. */
    private static void serve() {
        apply("""
                apiVersion: gyropilot.dev/v1alpha1
                kind: Model
                metadata: {name: words, namespace: rights}
                spec: {versions: [{name: "1", uri: "builtin://minilm"}]}
                ---
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: asked, namespace: rights}
                spec:
                  model: {name: words}
                  replicas: 1
                  scaling: {minReplicas: 0, idleSeconds: 600}
                """);
        String url = cluster.gatewayUrl();
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> cluster.embed(url, key, "asked").statusCode() == 200);
    }

    /** So many revisions that the oldest is forgotten. */
    private static void changeOften() {
        for (int i = 0; i < HISTORY; i++) {
            apply("""
                    apiVersion: gyropilot.dev/v1alpha1
                    kind: ModelService
                    metadata: {name: changed, namespace: rights}
                    spec:
                      model: {name: words}
                      replicas: 0
                      env: [{name: CHANGE, value: "%d"}]
                    """.formatted(i));
            await().atMost(LIMIT).until(() -> {
                JsonNode service = cluster.object(STORY, "modelservice", "changed");
                return service.at("/status/observedGeneration").asLong()
                        == service.at("/metadata/generation").asLong();
            });
        }
    }

    /** The same trouble twice is one event that counts to two. */
    private static void missAModelTwice() {
        for (String model : new String[] {"absent", "words", "absent", "words"}) {
            apply("""
                    apiVersion: gyropilot.dev/v1alpha1
                    kind: ModelService
                    metadata: {name: missing, namespace: rights}
                    spec:
                      model: {name: %s}
                      replicas: 0
                    """.formatted(model));
            await().atMost(LIMIT).until(() -> reason("missing").startsWith("Model") == model.equals("absent"));
        }
    }

    /** A device is lent to one queue and taken back by the other, whose guarantee it is. */
    private static void allocateAndTakeBack() {
        apply(DEVICES);
        apply("""
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: devices, namespace: rights}
                spec:
                  model: {name: words}
                  replicas: 0
                  devices: [{deviceClassName: rights.example}]
                """);
        apply(worker("borrower", "product"));
        await().atMost(LIMIT).until(() -> isBound("borrower"));
        apply(worker("owner", "research"));
        await().atMost(LIMIT).until(() -> isBound("owner"));
    }

    private static boolean isBound(String pod) {
        return !cluster.object(STORY, "pod", pod).at("/spec/nodeName").asText().isEmpty();
    }

    private static String worker(String name, String queue) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: rights
                  labels: {gyropilot.dev/queue: %s}
                spec:
                  schedulerName: gyropilot
                  terminationGracePeriodSeconds: 1
                  resourceClaims: [{name: one, resourceClaimTemplateName: one}]
                  containers:
                    - name: work
                      image: localhost/pause:1
                      imagePullPolicy: Never
                      resources: {claims: [{name: one}]}
                """.formatted(name, queue);
    }

    /** A pod is refused for one reason, for another one, and for the first one again. */
    private static void refuseTwice() {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: refused, namespace: rights}
                spec:
                  schedulerName: gyropilot
                  nodeSelector: {rights.example/nowhere: "yes"}
                  containers: [{name: work, image: "localhost/pause:1", imagePullPolicy: Never}]
                """);
        String first = refusal("");
        cluster.kubectl("cordon", "gy2").succeeded();
        try {
            refusal(first);
        } finally {
            cluster.kubectl("uncordon", "gy2").succeeded();
        }
        await().atMost(LIMIT).until(() -> message().equals(first));
    }

    private static String refusal(String not) {
        await().atMost(LIMIT).until(() -> !message().isEmpty() && !message().equals(not));
        return message();
    }

    private static String message() {
        for (JsonNode condition : cluster.object(STORY, "pod", "refused").at("/status/conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")) {
                return condition.path("message").asText();
            }
        }
        return "";
    }

    private static final String DEVICES = """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: rights.example}
            spec: {selectors: [{cel: {expression: "device.driver == 'rights.example'"}}]}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: rights-example}
            spec:
              driver: rights.example
              nodeName: gy2
              pool: {name: gy2, generation: 1, resourceSliceCount: 1}
              devices: [{name: only}]
            ---
            apiVersion: gyropilot.dev/v1alpha1
            kind: Queue
            metadata: {name: research}
            spec: {guaranteed: {devices: 1}}
            ---
            apiVersion: gyropilot.dev/v1alpha1
            kind: Queue
            metadata: {name: product}
            spec: {guaranteed: {devices: 0}}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaimTemplate
            metadata: {name: one, namespace: rights}
            spec: {spec: {devices: {requests: [{name: one, exactly: {deviceClassName: rights.example}}]}}}
            """;

    private static final String FOREIGN_KINDS = kind("scheduling.volcano.sh", "v1beta1", "PodGroup", "Namespaced")
            + kind("scheduling.volcano.sh", "v1beta1", "Queue", "Cluster")
            + kind("scheduling.run.ai", "v2alpha2", "PodGroup", "Namespaced")
            + kind("scheduling.run.ai", "v2", "Queue", "Cluster")
            + kind("jobset.x-k8s.io", "v1alpha2", "JobSet", "Namespaced")
            + kind("kueue.x-k8s.io", "v1beta1", "ClusterQueue", "Cluster")
            + kind("kueue.x-k8s.io", "v1beta1", "LocalQueue", "Namespaced");

    /** The definition of a kind of another system, without its rules. */
    private static String kind(String group, String version, String kind, String scope) {
        String singular = kind.toLowerCase(Locale.ROOT);
        return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata:
                  name: %1$ss.%2$s
                  annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
                spec:
                  group: %2$s
                  scope: %5$s
                  names: {kind: %4$s, plural: %1$ss, singular: %1$s}
                  versions:
                    - name: %3$s
                      served: true
                      storage: true
                      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                ---
                """.formatted(singular, group, version, kind, scope);
    }
}
