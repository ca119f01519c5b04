package dev.gyropilot.node.simulate;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.node.pod.AddressRange;
import dev.gyropilot.node.pod.Deletions;
import dev.gyropilot.node.pod.StatusPatch;
import dev.gyropilot.node.server.ServedPod;
import dev.gyropilot.node.server.ServedPods;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of pods on simulated nodes: pending, running, and at their time completed or gone. */
final class SimulatedPods implements Reconciler, ServedPods, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SimulatedPods.class);
    private static final int PARALLEL = 32;

    private final Cluster cluster;
    private final Set<String> nodes;
    private final SimulationConfig config;
    private final SimulatedWorkload workload;
    private final AddressRange addresses;
    private final Map<Key, SimulatedPod> known = new ConcurrentHashMap<>();
    private final Controller controller = new Controller("simulated pods", PARALLEL, this);

    SimulatedPods(Cluster cluster, Set<String> nodes, SimulationConfig config, SimulatedWorkload workload) {
        this.cluster = cluster;
        this.nodes = nodes;
        this.config = config;
        this.workload = workload;
        this.addresses = new AddressRange(config.podRange());
    }

    Controller controller() {
        return controller;
    }

    /** The keys that a pod's event concerns: its own when it is bound to one of our nodes. */
    Collection<Key> keys(Pod pod) {
        String node = pod.getSpec().getNodeName();
        return node != null && nodes.contains(node) ? List.of(Key.of(pod)) : List.of();
    }

    @Override
    public Result reconcile(Key key) {
        Optional<Pod> found = cluster.cached(Pod.class, key);
        SimulatedPod state = known.get(key);
        if (state != null
                && (found.isEmpty()
                        || !found.get()
                                .getMetadata()
                                .getUid()
                                .equals(state.pod().getMetadata().getUid()))) {
            end(key, state);
            state = null;
        }
        if (found.isEmpty() || keys(found.get()).isEmpty()) {
            return Result.done();
        }
        Pod pod = found.get();
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            if (state != null) {
                end(key, state);
            }
            Deletions.confirm(cluster, pod);
            return Result.done();
        }
        if (state == null) {
            if (over(pod)) {
                return Result.done();
            }
            state = begin(key, pod);
        }
        return advance(state, pod);
    }

    @Override
    public Optional<? extends ServedPod> find(String namespace, String name) {
        return Optional.ofNullable(known.get(new Key(namespace, name)));
    }

    @Override
    public Collection<? extends ServedPod> all() {
        return List.copyOf(known.values());
    }

    @Override
    public void close() {
        controller.close();
        known.forEach(this::end);
    }

    private SimulatedPod begin(Key key, Pod pod) {
        Instant now = cluster.now();
        String address = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
        if (address == null || address.isEmpty()) {
            address = addresses.take();
        } else {
            addresses.reserve(address);
        }
        boolean runs =
                pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase());
        String started = runs ? pod.getStatus().getStartTime() : null;
        Instant startAt = started == null ? now.plus(startDelay(pod)) : Instant.parse(started);
        var state = new SimulatedPod(pod, address, startAt, SimulatedDuration.of(pod));
        known.put(key, state);
        return state;
    }

    private Result advance(SimulatedPod state, Pod pod) {
        Instant now = cluster.now();
        if (now.isBefore(state.startAt())) {
            return Result.after(Duration.between(now, state.startAt()));
        }
        if (!state.started()) {
            startWorkload(state, pod);
            report(state, pod, false);
        }
        Optional<Instant> endAt = state.endAt();
        if (endAt.isEmpty()) {
            return Result.done();
        }
        if (now.isBefore(endAt.get())) {
            return Result.after(Duration.between(now, endAt.get()));
        }
        if (!state.ended()) {
            report(state, pod, true);
            state.end();
        }
        return Result.done();
    }

    private void startWorkload(SimulatedPod state, Pod pod) {
        try {
            state.start(workload.start(pod, state.podIp()));
        } catch (Exception e) {
            cluster.warning(pod, "Failed", "the simulated workload did not start: " + e.getMessage());
            throw new IllegalStateException("simulated workload of " + Key.of(pod) + ": " + e.getMessage(), e);
        }
    }

    private void report(SimulatedPod state, Pod pod, boolean ended) {
        var status = SimulatedStatus.of(pod, state, ended, cluster.now());
        StatusPatch.send(cluster, pod, StatusPatch.text(pod, status));
        cluster.normal(
                pod, ended ? "Completed" : "Started", ended ? "Simulated run is over" : "Simulated containers started");
    }

    private void end(Key key, SimulatedPod state) {
        if (known.remove(key, state)) {
            state.end();
            addresses.giveBack(state.podIp());
        } else {
            log.debug("{} had ended already", key);
        }
    }

    private Duration startDelay(Pod pod) {
        long span = config.startMost().minus(config.startLeast()).toMillis();
        var random = new Random(config.seed() * 31 + pod.getMetadata().getName().hashCode());
        return config.startLeast().plusMillis(span == 0 ? 0 : random.nextLong(span));
    }

    private static boolean over(Pod pod) {
        @Nullable
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return Objects.equals(phase, "Succeeded") || Objects.equals(phase, "Failed");
    }
}
