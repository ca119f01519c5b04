package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules that taint devices, on a living world. */
@Tag("process")
class DeviceTaintRulesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String RULE = """
            apiVersion: resource.k8s.io/%s
            kind: DeviceTaintRule
            metadata: {name: broken}
            spec:
              deviceSelector: {driver: gpu.example.com, device: gpu-0}
              taint: {key: broken, effect: %s}
            """;
    private static final String TOLERATES = ", tolerations: [{key: broken, operator: Exists%s}]";

    @TempDir
    Path folder;

    @Test
    void aTaintedDeviceIsNotAllocatedUntilTheRuleIsGone() throws Exception {
        try (var world = new SchedulerOnEmbeddedApi(folder)) {
            world.create(SchedulerOnEmbeddedApi.NODE.formatted("a", "")
                    + SchedulerOnEmbeddedApi.CLASS
                    + SchedulerOnEmbeddedApi.SLICE.formatted("a")
                    + RULE.formatted("v1beta2", "NoSchedule"));
            world.create(claim("first", "") + claim("second", "") + claim("third", TOLERATES.formatted("")));
            world.user("first", "first");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.devicesOf("first")).containsExactly("gpu-1"));
            world.user("second", "second");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.refusal("second")).contains("cannot allocate all claims"));
            world.user("third", "third");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.devicesOf("third"))
                            .as("it tolerates the taint")
                            .containsExactly("gpu-0"));

            world.client()
                    .pods()
                    .inNamespace("default")
                    .withName("third")
                    .withGracePeriod(0)
                    .delete();
            world.client().resource(RULE.formatted("v1beta2", "NoSchedule")).delete();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.devicesOf("second")).containsExactly("gpu-0"));
        }
    }

    @Test
    void podsLeaveADeviceThatTheirClaimsDoNotTolerateOrNoLonger() throws Exception {
        try (var world = new SchedulerOnEmbeddedApi(folder)) {
            world.create(SchedulerOnEmbeddedApi.NODE.formatted("a", "")
                    + SchedulerOnEmbeddedApi.NODE.formatted("b", "")
                    + SchedulerOnEmbeddedApi.NODE.formatted("c", "")
                    + SchedulerOnEmbeddedApi.CLASS
                    + SchedulerOnEmbeddedApi.SLICE.formatted("a")
                    + SchedulerOnEmbeddedApi.SLICE.formatted("b")
                    + SchedulerOnEmbeddedApi.SLICE.formatted("c"));
            use(world, "plain", "a", "");
            use(world, "patient", "b", TOLERATES.formatted(", tolerationSeconds: 8"));
            use(world, "stoic", "c", TOLERATES.formatted(""));

            world.create(RULE.formatted("v1", "NoExecute"));
            await().atMost(LIMIT).until(() -> isLeaving(world, "plain"));
            assertThat(isLeaving(world, "patient"))
                    .as("it tolerates the taint for a while")
                    .isFalse();
            assertThat(world.events("plain"))
                    .contains("device gpu.example.com/a/gpu-0 of claim plain has the taint broken:NoExecute,"
                            + " which the claim does not tolerate");
            await().atMost(LIMIT).until(() -> isLeaving(world, "patient"));
            assertThat(isLeaving(world, "stoic")).isFalse();

            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(world.devicesOf("plain"))
                            .as("what nobody uses any longer is given back")
                            .isEmpty());
            world.user("late", "stoic");
            await().atMost(LIMIT).until(() -> world.nodeOf("late") != null);
        }
    }

    private static void use(SchedulerOnEmbeddedApi world, String name, String node, String tolerations) {
        world.create(claim(name, tolerations));
        world.pod(
                name,
                "cpu: 100m",
                "nodeName: \"\"\n  nodeSelector: {}\n  affinity: {nodeAffinity:"
                        + " {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key:"
                        + " metadata.name, operator: In, values: [" + node
                        + "]}]}]}}}\n  terminationGracePeriodSeconds: 0"
                        + "\n  resourceClaims: [{name: d, resourceClaimName: " + name + "}]");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(world.devicesOf(name)).containsExactly("gpu-0"));
        await().atMost(LIMIT).until(() -> world.nodeOf(name) != null);
    }

    private static String claim(String name, String more) {
        return SchedulerOnEmbeddedApi.CLAIM.formatted(name, more);
    }

    private static boolean isLeaving(SchedulerOnEmbeddedApi world, String name) {
        var pod = world.pod(name);
        return pod == null || pod.getMetadata().getDeletionTimestamp() != null;
    }
}
