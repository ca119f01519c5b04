package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that cannot be used are told so, by field, value and remedy; the scheduler goes on with the others. */
@Tag("process")
class BrokenObjectsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SLICE = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: %s}
            spec:
              driver: gpu.example.com
              nodeName: a
              pool: {%s, generation: 1, resourceSliceCount: %d}
              devices: [%s]
            ---
            """;

    @TempDir
    Path folder;

    private SchedulerOnEmbeddedApi world;

    @BeforeEach
    void start() throws Exception {
        world = new SchedulerOnEmbeddedApi(folder);
        world.create(SchedulerOnEmbeddedApi.NODE.formatted("a", "")
                + SchedulerOnEmbeddedApi.CLASS
                + SchedulerOnEmbeddedApi.SLICE.formatted("a"));
    }

    @AfterEach
    void goesOnWithTheOthers() {
        try (SchedulerOnEmbeddedApi living = world) {
            living.create(SchedulerOnEmbeddedApi.CLAIM.formatted("sound", ""));
            living.user("sound", "sound");
            await().atMost(LIMIT).until(() -> Objects.equals(living.nodeOf("sound"), "a"));
        }
    }

    @Test
    void slices() {
        world.create(SLICE.formatted("one", "name: twice", 2, "{name: gpu-0}")
                + SLICE.formatted("two", "name: twice", 2, "{name: gpu-1}, {name: gpu-0}")
                + SLICE.formatted(
                        "drawing",
                        "name: counted",
                        1,
                        "{name: half, consumesCounters: [{counterSet: none, counters: {m: {value: 1}}}]}"));
        isTold(
                "two",
                "spec.devices[1].name is \"gpu-0\", as in slice one of the same pool gpu.example.com/twice. Remedy:");
        isTold("drawing", "spec.devices[0].consumesCounters: counterSet is \"none\"", "Remedy:");
        isRefusedOrTold(
                SLICE.formatted("nameless", "", 1, "{name: gpu-0}").replace("{,", "{"), "nameless", "spec.pool.name");
        isRefusedOrTold(
                SLICE.formatted("valueless", "name: v", 1, "{name: gpu-0, capacity: {memory: {}}}"),
                "valueless",
                "spec.devices[0].capacity[memory].value");
    }

    @Test
    void selectors() {
        String each = "device.attributes['a']";
        String costly = each + ".all(v, " + each + ".all(w, " + each + ".all(x, " + each + ".all(y, " + each
                + ".all(z, v == z)))))";
        world.create("""
                apiVersion: resource.k8s.io/v1
                kind: DeviceClass
                metadata: {name: garbled}
                spec: {selectors: [{cel: {expression: "device.driver =="}}]}
                ---
                """
                + SchedulerOnEmbeddedApi.CLAIM.formatted("of-garbled", "").replace("gpu}", "garbled}")
                + SchedulerOnEmbeddedApi.CLAIM.formatted(
                        "costly", ", selectors: [{cel: {expression: \"" + costly + "\"}}]")
                + SchedulerOnEmbeddedApi.CLAIM.formatted("astray", "").replace("gpu}", "nosuch}"));
        isTold(
                "garbled",
                "spec.selectors[0].cel.expression is \"device.driver ==\", which does not compile",
                "Remedy:");
        isTold(
                "costly",
                "spec.devices.requests[0].exactly.selectors[0].cel.expression is",
                "more than the 1000000",
                "Remedy:");
        world.user("of-garbled", "of-garbled");
        isTold("of-garbled", "class garbled: selector #0 \"device.driver ==\" does not compile");
        world.user("astray", "astray");
        isTold(
                "astray",
                "device class nosuch does not exist. Remedy: create it, or name another in"
                        + " spec.devices.requests[0].exactly.deviceClassName of claim astray");
    }

    @Test
    void gangsAndQueues() {
        for (int i = 0; i < 3; i++) {
            world.member("large-" + i, "large", 3, "");
            world.member("nowhere-" + i, "nowhere", 3, "gyropilot.dev/required-topology: example.com/none");
        }
        world.member("split-0", "split", 2, "gyropilot.dev/required-topology: example.com/rack");
        world.member("split-1", "split", 2, "gyropilot.dev/required-topology: example.com/zone");
        isTold("large-0", "2 of 3 pods of gang default/large find a place", "Insufficient cpu");
        isTold("nowhere-0", "no node has the label example.com/none", "Label the nodes, or name another key");
        isTold(
                "split-0",
                "the pods of gang default/split contradict each other: its topology is [required example.com/rack] on"
                        + " split-0 and [required example.com/zone] on split-1. Remedy:");
        world.defineQueues();
        world.create("""
                apiVersion: gyropilot.dev/v1alpha1
                kind: Queue
                metadata: {name: chicken}
                spec: {parent: egg}
                ---
                apiVersion: gyropilot.dev/v1alpha1
                kind: Queue
                metadata: {name: egg}
                spec: {parent: chicken}
                """);
        isTold(
                "egg",
                "spec.parent of queue egg leads in a circle: egg is below chicken is below egg",
                "Let one of them");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(world.queueCondition("egg")).contains("leads in a circle"));
    }

    private void isTold(String object, String... parts) {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(world.events(object))
                        .anySatisfy(message -> assertThat(message).contains(parts)));
    }

    /** The API may see it first. */
    private void isRefusedOrTold(String document, String object, String field) {
        try {
            world.create(document);
        } catch (KubernetesClientException e) {
            assertThat(e.getMessage()).contains(field);
            return;
        }
        isTold(object, field, "Remedy:");
    }
}
