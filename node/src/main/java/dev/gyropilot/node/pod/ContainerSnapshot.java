package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.ControlGroup;
import dev.gyropilot.node.process.ProcessId;
import dev.gyropilot.node.process.Run;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A container as the kubelet's endpoint needs it.
 *
 * @param log the log of the current or newest run
 * @param previousLog the log of the run before
 * @param waitingReason why it has not run yet; empty otherwise
 */
public record ContainerSnapshot(
        String name,
        int attempts,
        Optional<ProcessId> process,
        Path log,
        Path previousLog,
        String waitingReason,
        ControlGroup group) {
    static ContainerSnapshot of(ContainerLife life, NodeContext node, Pod pod) {
        Run run = life.run;
        int attempt = life.attempt();
        return new ContainerSnapshot(
                life.name(),
                life.attempts,
                Optional.ofNullable(run).map(Run::process),
                PodLogs.file(node.logs(), pod, life.name(), attempt),
                PodLogs.file(node.logs(), pod, life.name(), attempt - 1),
                life.waitingReason,
                node.groups()
                        .existing(ContainerLaunch.groupPath(
                                life.name(), pod.getMetadata().getUid(), attempt)));
    }
}
