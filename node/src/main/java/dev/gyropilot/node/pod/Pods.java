package dev.gyropilot.node.pod;

import dev.gyropilot.node.server.ServedPods;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All pods of a node: a worker for each pod that is bound to it, and for each that an earlier node left on disk. */
public final class Pods implements ResourceEventHandler<Pod>, ServedPods {
    private static final Logger log = LoggerFactory.getLogger(Pods.class);
    private static final String POD_COUNT = "pods";

    private final NodeContext node;
    private final AddressRange addresses;
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private boolean closed;

    public Pods(NodeContext node, AddressRange addresses) {
        this.node = node;
        this.addresses = addresses;
    }

    /** Goes on with the pods that an earlier node left on disk; call before pods are watched. */
    public synchronized void adopt() throws IOException {
        if (!Files.isDirectory(node.pods())) {
            return;
        }
        try (Stream<Path> folders = Files.list(node.pods())) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                Optional<PodRecord> record = PodRecord.read(folder.resolve("record.json"));
                if (record.isEmpty()) {
                    log.warn("{} holds no readable record of a pod; it is left as it is", folder);
                    continue;
                }
                addresses.reserve(record.get().podIp());
                add(new PodWorker(node, record.get().pod(), record.get().podIp(), record.get()));
            }
        }
    }

    /** Ends what an earlier node left behind of pods that the API no longer has; call once all pods were listed. */
    public void reapUnknown(Collection<Pod> listed) {
        var known = listed.stream().map(p -> p.getMetadata().getUid()).toList();
        workers.forEach((uid, worker) -> {
            if (!known.contains(uid)) {
                log.info("pod {} is gone from the API: its processes are ended", PodWorker.name(worker.pod()));
                worker.removed();
            }
        });
    }

    @Override
    public void onAdd(Pod pod) {
        if (node.nodeName().equals(pod.getSpec().getNodeName())) {
            seen(pod);
        }
    }

    @Override
    public void onUpdate(Pod before, Pod after) {
        if (!before.getMetadata().getUid().equals(after.getMetadata().getUid())) {
            onDelete(before, false);
        }
        onAdd(after);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        PodWorker worker = workers.get(pod.getMetadata().getUid());
        if (worker != null) {
            worker.removed();
        }
    }

    /** The worker of a pod by namespace and name; the newest if an older one of that name is still ending. */
    @Override
    public Optional<PodWorker> find(String namespace, String name) {
        return workers.values().stream()
                .filter(w -> w.pod().getMetadata().getNamespace().equals(namespace)
                        && w.pod().getMetadata().getName().equals(name))
                .max(java.util.Comparator.comparing(w -> w.pod().getMetadata().getCreationTimestamp()));
    }

    @Override
    public Collection<PodWorker> all() {
        return List.copyOf(workers.values());
    }

    /** Stops all pods, each within its own grace and no longer than {@code limit}. */
    public void shutDown(Duration limit) throws InterruptedException {
        synchronized (this) {
            closed = true;
        }
        workers.values().forEach(w -> w.shutDown(limit));
        var all = CompletableFuture.allOf(
                workers.values().stream().map(PodWorker::finished).toArray(CompletableFuture[]::new));
        try {
            all.get(limit.plusSeconds(5).toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
            log.warn("not all pods ended within {} s", limit.toSeconds() + 5);
        }
    }

    /** Lets go of all pods; their processes run on and the next node adopts them. */
    public synchronized void abandon() {
        closed = true;
        workers.values().forEach(PodWorker::abandon);
    }

    private synchronized void seen(Pod pod) {
        PodWorker known = workers.get(pod.getMetadata().getUid());
        if (known != null) {
            known.update(pod);
            return;
        }
        if (closed) {
            return;
        }
        String phase = pod.getStatus() == null
                ? ""
                : Objects.requireNonNullElse(pod.getStatus().getPhase(), "");
        boolean over = phase.equals(PodPlan.SUCCEEDED) || phase.equals(PodPlan.FAILED);
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            later("confirm the deletion of", pod, () -> Deletions.confirm(node.cluster(), pod));
        } else if (!over) {
            admit(pod);
        }
    }

    private void admit(Pod pod) {
        Optional<Refusal> refusal = refusal(pod);
        if (refusal.isPresent()) {
            String reason = refusal.get().reason();
            String message = refusal.get().message();
            node.cluster().warning(pod, reason, message);
            var status = PodStatuses.rejected(pod, reason, message, node.now());
            later("refuse", pod, () -> StatusPatch.send(node.cluster(), pod, StatusPatch.text(pod, status)));
            return;
        }
        String address = addresses.take();
        try {
            add(new PodWorker(node, pod, address, null));
        } catch (IOException e) {
            addresses.giveBack(address);
            log.warn("pod {} cannot be started: {}", PodWorker.name(pod), e.toString());
            node.cluster().warning(pod, "FailedCreatePodSandBox", "the pod's folder cannot be made: " + e.getMessage());
        }
    }

    private void add(PodWorker worker) {
        workers.put(worker.pod().getMetadata().getUid(), worker);
        var _ = worker.finished().thenRun(() -> {
            if (workers.remove(worker.pod().getMetadata().getUid(), worker)) {
                addresses.giveBack(worker.podIp());
            }
        });
        worker.start();
    }

    private record Refusal(String reason, String message) {}

    /** A pod that was bound past a scheduler is held against what is left of the node, as kubelets do. */
    private Optional<Refusal> refusal(Pod pod) {
        var active = workers.values().stream().filter(PodWorker::active).toList();
        BigDecimal room = amount(node.allocatable().get(POD_COUNT));
        if (BigDecimal.valueOf(active.size()).compareTo(room) >= 0) {
            return Optional.of(
                    new Refusal("OutOfpods", text(POD_COUNT, BigDecimal.ONE, BigDecimal.valueOf(active.size()), room)));
        }
        for (var wanted : Qos.requests(pod).entrySet()) {
            String resource = wanted.getKey();
            if (wanted.getValue().signum() == 0) {
                continue;
            }
            BigDecimal used = active.stream()
                    .map(w -> Qos.requests(w.pod()).getOrDefault(resource, BigDecimal.ZERO))
                    .reduce(BigDecimal.ZERO, BigDecimal::add);
            BigDecimal capacity = amount(node.allocatable().get(resource));
            if (used.add(wanted.getValue()).compareTo(capacity) > 0) {
                return Optional.of(new Refusal("OutOf" + resource, text(resource, wanted.getValue(), used, capacity)));
            }
        }
        return Optional.empty();
    }

    private static String text(String resource, BigDecimal wanted, BigDecimal used, BigDecimal capacity) {
        int shift = resource.equals("cpu") ? 3 : 0;
        return "Pod was rejected: Node didn't have enough resource: " + resource + ", requested: "
                + wanted.movePointRight(shift).toBigInteger() + ", used: "
                + used.movePointRight(shift).toBigInteger() + ", capacity: "
                + capacity.movePointRight(shift).toBigInteger();
    }

    private static BigDecimal amount(@org.jspecify.annotations.Nullable Quantity quantity) {
        return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
    }

    /** Off the informer's thread. */
    private static void later(String what, Pod pod, Runnable call) {
        Thread.ofVirtual().start(() -> {
            try {
                call.run();
            } catch (KubernetesClientException e) {
                log.warn("could not {} pod {}: {}", what, PodWorker.name(pod), e.toString());
            }
        });
    }
}
