package dev.gyropilot.node;

import static dev.gyropilot.node.Workbench.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.simulate.SimulatedNodes;
import dev.gyropilot.node.simulate.SimulationConfig;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Simulated nodes on a real control plane. */
class SimulatedNodesIT {
    @Test
    void makesNodesWithDevicesLetsPodsLiveAndRemovesAll() throws Exception {
        var bench = new Workbench(RealControlPlane.shared(), "sim-8xh100-0001");
        var running = new AtomicInteger();
        try (Cluster cluster = bench.plane.cluster()) {
            var nodes = SimulatedNodes.start(
                    "8xH100x3,4xL4x2", cluster, bench.plane.pki.credentials(), SimulationConfig.DEFAULT, (pod, ip) -> {
                        running.incrementAndGet();
                        return Optional.of(running::decrementAndGet);
                    });
            assertThat(bench.client
                            .nodes()
                            .withLabel(Names.LABEL_SIMULATED, "true")
                            .list()
                            .getItems())
                    .hasSize(5);
            var slice = bench.client
                    .resources(ResourceSlice.class)
                    .withName("sim-8xh100-0001-gpu.gyropilot.dev")
                    .require();
            var devices = slice.getSpec().getDevices();
            assertThat(devices)
                    .hasSize(8)
                    .allSatisfy(d -> assertThat(d.getCapacity().toString()).contains("80Gi"));

            bench.create("pretends", "  containers: [{name: main, image: any}]\n");
            await(() -> bench.ready("pretends") && running.get() == 1);
            assertThat(bench.plane.kubectl("logs", "pretends")).contains("This pod is simulated");
            assertThat(bench.plane.kubectl("exec", "pretends", "--", "ls")).contains("simulated");
            bench.plane.kubectl("delete", "pod", "pretends", "--timeout=10s");
            await(() -> running.get() == 0);

            bench.plane.kubectl(
                    "run",
                    "job",
                    "--image=any",
                    "--restart=Never",
                    "--annotations=gyropilot.dev/simulated-duration=1s",
                    "--overrides={\"spec\":{\"nodeName\":\"sim-4xl4-0000\"}}");
            await(() -> "Succeeded".equals(bench.pod("job").getStatus().getPhase()));
            nodes.close();
            assertThat(bench.client
                            .nodes()
                            .withLabel(Names.LABEL_SIMULATED, "true")
                            .list()
                            .getItems())
                    .isEmpty();
            await(() -> bench.client
                    .resources(ResourceSlice.class)
                    .list()
                    .getItems()
                    .isEmpty());
        }
    }
}
