package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Run;
import dev.gyropilot.node.server.ServedPod;
import dev.gyropilot.node.volume.MissingReference;
import dev.gyropilot.node.volume.PodFields;
import dev.gyropilot.node.volume.PodFolders;
import dev.gyropilot.node.volume.PodVolumes;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one pod from its start to its removal on one virtual thread. Each round looks at what happened, decides, acts,
 * writes the record and reports; between rounds it sleeps until something happens or is due.
 */
public final class PodWorker implements ServedPod {
    private static final Logger log = LoggerFactory.getLogger(PodWorker.class);
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration RETRY_FIRST = Duration.ofMillis(500);
    private static final Duration RETRY_LIMIT = Duration.ofSeconds(30);
    private static final Duration CONFIG_RETRY = Duration.ofSeconds(5);
    private static final long DEFAULT_GRACE_SECONDS = 30;

    private final NodeContext node;
    private final PodFolders folders;
    private final PodVolumes volumes;
    private final ContainerLaunch launches;
    private final ContainerRuns runs;
    private final PodReporter reporter;
    private final Map<String, ContainerLife> containers = new LinkedHashMap<>();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private final Signal signal = new Signal();
    private final String podIp;
    private final Instant startTime;

    private volatile Pod pod;
    private volatile boolean gone;
    private volatile @Nullable Duration shutdown;
    private volatile PodRecord.@Nullable Outcome outcome;
    private volatile List<ContainerSnapshot> snapshot = List.of();
    private boolean initialized;
    private boolean sandbox;
    private Duration volumeRetry = RETRY_FIRST;
    private Instant volumesAt = Instant.EPOCH;
    private byte[] written = new byte[0];

    PodWorker(NodeContext node, Pod pod, String podIp, @Nullable PodRecord record) throws IOException {
        this.node = node;
        this.pod = pod;
        this.podIp = podIp;
        this.startTime = record == null ? node.now() : Instant.parse(record.startTime());
        this.folders = PodFolders.create(node.pods(), pod.getMetadata().getUid());
        this.volumes = new PodVolumes(folders, node.references(), node.clock());
        this.launches = new ContainerLaunch(node, folders, volumes);
        this.reporter = new PodReporter(node, pod);
        for (Container container : pod.getSpec().getInitContainers()) {
            Role role = "Always".equals(container.getRestartPolicy()) ? Role.SIDECAR : Role.INIT;
            containers.put(container.getName(), new ContainerLife(container, role));
        }
        for (Container container : pod.getSpec().getContainers()) {
            containers.put(container.getName(), new ContainerLife(container, Role.APP));
        }
        this.runs = new ContainerRuns(node, folders, launches, podIp, signal);
        if (record != null) {
            restore(record);
        }
        publish(pod);
    }

    /** Begins the worker's thread. */
    void start() {
        Thread.ofVirtual().name("pod " + pod.getMetadata().getName()).start(this::loop);
    }

    /** A newer version of the pod was seen. */
    void update(Pod newer) {
        pod = newer;
        signal.raise();
    }

    /** The pod is no longer in the API: stop it and forget it. */
    void removed() {
        gone = true;
        signal.raise();
    }

    /** The node shuts down and takes its pods with it; they may be started again by the next node. */
    void shutDown(Duration grace) {
        shutdown = grace;
        signal.raise();
    }

    /** Lets go of the pod without stopping its processes. */
    void abandon() {
        signal.close();
        containers.values().forEach(runs::forget);
    }

    /** Completes when the worker has nothing more to do. */
    public CompletableFuture<Void> finished() {
        return finished;
    }

    @Override
    public Pod pod() {
        return pod;
    }

    @Override
    public String podIp() {
        return podIp;
    }

    /** Whether the pod still counts against the node's resources. */
    boolean active() {
        return outcome == null && !finished.isDone();
    }

    /** The containers as they were after the last round. */
    @Override
    public List<ContainerSnapshot> snapshot() {
        return snapshot;
    }

    /** The program's surroundings, for exec; empty when the container does not run. */
    @Override
    public Optional<Launch> surroundings(String container) throws IOException {
        ContainerLife life = containers.get(container);
        if (life == null || !life.running()) {
            return Optional.empty();
        }
        return Optional.ofNullable(runs.launch(life, fields()));
    }

    private PodFields fields() {
        return new PodFields(pod, podIp, node.hostIp(), node.allocatable());
    }

