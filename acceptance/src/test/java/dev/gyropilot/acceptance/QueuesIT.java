package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Queues and gangs as a user meets them, on a hundred simulated nodes. */
@Tag("process")
@TestMethodOrder(OrderAnnotation.class)
class QueuesIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @BeforeAll
    static void start() {
        Needs.program("kubectl");
        gyropilot.up("--simulate", "8xH100x100").succeeded();
        apply("queues.yaml");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(queue("org").path("ready").asBoolean()).isTrue());
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    private static void apply(String example) {
        gyropilot
                .kubectl(
                        "apply",
                        "-f",
                        Gyropilot.ROOT.resolve("examples").resolve(example).toString())
                .succeeded();
    }

    private static JsonNode queue(String name) {
        return Gyropilot.json(
                        gyropilot.gyro("queue", name, "-o", "json").succeeded().out())
                .path("items")
                .path(0);
    }

    private static JsonNode why(String name) {
        return Gyropilot.json(
                        gyropilot.gyro("why", name, "-o", "json").succeeded().out())
                .path("items");
    }

    @Test
    @Order(1)
    void aQueueBorrowsWhatOthersLeaveIdle() {
        apply("mixed-work.yaml");
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(queue("product").path("usedDevices").asInt()).isEqualTo(60));
        assertThat(queue("product").path("borrowedDevices").asInt()).isEqualTo(44);
    }

    @Test
    @Order(2)
    void whyNamesTheSmallestChange() {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(why("job/too-large"))
                        .singleElement()
                        .satisfies(answer -> {
                            assertThat(answer.path("reason").asText()).isEqualTo("QuotaExceeded");
                            assertThat(answer.path("remedy").asText())
                                    .isEqualTo(
                                            "raise spec.limit.devices of queue org to 72 at least, or ask for less.");
                            assertThat(answer.path("pods")).hasSize(72);
                        }));
    }

    @Test
    @Order(3)
    void aGangTakesBackItsGuaranteeAndRunsAsAWhole() {
        apply("gang.yaml");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(why("job/gang"))
                        .singleElement()
                        .satisfies(answer ->
                                assertThat(answer.path("state").asText()).isEqualTo("Running")));
        assertThat(queue("research").path("usedDevices").asInt()).isEqualTo(32);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(queue("product").path("usedDevices").asInt()).isEqualTo(32));
        String events = gyropilot
                .kubectl("get", "events", "--field-selector", "reason=Preempted", "-o", "jsonpath={.items[*].message}")
                .succeeded()
                .out();
        assertThat(events).contains("takes back what it is guaranteed and queue product has borrowed");
    }

    @Test
    @Order(4)
    void theMapShowsWhoHoldsWhat() {
        JsonNode nodes = Gyropilot.json(
                        gyropilot.gyro("gpus", "-o", "json").succeeded().out())
                .path("nodes");
        assertThat(nodes).hasSize(100);
        int gang = 0;
        for (JsonNode node : nodes) {
            for (JsonNode device : node.path("devices")) {
                for (JsonNode holder : device.path("holders")) {
                    gang += holder.path("owner").asText().equals("gang default/gang") ? 1 : 0;
                }
            }
        }
        assertThat(gang).isEqualTo(32);
        assertThat(gyropilot.gyro("gpus").succeeded().out()).contains("of 800 devices on 100 nodes are free");
    }

    @Test
    @Order(5)
    void aQueueThatIsItsOwnAncestorIsNamedAndTheOthersGoOn() {
        gyropilot.kubectlWithInput("""
                        apiVersion: gyropilot.dev/v1alpha1
                        kind: Queue
                        metadata: {name: left}
                        spec: {parent: right}
                        ---
                        apiVersion: gyropilot.dev/v1alpha1
                        kind: Queue
                        metadata: {name: right}
                        spec: {parent: left}
                        """, "apply", "-f", "-").succeeded();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(queue("left").path("message").asText())
                        .isEqualTo(
                                "spec.parent of queue left leads in a circle: left is below right is below left. Let one"
                                        + " of them name another queue, or none."));
        assertThat(queue("org").path("ready").asBoolean()).isTrue();
        String refused = gyropilot.kubectlWithInput("""
                        apiVersion: gyropilot.dev/v1alpha1
                        kind: Queue
                        metadata: {name: selfish}
                        spec: {parent: selfish}
                        """, "apply", "-f", "-").err();
        assertThat(refused).contains("spec.parent names the queue itself");
    }
}
