package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Simulated nodes with simulated GPUs, and claims for them. */
@Tag("process")
class SimulationIT {
    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @BeforeAll
    static void start() {
        Needs.program("kubectl");
        gyropilot.up("--simulate", "8xH100x100").succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    @Test
    void aHundredNodesWithTheirSlices() {
        gyropilot
                .kubectl(
                        "wait", "nodes", "-l", "gyropilot.dev/simulated=true", "--for=condition=Ready", "--timeout=60s")
                .succeeded();
        JsonNode nodes = Gyropilot.json(gyropilot
                .kubectl("get", "nodes", "-l", "gyropilot.dev/simulated=true", "-o", "json")
                .succeeded()
                .out());
        assertThat(nodes.path("items")).hasSize(100);
        JsonNode slices = Gyropilot.json(gyropilot
                .kubectl("get", "resourceslices", "-o", "json")
                .succeeded()
                .out());
        int devices = 0;
        for (JsonNode slice : slices.path("items")) {
            devices += slice.path("spec").path("devices").size();
        }
        assertThat(devices).isEqualTo(800);
    }

    @Test
    void aClaimForOneExactDeviceGetsItAndShowsWhere() {
        gyropilot
                .kubectl(
                        "apply",
                        "-f",
                        Gyropilot.ROOT.resolve("examples/gpu-claim.yaml").toString())
                .succeeded();
        gyropilot
                .kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s")
                .succeeded();
        JsonNode claim = Gyropilot.json(gyropilot
                        .kubectl("get", "resourceclaims", "-o", "json")
                        .succeeded()
                        .out())
                .path("items")
                .path(0);
        JsonNode result = claim.at("/status/allocation/devices/results/0");
        JsonNode pod = Gyropilot.json(gyropilot
                        .kubectl("get", "pods", "-o", "json")
                        .succeeded()
                        .out())
                .path("items")
                .path(0);
        assertThat(result.path("driver").asText()).isEqualTo("gpu.gyropilot.dev");
        assertThat(result.path("pool").asText())
                .isEqualTo(pod.at("/spec/nodeName").asText());
        assertThat(result.path("device").asText()).isNotEmpty();
        assertThat(claim.at("/status/reservedFor/0/name").asText())
                .isEqualTo(pod.at("/metadata/name").asText());
        gyropilot
                .kubectl(
                        "delete",
                        "-f",
                        Gyropilot.ROOT.resolve("examples/gpu-claim.yaml").toString(),
                        "--timeout=60s")
                .succeeded();
    }
}
