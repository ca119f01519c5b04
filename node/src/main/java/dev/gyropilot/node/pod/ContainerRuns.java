package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Posix;
import dev.gyropilot.node.process.Run;
import dev.gyropilot.node.volume.PodFields;
import dev.gyropilot.node.volume.PodFolders;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts, adopts, stops and buries the runs of one pod's containers. Called by the pod's worker only. */
final class ContainerRuns {
    private static final Logger log = LoggerFactory.getLogger(ContainerRuns.class);
    private static final int MESSAGE_LIMIT_BYTES = 4096;
    private static final Duration PULL_RETRY_FIRST = Duration.ofSeconds(10);
    private static final int START_ERROR = 128;

    private final NodeContext node;
    private final PodFolders folders;
    private final ContainerLaunch launches;
    private final String podIp;
    private final Signal signal;

    ContainerRuns(NodeContext node, PodFolders folders, ContainerLaunch launches, String podIp, Signal signal) {
        this.node = node;
        this.folders = folders;
        this.launches = launches;
        this.podIp = podIp;
        this.signal = signal;
    }

    /** Makes ready for a new run, before anything is started. */
    void begin(ContainerLife life) throws IOException {
        PodFolders.delete(folders.run(life.name(), life.attempt()));
        PodFolders.delete(folders.terminationLog(life.name()));
        life.startedAt = node.now();
    }

