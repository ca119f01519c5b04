package dev.gyropilot.node.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gyropilot.api.Names;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent on a Node of the embedded API, with a written machine. */
class NodeAgentIT {
    private static final String NODE = "gpu-1";

    @TempDir
    Path folder;

    private ApiServer api;
    private KubernetesClient client;

    @BeforeEach
    void start() throws Exception {
        api = ApiServer.start(ApiServerConfig.of(folder.resolve("api"), 0));
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(api.adminKubeconfig()))
                .build();
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .withLabels(Map.of("zone", "a"))
                        .endMetadata()
                        .build())
                .create();
        Files.createDirectories(folder.resolve("sys/bus/pci/devices"));
    }

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    private void gpu(String address) throws IOException {
        Path device =
                Files.createDirectories(folder.resolve("sys/bus/pci/devices").resolve(address));
        Files.writeString(device.resolve("vendor"), "0x10de\n");
        Files.writeString(device.resolve("class"), "0x030200\n");
    }

    private void slice(String name, Map<String, String> labels, String driver) {
        client.resource(new ResourceSliceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .withDriver(driver)
                        .withNodeName(NODE)
                        .withNewPool(1L, NODE, 1L)
                        .addNewDevice()
                        .withName("gpu-0")
                        .endDevice()
                        .endSpec()
                        .build())
                .create();
    }

    private Map<String, String> labels() {
        return client.nodes().withName(NODE).get().getMetadata().getLabels();
    }

    @Test
    void labelsFollowWhatIsFoundUntilADriverPublishesIt() throws Exception {
        gpu("0000:65:00.0");
        var discovery = new GpuDiscovery(folder.resolve("sys"), folder.resolve("proc"), () -> "");
        try (NodeAgent agent = NodeAgent.start(client, NODE, discovery)) {
            await().until(agent::ready);
            assertThat(labels()).containsEntry(Names.LABEL_GPU_COUNT, "1").containsEntry("zone", "a");

            gpu("0000:b1:00.0");
            slice("simulated", Map.of(Names.LABEL_SIMULATED, "true"), "gpu.gyropilot.dev");
            agent.look();
            assertThat(labels()).containsEntry(Names.LABEL_GPU_COUNT, "2");

            slice("driver", Map.of(), "gpu.nvidia.com");
            agent.look();
            assertThat(labels()).doesNotContainKey(Names.LABEL_GPU_COUNT).containsEntry("zone", "a");
        }
    }

    @Test
    void aNodeWithoutGpusGetsNoLabel() {
        var discovery = new GpuDiscovery(folder.resolve("sys"), folder.resolve("proc"), () -> "");
        try (NodeAgent agent = NodeAgent.start(client, NODE, discovery)) {
            await().until(agent::ready);
            assertThat(labels().keySet()).noneMatch(key -> key.startsWith("gyropilot.dev/gpu"));
        }
    }
}
