package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerExtendedResourceRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Extended resources that devices serve, on a living world. */
@Tag("process")
class ExtendedResourcesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SERVING = """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu}
            spec:
              extendedResourceName: example.com/gpu
              selectors: [{cel: {expression: "device.driver == 'gpu.example.com'"}}]
            ---
            """;
    private static final String PLUGIN = ", example.com/gpu: \"2\"";

    @TempDir
    Path folder;

    @Test
    void aPodGetsDevicesThroughAClaimOfItsOwnWhichGoesWithIt() throws Exception {
        try (var world = new SchedulerOnEmbeddedApi(folder)) {
            world.create(SchedulerOnEmbeddedApi.NODE.formatted("a", "")
                    + SERVING
                    + SchedulerOnEmbeddedApi.SLICE.formatted("a"));
            world.pod("two", "example.com/gpu: 2", "terminationGracePeriodSeconds: 0");
            await().atMost(LIMIT).until(() -> Objects.equals(world.nodeOf("two"), "a"));

            Pod pod = Objects.requireNonNull(world.pod("two"));
            var status = pod.getStatus().getExtendedResourceClaimStatus();
            assertThat(status.getResourceClaimName()).startsWith("two-extended-resources-");
            assertThat(status.getRequestMappings())
                    .containsExactly(
                            new ContainerExtendedResourceRequest("c", "container-0-request-0", "example.com/gpu"));
            ResourceClaim claim = claims(world).getFirst();
            assertThat(claim.getMetadata().getName()).isEqualTo(status.getResourceClaimName());
            assertThat(claim.getMetadata().getAnnotations())
                    .containsEntry("resource.kubernetes.io/extended-resource-claim", "true");
            assertThat(claim.getMetadata().getOwnerReferences().getFirst().getUid())
                    .isEqualTo(pod.getMetadata().getUid());
            assertThat(claim.getStatus().getReservedFor()).hasSize(1);
            assertThat(world.devicesOf(status.getResourceClaimName())).containsExactly("gpu-0", "gpu-1");

            world.pod("implicit", "deviceclass.resource.kubernetes.io/gpu: 1", "terminationGracePeriodSeconds: 0");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.refusal("implicit")).contains("cannot allocate all claims"));
            world.client()
                    .pods()
                    .inNamespace("default")
                    .withName("two")
                    .withGracePeriod(0)
                    .delete();
            await().atMost(LIMIT).until(() -> Objects.equals(world.nodeOf("implicit"), "a"));
            await().atMost(LIMIT).untilAsserted(() -> assertThat(claims(world)).hasSize(1));
        }
    }

    @Test
    void aDevicePluginsNodeIsUsedByPlainCapacity() throws Exception {
        try (var world = new SchedulerOnEmbeddedApi(folder)) {
            world.create(SchedulerOnEmbeddedApi.NODE.formatted("plugin", PLUGIN)
                    + SchedulerOnEmbeddedApi.NODE.formatted("devices", "")
                    + SERVING
                    + SchedulerOnEmbeddedApi.SLICE.formatted("devices"));
            for (int i = 0; i < 3; i++) {
                String name = "p" + i;
                world.pod(name, "example.com/gpu: 1", "");
                await().atMost(LIMIT).until(() -> world.nodeOf(name) != null);
            }
            assertThat(List.of(
                            String.valueOf(world.nodeOf("p0")),
                            String.valueOf(world.nodeOf("p1")),
                            String.valueOf(world.nodeOf("p2"))))
                    .containsExactly("plugin", "plugin", "devices");
            assertThat(claims(world)).hasSize(1);
            world.pod("many", "example.com/gpu: 3", "");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.refusal("many"))
                            .contains("1 Insufficient example.com/gpu", "1 cannot allocate all claims"));
        }
    }

    private static List<ResourceClaim> claims(SchedulerOnEmbeddedApi world) {
        return world.client()
                .resources(ResourceClaim.class)
                .inNamespace("default")
                .list()
                .getItems();
    }
}
