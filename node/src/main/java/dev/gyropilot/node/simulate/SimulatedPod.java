package dev.gyropilot.node.simulate;

import dev.gyropilot.node.pod.ContainerSnapshot;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.server.ServedPod;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One pod on a simulated node. */
final class SimulatedPod implements ServedPod {
    private static final Logger log = LoggerFactory.getLogger(SimulatedPod.class);

    private final Pod pod;
    private final String podIp;
    private final Instant startAt;
    private final Optional<Duration> duration;
    private Optional<AutoCloseable> workload = Optional.empty();
    private boolean started;
    private boolean ended;

    SimulatedPod(Pod pod, String podIp, Instant startAt, Optional<Duration> duration) {
        this.pod = pod;
        this.podIp = podIp;
        this.startAt = startAt;
        this.duration = duration;
    }

    Instant startAt() {
        return startAt;
    }

    Optional<Instant> endAt() {
        return duration.map(startAt::plus);
    }

    synchronized boolean started() {
        return started;
    }

    synchronized boolean ended() {
        return ended;
    }

    synchronized void start(Optional<AutoCloseable> running) {
        started = true;
        workload = running;
    }

    synchronized void end() {
        ended = true;
        workload.ifPresent(w -> {
            try {
                w.close();
            } catch (Exception e) {
                log.warn(
                        "the simulated workload of {} did not end cleanly: {}",
                        pod.getMetadata().getName(),
                        e.toString());
            }
        });
        workload = Optional.empty();
    }

    @Override
    public Pod pod() {
        return pod;
    }

    @Override
    public String podIp() {
        return podIp;
    }

    @Override
    public List<ContainerSnapshot> snapshot() {
        return List.of();
    }

    @Override
    public List<String> containerNames() {
        return pod.getSpec().getContainers().stream().map(Container::getName).toList();
    }

    @Override
    public Optional<Launch> surroundings(String container) {
        return Optional.empty();
    }

    @Override
    public Optional<String> simulatedLog() {
        return Optional.of("This pod is simulated: it runs on the simulated node "
                + pod.getSpec().getNodeName()
                + " since " + startAt
                + (duration.isEmpty() ? "" : " for " + duration.get().toSeconds() + " s")
                + " and has no program that could write a log.\n");
    }
}
