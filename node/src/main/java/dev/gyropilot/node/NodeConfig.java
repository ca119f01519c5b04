package dev.gyropilot.node;

import dev.gyropilot.api.config.Setting;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.node.process.LogLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How a process node is set up.
 *
 * @param name the Node's name
 * @param dataDirectory where pods, their volumes and logs lie; survives the node
 * @param images which local program stands for which image
 * @param podRange the addresses of pods; must be bindable on this machine
 * @param podLimit how many pods the node takes
 * @param logs how much of each container's output is kept
 * @param port of the kubelet endpoint on loopback; 0 takes a free one
 * @param labels more labels for the Node
 * @param volumeRefresh how soon a changed ConfigMap or Secret reaches a running pod
 */
public record NodeConfig(
        String name,
        Path dataDirectory,
        ImageTable images,

        @Setting(
                "The addresses of pods; must be bindable on this machine. Left out, a part of this range that follows from the data directory.")
        String podRange,

        @Setting("How many pods the node takes.") int podLimit,

        @Setting("How much of each container's output is kept.")
        LogLimits logs,

        int port,
        @Setting("More labels for the Node.") Map<String, String> labels,

        @Setting("How soon a changed ConfigMap or Secret reaches a running pod.")
        Duration volumeRefresh) {
    public static final String DEFAULT_POD_RANGE = "127.64.0.0/10";
    public static final int DEFAULT_POD_LIMIT = 250;
    public static final Duration DEFAULT_VOLUME_REFRESH = Duration.ofSeconds(10);

    public NodeConfig {
        labels = Map.copyOf(labels);
        if (!name.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?") || name.length() > 253) {
            throw new NodeException(
                    NodeException.Code.INVALID_CONFIGURATION,
                    "node name \"" + name + "\" is not a DNS name; use lower-case letters, digits, - and .");
        }
        if (podLimit < 1) {
            throw new NodeException(
                    NodeException.Code.INVALID_CONFIGURATION, "podLimit is " + podLimit + "; give at least 1");
        }
    }

    /** These settings with other addresses for pods. */
    public NodeConfig withPodRange(String range) {
        return new NodeConfig(name, dataDirectory, images, range, podLimit, logs, port, labels, volumeRefresh);
    }

    /** A node with the defaults for all but its name, folder and images. */
    public static NodeConfig of(String name, Path dataDirectory, ImageTable images) {
        return new NodeConfig(
                name,
                dataDirectory,
                images,
                DEFAULT_POD_RANGE,
                DEFAULT_POD_LIMIT,
                LogLimits.DEFAULT,
                0,
                Map.of(),
                DEFAULT_VOLUME_REFRESH);
    }
}