    void start(ContainerLife life, Pod pod, PodFields fields) throws StartFailure, IOException {
        String uid = pod.getMetadata().getUid();
        try {
            life.group = launches.group(life.spec, uid, life.attempt());
            Launch launch = launches.prepare(life.spec, fields, life.group);
            node.cluster().normal(pod, "Created", "Container created");
            Run run = node.supervisor().start(folders.run(life.name(), life.attempt()), launch);
            life.launch = launch;
            PodLogs.deleteOld(node.logs(), pod, life.name(), life.attempt());
            began(life, run, pod);
        } catch (StartFailure e) {
            discardGroup(life);
            throw e;
        } catch (IOException e) {
            discardGroup(life);
            throw new StartFailure(
                    StartFailure.Reason.RUN_ERROR, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        if (life.ended != null) {
            life.backOff = life.backOff.afterRestart(life.ended.finishedAt(), node.now());
            life.last = life.ended;
            life.ended = null;
            life.restarts++;
        }
        life.retryDelay = Duration.ZERO;
        life.retryAt = Instant.EPOCH;
        life.started = life.spec.getStartupProbe() == null;
        life.ready = life.spec.getReadinessProbe() == null;
        node.cluster().normal(pod, "Started", "Container started");
        postStart(life, pod);
        probe(life, pod);
    }

    /** Goes on with a run that an earlier node started. */
    void adopt(ContainerLife life, Pod pod) {
        var found = node.supervisor().adopt(folders.run(life.name(), life.attempt()));
        life.group = node.groups()
                .existing(
                        ContainerLaunch.groupPath(life.name(), pod.getMetadata().getUid(), life.attempt()));
        if (found.isEmpty()) {
            // The node was killed between its note and the start.
            life.attempts--;
            return;
        }
        try {
            began(life, found.get(), pod);
            probe(life, pod);
            log.info(
                    "adopted container {} of {}, process {}",
                    life.name(),
                    PodWorker.name(pod),
                    found.get().process().pid());
        } catch (IOException e) {
            log.warn("the log of {} in {} does not go on: {}", life.name(), PodWorker.name(pod), e.toString());
        }
    }

    private void began(ContainerLife life, Run run, Pod pod) throws IOException {
        life.run = run;
        life.waiting("", "");
        node.collector().begin(run, PodLogs.file(node.logs(), pod, life.name(), life.attempt()));
        var _ = run.exit().thenRun(signal::raise);
    }

    /** A container that could not be started waits, or counts as ended when its program is missing. */
    void failed(ContainerLife life, Pod pod, StartFailure failure, Duration configRetry) {
        Instant now = node.now();
        String message = failure.text();
        node.cluster()
                .warning(
                        pod,
                        "Failed",
                        (failure.reason == StartFailure.Reason.ERR_IMAGE_PULL ? "" : "Error: ") + message);
        switch (failure.reason) {
            case ERR_IMAGE_PULL -> {
                life.attempts--;
                Duration doubled = life.retryDelay.isZero() ? PULL_RETRY_FIRST : life.retryDelay.multipliedBy(2);
                life.retryDelay = doubled.compareTo(RestartBackOff.LIMIT) < 0 ? doubled : RestartBackOff.LIMIT;
                boolean first = life.retryDelay.equals(PULL_RETRY_FIRST);
                life.retryAt = now.plus(life.retryDelay);
                life.waiting(first ? "ErrImagePull" : "ImagePullBackOff", message);
            }
            case CONFIG_ERROR -> {
                life.attempts--;
                life.retryAt = now.plus(configRetry);
                life.waiting(failure.reason.word, message);
            }
            case RUN_ERROR -> {
                if (life.ended != null) {
                    life.backOff = life.backOff.afterRestart(life.ended.finishedAt(), now);
                    life.last = life.ended;
                    life.restarts++;
                }
                life.ended = new Termination(START_ERROR, "StartError", message, now, now, PodStatuses.id(pod, life));
                life.waiting(failure.reason.word, message);
            }
        }
    }

    /** Notes the end of a run. */
    void ended(ContainerLife life, Run run, Pod pod) {
        Run.Exit exit = run.exit().join();
        if (life.probes != null) {
            life.probes.close();
            life.probes = null;
        }
        // What the program left behind goes with it, as with a container's process namespace.
        run.process().signalGroup(Posix.SIGKILL);
        boolean outOfMemory = life.group != null && life.group.memoryKills() > 0;
        node.collector().end(PodLogs.file(node.logs(), pod, life.name(), life.attempt()));
        String reason = !exit.known()
                ? "ContainerStatusUnknown"
                : outOfMemory ? "OOMKilled" : exit.code() == 0 ? "Completed" : "Error";
        life.ended = new Termination(
                exit.code(),
                reason,
                terminationMessage(life, pod, exit),
                Objects.requireNonNullElse(life.startedAt, exit.at()),
                exit.at(),
                PodStatuses.id(pod, life));
        life.run = null;
        life.stop = null;
        life.ready = false;
        life.started = false;
        discardGroup(life);
    }

    /** Shows that a container waits for its next start. */
    void backOff(ContainerLife life, Pod pod) {
        if (life.waitingReason.equals("CrashLoopBackOff")) {
            return;
        }
        String name = PodWorker.name(pod).replace('/', '_');
        life.waiting(
                "CrashLoopBackOff",
                "back-off " + text(life.backOff.delay()) + " restarting failed container=" + life.name() + " pod="
                        + pod.getMetadata().getName() + "_" + pod.getMetadata().getNamespace() + "("
                        + pod.getMetadata().getUid() + ")");
        node.cluster()
                .warning(pod, "BackOff", "Back-off restarting failed container " + life.name() + " in pod " + name);
    }

    synchronized void stop(ContainerLife life, Pod pod, PodFields fields, Duration grace, String message) {
        Run run = life.run;
        if (run == null) {
            return;
        }
        if (life.stop != null) {
            life.stop.shorten(grace);
            return;
        }
        if (life.probes != null && life.spec.getReadinessProbe() == null) {
            life.probes.close();
        }
        node.cluster().normal(pod, "Killing", message);
        life.stop = new ContainerStop(run, life.group, grace);
        life.stop.begin(
                life.spec,
                Hooks.preStop(life.spec) == null ? null : launch(life, fields),
                podIp,
                failure -> node.cluster().warning(pod, "FailedPreStopHook", "PreStopHook failed: " + failure));
    }

    /** The surroundings of a running container; null when they cannot be made just now. */
    @Nullable
    Launch launch(ContainerLife life, PodFields fields) {
        if (life.launch == null && life.group != null) {
            try {
                life.launch = launches.prepare(life.spec, fields, life.group);
            } catch (StartFailure e) {
                log.debug("surroundings of {}: {}", life.name(), e.text());
            }
        }
        return life.launch;
    }

    /** Lets go of a container without touching its process. */
    void forget(ContainerLife life) {
        if (life.probes != null) {
            life.probes.close();
        }
    }

    private void probe(ContainerLife life, Pod pod) {
        Run run = Objects.requireNonNull(life.run);
        var fields = new PodFields(pod, podIp, node.hostIp(), node.allocatable());
        life.probes = new ProbeLoops(life.spec, () -> launch(life, fields), podIp, new ProbeLoops.Listener() {
            @Override
            public void startupPassed() {
                life.started = true;
                signal.raise();
            }

            @Override
            public void readiness(boolean ready) {
                if (life.ready != ready) {
                    life.ready = ready;
                    signal.raise();
                }
            }

            @Override
            public void failed(Probe probe, String kind) {
                if (run.equals(life.run)) {
                    String why = "Container " + life.name() + " failed " + kind + " probe, will be restarted";
                    stop(life, pod, fields, probeGrace(probe, pod), why);
                }
            }

            @Override
            public void unhealthy(String kind, String message) {
                node.cluster().warning(pod, "Unhealthy", kind + " probe failed: " + message);
            }
        });
        life.probes.begin(life.started);
    }

    private static Duration probeGrace(Probe probe, Pod pod) {
        Long own = probe.getTerminationGracePeriodSeconds();
        Long common = pod.getSpec().getTerminationGracePeriodSeconds();
        return Duration.ofSeconds(own != null ? own : Objects.requireNonNullElse(common, 30L));
    }

    private void postStart(ContainerLife life, Pod pod) {
        LifecycleHandler hook = Hooks.postStart(life.spec);
        Run run = life.run;
        if (hook == null || run == null) {
            return;
        }
        var fields = new PodFields(pod, podIp, node.hostIp(), node.allocatable());
        Thread.ofVirtual().name("postStart " + life.name()).start(() -> {
            try {
                var answer = Hooks.run(hook, life.spec, life.launch, podIp, Hooks.POST_START_LIMIT);
                if (!answer.success() && run.equals(life.run)) {
                    node.cluster().warning(pod, "FailedPostStartHook", "PostStartHook failed: " + answer.message());
                    stop(life, pod, fields, Duration.ZERO, "FailedPostStartHook");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private String terminationMessage(ContainerLife life, Pod pod, Run.Exit exit) {
        try {
            Path file = folders.terminationLog(life.name());
            String message = Files.exists(file) ? tail(file) : "";
            if (message.isEmpty()
                    && exit.code() != 0
                    && "FallbackToLogsOnError".equals(life.spec.getTerminationMessagePolicy())) {
                Path raw = folders.run(life.name(), life.attempt()).resolve("stderr");
                message = Files.exists(raw) && Files.size(raw) > 0 ? tail(raw) : tail(raw.resolveSibling("stdout"));
            }
            return message;
        } catch (IOException e) {
            log.debug("termination message of {} in {}: {}", life.name(), PodWorker.name(pod), e.toString());
            return "";
        }
    }

    private static String tail(Path file) throws IOException {
        try (var channel = java.nio.channels.FileChannel.open(file)) {
            long from = Math.max(0, channel.size() - MESSAGE_LIMIT_BYTES);
            var buffer = java.nio.ByteBuffer.allocate((int) (channel.size() - from));
            channel.read(buffer, from);
            return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
        }
    }

    private static void discardGroup(ContainerLife life) {
        if (life.group != null) {
            life.group.remove();
            life.group = null;
        }
    }

    /** As Go writes durations: 10s, 1m20s, 5m0s. */
    static String text(Duration duration) {
        long minutes = duration.toMinutes();
        return minutes == 0 ? duration.toSeconds() + "s" : minutes + "m" + duration.toSecondsPart() + "s";
    }
}
