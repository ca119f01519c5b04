package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttributeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplateBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The scheduler on a real control plane; left out where there is none. */
class SchedulerIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final String run = "s" + UUID.randomUUID().toString().substring(0, 8);
    private KubernetesClient client;
    private Scheduler scheduler;

    @BeforeEach
    void start() throws Exception {
        client = RealCluster.client();
        client.namespaces()
                .resource(new io.fabric8.kubernetes.api.model.NamespaceBuilder()
                        .withNewMetadata()
                        .withName(run)
                        .endMetadata()
                        .build())
                .create();
        scheduler = Scheduler.start(
                SchedulerConfig.alongside(Set.of(SchedulerConfig.NAME))
                        .withClaimController(RealCluster.lacksClaimController()),
                RealCluster.cluster(),
                Optional.empty());
    }

    @AfterEach
    void stop() {
        if (scheduler != null) {
            scheduler.close();
            client.pods().inNamespace(run).withGracePeriod(0).delete();
            client.nodes().withLabel("run", run).delete();
            client.resources(ResourceSlice.class).withName(run + "-a").delete();
            client.resources(DeviceClass.class).withName(run + ".example.com").delete();
            client.namespaces().withName(run).delete();
        }
        if (client != null) {
            client.close();
        }
    }

    @Test
    void bindsPodsAndReportsThem() {
        node("a", "2");
        node("b", "2");
        for (int i = 0; i < 3; i++) {
            pod("p" + i, "1");
        }

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(pods())
                        .extracting(p -> p.getSpec().getNodeName())
                        .doesNotContainNull()
                        .contains(run + "-a", run + "-b"));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(
                                client.v1().events().inNamespace(run).list().getItems())
                        .filteredOn(e -> "Scheduled".equals(e.getReason()))
                        .hasSize(3));
    }

    @Test
    void saysWhyAPodWaitsAndBindsItWhenANodeComes() {
        node("a", "1");
        pod("large", "4");

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(condition("large").getMessage())
                        .isEqualTo("0/1 nodes are available: 1 Insufficient cpu. Nearest is node " + run
                                + "-a, which lacks 3 cpu."));
        assertThat(condition("large").getReason()).isEqualTo("Unschedulable");

        node("b", "8");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(client.pods()
                                .inNamespace(run)
                                .withName("large")
                                .get()
                                .getSpec()
                                .getNodeName())
                        .isEqualTo(run + "-b"));
    }

    @Test
    void givesEachPodADeviceOfItsOwnAndTheClaimShowsWhere() {
        node("a", "8");
        devices("a", 2);
        template();
        for (int i = 0; i < 3; i++) {
            client.pods().inNamespace(run).resource(withClaim("gpu" + i)).create();
        }

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(allocated())
                        .extracting(r -> r.getPool() + "/" + r.getDevice())
                        .containsExactlyInAnyOrder(run + "-a/gpu-0", run + "-a/gpu-1"));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(pods())
                        .filteredOn(p -> p.getSpec().getNodeName() == null)
                        .hasSize(1)
                        .allSatisfy(p -> assertThat(
                                        condition(p.getMetadata().getName()).getMessage())
                                .contains("1 cannot allocate all claims")));

        Pod bound = pods().stream()
                .filter(p -> p.getSpec().getNodeName() != null)
                .findFirst()
                .orElseThrow();
        client.pods().resource(bound).withGracePeriod(0).delete();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(pods())
                        .hasSize(2)
                        .allSatisfy(p -> assertThat(p.getSpec().getNodeName()).isEqualTo(run + "-a")));
        assertThat(allocated()).extracting(r -> r.getRequest()).containsExactly("gpu", "gpu");
    }

    @Test
    void podsThatShareAClaimGoWhereItsDeviceIsAndAreBothReserved() {
        node("a", "8");
        node("b", "8");
        devices("a", 1);
        client.resource(new ResourceClaimBuilder()
                        .withNewMetadata()
                        .withName("shared")
                        .withNamespace(run)
                        .endMetadata()
                        .withNewSpec()
                        .withNewDevices()
                        .addNewRequest()
                        .withName("gpu")
                        .withNewExactly()
                        .withDeviceClassName(run + ".example.com")
                        .endExactly()
                        .endRequest()
                        .endDevices()
                        .endSpec()
                        .build())
                .create();
        for (int i = 0; i < 3; i++) {
            Pod pod = new PodBuilder(plain("user" + i, "1"))
                    .editSpec()
                    .addNewResourceClaim()
                    .withName("gpu")
                    .withResourceClaimName("shared")
                    .endResourceClaim()
                    .endSpec()
                    .build();
            client.pods().inNamespace(run).resource(pod).create();
        }

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(pods())
                        .extracting(p -> p.getSpec().getNodeName())
                        .containsOnly(run + "-a"));
        var status = client.resources(ResourceClaim.class)
                .inNamespace(run)
                .withName("shared")
                .get()
                .getStatus();
        assertThat(status.getReservedFor())
                .extracting(user -> user.getName())
                .containsExactlyInAnyOrder("user0", "user1", "user2");
        assertThat(status.getAllocation()
                        .getNodeSelector()
                        .getNodeSelectorTerms()
                        .getFirst()
                        .getMatchFields()
                        .getFirst()
                        .getValues())
                .containsExactly(run + "-a");
    }

    private List<DeviceRequestAllocationResult> allocated() {
        return client.resources(ResourceClaim.class).inNamespace(run).list().getItems().stream()
                .filter(c -> c.getStatus() != null && c.getStatus().getAllocation() != null)
                .filter(c -> c.getStatus().getReservedFor().size() == 1)
                .flatMap(c -> c.getStatus().getAllocation().getDevices().getResults().stream())
                .toList();
    }

    private void devices(String node, int count) {
        client.resource(new DeviceClassBuilder()
                        .withNewMetadata()
                        .withName(run + ".example.com")
                        .endMetadata()
                        .withNewSpec()
                        .addNewSelector()
                        .withNewCel("device.driver == '" + run + ".example.com' && device.attributes['" + run
                                + ".example.com'].model == 'H100'")
                        .endSelector()
                        .endSpec()
                        .build())
                .create();
        var slice = new ResourceSliceBuilder()
                .withNewMetadata()
                .withName(run + "-" + node)
                .endMetadata()
                .withNewSpec()
                .withDriver(run + ".example.com")
                .withNewPool(1L, run + "-" + node, 1L)
                .withNodeName(run + "-" + node);
        for (int i = 0; i < count; i++) {
            slice.addNewDevice()
                    .withName("gpu-" + i)
                    .addToAttributes(
                            "model",
                            new DeviceAttributeBuilder().withString("H100").build())
                    .endDevice();
        }
        client.resource(slice.endSpec().build()).create();
    }

    private void template() {
        client.resource(new ResourceClaimTemplateBuilder()
                        .withNewMetadata()
                        .withName("one")
                        .withNamespace(run)
                        .endMetadata()
                        .withNewSpec()
                        .withNewSpec()
                        .withNewDevices()
                        .addNewRequest()
                        .withName("gpu")
                        .withNewExactly()
                        .withDeviceClassName(run + ".example.com")
                        .endExactly()
                        .endRequest()
                        .endDevices()
                        .endSpec()
                        .endSpec()
                        .build())
                .create();
    }

    private Pod withClaim(String name) {
        return new PodBuilder(plain(name, "1"))
                .editSpec()
                .addNewResourceClaim()
                .withName("gpu")
                .withResourceClaimTemplateName("one")
                .endResourceClaim()
                .endSpec()
                .build();
    }

    private PodCondition condition(String pod) {
        return client.pods().inNamespace(run).withName(pod).get().getStatus().getConditions().stream()
                .filter(c -> c.getType().equals("PodScheduled"))
                .findFirst()
                .orElse(new PodCondition());
    }

    private List<Pod> pods() {
        return client.pods().inNamespace(run).list().getItems();
    }

    private void node(String name, String cpu) {
        var capacity = Map.of("cpu", new Quantity(cpu), "memory", new Quantity("8Gi"), "pods", new Quantity("110"));
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName(run + "-" + name)
                .addToLabels("run", run)
                .endMetadata()
                .withNewStatus()
                .withCapacity(capacity)
                .withAllocatable(capacity)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
        client.nodes().resource(node).create();
    }

    private void pod(String name, String cpu) {
        client.pods().inNamespace(run).resource(plain(name, cpu)).create();
    }

    private Pod plain(String name, String cpu) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(run)
                .endMetadata()
                .withNewSpec()
                .withSchedulerName(SchedulerConfig.NAME)
                .addToNodeSelector("run", run)
                .addNewContainer()
                .withName("c")
                .withImage("none")
                .withNewResources()
                .addToRequests("cpu", new Quantity(cpu))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
