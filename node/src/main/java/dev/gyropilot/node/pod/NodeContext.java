package dev.gyropilot.node.pod;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.node.process.ControlGroups;
import dev.gyropilot.node.process.LogCollector;
import dev.gyropilot.node.process.Supervisor;
import dev.gyropilot.node.volume.References;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/**
 * What all pods of a node share.
 *
 * @param pods the folder with one folder for each pod
 * @param logs the folder with one log folder for each pod
 * @param refresh how often volumes that mirror objects of the API are brought up to date
 */
public record NodeContext(
        Cluster cluster,
        String nodeName,
        String hostIp,
        Map<String, Quantity> allocatable,
        ImageTable images,
        Supervisor supervisor,
        ControlGroups groups,
        LogCollector collector,
        References references,
        Path pods,
        Path logs,
        Duration refresh) {
    Instant now() {
        return cluster.now();
    }

    InstantSource clock() {
        return cluster::now;
    }
}