    private void loop() {
        Duration wait = Duration.ZERO;
        try {
            while (signal.await(wait)) {
                wait = round();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finished.complete(null);
        }
    }

    /** One round; the time until the next one is due. */
    private Duration round() {
        try {
            Pod current = pod;
            collectEnds();
            Duration next = stopping(current) ? stopRound(current) : runRound(current);
            write();
            publish(current);
            if (!gone) {
                next = shorter(next, reporter.report(facts(current)));
            }
            if (finishedStopping(current)) {
                confirm(current);
            }
            return next;
        } catch (IOException | RuntimeException e) {
            log.warn("pod {}: {}, trying again", name(pod), e.toString(), e);
            return RETRY_LIMIT.dividedBy(10);
        }
    }

    private void publish(Pod current) {
        snapshot = containers.values().stream()
                .map(c -> ContainerSnapshot.of(c, node, current))
                .toList();
    }

    private PodStatuses.Facts facts(Pod current) {
        return new PodStatuses.Facts(
                current,
                containers.values(),
                initialized,
                sandbox,
                outcome,
                podIp,
                node.hostIp(),
                PodStatuses.seconds(startTime),
                reporter.previous(current),
                node.now());
    }

    private void collectEnds() {
        for (ContainerLife life : containers.values()) {
            Run run = life.run;
            if (run != null && run.exit().isDone()) {
                runs.ended(life, run, pod);
            }
        }
    }

    // ---- a pod that is meant to run

    private Duration runRound(Pod current) throws IOException {
        if (outcome != null) {
            stopContainers(current, grace(current));
            return IDLE;
        }
        Optional<Duration> deadline = deadline(current);
        if (deadline.isPresent() && !deadline.get().isPositive()) {
            outcome = new PodRecord.Outcome(
                    PodPlan.FAILED,
                    "DeadlineExceeded",
                    "Pod was active on the node longer than the specified deadline");
            node.cluster()
                    .normal(
                            current,
                            "DeadlineExceeded",
                            "Pod was active on the node longer than the specified deadline");
            return Duration.ZERO;
        }
        Duration next = deadline.orElse(IDLE);
        Optional<Duration> volumesDue = volumes(current);
        if (!sandbox) {
            return shorter(next, volumesDue.orElse(RETRY_FIRST));
        }
        next = shorter(next, volumesDue.orElse(IDLE));
        return shorter(next, containers(current));
    }

    private Duration containers(Pod current) throws IOException {
        Instant now = node.now();
        String policy = Objects.requireNonNullElse(current.getSpec().getRestartPolicy(), "Always");
        var views = containers.values().stream().map(ContainerLife::view).toList();
        PodPlan plan = PodPlan.of(views, policy, initialized, now);
        initialized |= plan.initialized();
        for (String name : plan.backOff()) {
            runs.backOff(life(name), current);
        }
        for (String name : plan.start()) {
            start(life(name), current);
        }
        if (plan.outcome().isPresent()) {
            outcome = new PodRecord.Outcome(plan.outcome().get(), "", "");
            return Duration.ZERO;
        }
        Duration next = plan.start().isEmpty() ? IDLE : Duration.ZERO;
        if (plan.start().stream().anyMatch(name -> !life(name).running())) {
            next = Duration.ofSeconds(1);
        }
        return plan.wakeAt().isEmpty()
                ? next
                : shorter(next, Duration.between(now, plan.wakeAt().get()));
    }

    private void start(ContainerLife life, Pod current) throws IOException {
        life.attempts++;
        // Before the program runs: a node that is killed in between must look for it.
        runs.begin(life);
        write();
        try {
            runs.start(life, current, fields());
        } catch (StartFailure e) {
            runs.failed(life, current, e, CONFIG_RETRY);
        }
    }

    /** Makes the volumes, or keeps them up to date; the time until they are due again. */
    private Optional<Duration> volumes(Pod current) throws IOException {
        Instant now = node.now();
        if (sandbox && now.isBefore(volumesAt)) {
            return PodVolumes.follow(fields()) ? Optional.of(Duration.between(now, volumesAt)) : Optional.empty();
        }
        try {
            if (sandbox) {
                volumes.refresh(fields());
            } else {
                volumes.setUp(fields());
                sandbox = true;
            }
            volumeRetry = RETRY_FIRST;
            volumesAt = now.plus(node.refresh());
            return PodVolumes.follow(fields()) ? Optional.of(node.refresh()) : Optional.empty();
        } catch (MissingReference | RuntimeException e) {
            if (!sandbox) {
                node.cluster()
                        .warning(current, "FailedMount", Objects.requireNonNullElse(e.getMessage(), e.toString()));
            }
            volumesAt = now.plus(volumeRetry);
            volumeRetry = shorter(volumeRetry.multipliedBy(2), RETRY_LIMIT);
            return Optional.of(volumeRetry);
        }
    }

    private Optional<Duration> deadline(Pod current) {
        Long seconds = current.getSpec().getActiveDeadlineSeconds();
        return seconds == null
                ? Optional.empty()
                : Optional.of(Duration.between(node.now(), startTime.plusSeconds(seconds)));
    }

    // ---- a pod that is to end

    private boolean stopping(Pod current) {
        return gone || shutdown != null || current.getMetadata().getDeletionTimestamp() != null;
    }

    private Duration stopRound(Pod current) {
        stopContainers(current, grace(current));
        return IDLE;
    }

    /** Stops apps at once, then sidecars from the last to the first. */
    private void stopContainers(Pod current, Duration grace) {
        var running =
                containers.values().stream().filter(ContainerLife::running).toList();
        boolean apps = running.stream().anyMatch(c -> c.role != Role.SIDECAR);
        var now = apps
                ? running.stream().filter(c -> c.role != Role.SIDECAR).toList()
                : running.isEmpty() ? List.<ContainerLife>of() : List.of(running.getLast());
        for (ContainerLife life : now) {
            runs.stop(life, current, fields(), grace, "Stopping container " + life.name());
        }
        for (ContainerLife life : containers.values()) {
            if (!life.running() && life.ended != null) {
                life.waiting("", "");
            }
        }
    }

    private boolean finishedStopping(Pod current) {
        return stopping(current) && containers.values().stream().noneMatch(ContainerLife::running);
    }

    private Duration grace(Pod current) {
        Duration limit = shutdown;
        Long given = current.getMetadata().getDeletionGracePeriodSeconds();
        Long wanted = given != null ? given : current.getSpec().getTerminationGracePeriodSeconds();
        Duration grace = Duration.ofSeconds(Objects.requireNonNullElse(wanted, DEFAULT_GRACE_SECONDS));
        return limit != null ? shorter(limit, grace) : grace;
    }

    /** Nothing runs any more: clean up and, when the API still has the pod, tell it that the pod may go. */
    private void confirm(Pod current) throws IOException {
        if (!gone && current.getMetadata().getDeletionTimestamp() == null) {
            containers.values().forEach(c -> c.backOff = RestartBackOff.NONE);
            write();
            signal.close();
            return;
        }
        if (!gone && !reporter.confirmDeletion(current)) {
            signal.raiseAfter(RETRY_FIRST);
            return;
        }
        node.groups().existing("pod" + current.getMetadata().getUid()).remove();
        PodFolders.delete(folders.root());
        PodFolders.delete(PodLogs.folder(node.logs(), current));
        written = new byte[0];
        gone = true;
        signal.close();
    }

    // ---- record

    private void restore(PodRecord record) {
        initialized = record.initialized();
        outcome = record.outcome();
        for (ContainerLife life : containers.values()) {
            PodRecord.ContainerRecord known = record.containers().get(life.name());
            if (known != null) {
                known.restore(life);
                if (known.running()) {
                    runs.adopt(life, pod);
                }
            }
        }
    }

    private void write() throws IOException {
        if (gone && written.length == 0) {
            return;
        }
        var states = new LinkedHashMap<String, PodRecord.ContainerRecord>();
        containers.forEach((name, life) -> states.put(name, PodRecord.ContainerRecord.of(life)));
        var record = new PodRecord(pod, podIp, startTime.toString(), initialized, outcome, states);
        byte[] bytes = record.toBytes();
        if (!Arrays.equals(bytes, written)) {
            PodRecord.write(folders.record(), bytes);
            written = bytes;
        }
    }

    private ContainerLife life(String name) {
        return Objects.requireNonNull(containers.get(name), name);
    }

    static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** Names of the pod's containers, for messages. */
    @Override
    public List<String> containerNames() {
        return new ArrayList<>(containers.keySet());
    }
}
