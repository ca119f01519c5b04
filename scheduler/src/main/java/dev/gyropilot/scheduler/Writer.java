package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes decisions to the API, many at once: bindings first of all, then what tells people about them. */
final class Writer implements Actions, Remarks, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Writer.class);

    /** How many events and conditions may wait to be written; further ones are left out. */
    private static final int REPORT_LIMIT = 4096;

    private static final int REPORT_PARALLELISM = 16;
    private static final long CLOSE_LIMIT_SECONDS = 5;

    private final Cluster cluster;
    private final Inbox inbox;
    private final boolean devicesServed;
    private final ClaimWriter claims;
    private final Semaphore binding;
    private final Semaphore reporting = new Semaphore(REPORT_PARALLELISM);
    private final Semaphore waitingReports = new Semaphore(REPORT_LIMIT);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("scheduler-writer-", 0).factory());

    /** @param devicesServed whether the API serves device claims */
    Writer(Cluster cluster, int parallelism, Inbox inbox, boolean devicesServed) {
        this.devicesServed = devicesServed;
        this.cluster = cluster;
        this.inbox = inbox;
        this.binding = new Semaphore(parallelism);
        this.claims = new ClaimWriter(cluster.client(), cluster::now);
    }

    @Override
    public void bind(List<Bind> gang) {
        if (gang.size() == 1) {
            submit(() -> bindOne(gang.getFirst()));
        } else {
            submit(() -> bindAll(gang));
        }
    }

    /** The pod's claims first. */
    private void bindOne(Bind one) throws InterruptedException {
        Exception failure = null;
        var versions = new HashMap<String, Long>();
        binding.acquire();
        try {
            reserve(one, versions);
            post(one.pod(), one.placed().node());
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            binding.release();
        }
        tell(one, failure, versions);
    }

    /**
     * All claims first, and only when every one is reserved the bindings. When a claim fails nothing is bound, and what was
     * reserved is given back.
     */
    private void bindAll(List<Bind> gang) throws InterruptedException {
        var reserved = new ArrayList<Callable<Map<String, Long>>>();
        gang.forEach(one -> reserved.add(() -> {
            var versions = new HashMap<String, Long>();
            if (!one.claimNames().isEmpty() || one.placed().implicit().isPresent()) {
                throttled(() -> reserve(one, versions));
            }
            return versions;
        }));
        var versions = new ArrayList<Map<String, Long>>();
        Exception failure = null;
        for (Future<Map<String, Long>> future : threads.invokeAll(reserved)) {
            try {
                versions.add(future.get());
            } catch (ExecutionException e) {
                versions.add(Map.of());
                failure = e.getCause() instanceof Exception cause ? cause : e;
            }
        }
        for (int i = 0; i < gang.size(); i++) {
            Bind one = gang.get(i);
            Map<String, Long> written = versions.get(i);
            if (failure == null) {
                submit(() -> bindReserved(one, written));
            } else {
                inbox.put(written(one, failure, written));
                release(one, one.claimNames());
            }
        }
        if (failure != null) {
            log.info("a gang of {} was not bound, trying again: {}", gang.size(), failure.toString());
        }
    }

    private void bindReserved(Bind one, Map<String, Long> versions) throws InterruptedException {
        Exception failure = null;
        try {
            throttled(() -> post(one.pod(), one.placed().node()));
        } catch (RuntimeException e) {
            failure = e;
        }
        tell(one, failure, versions);
    }

    /** Tells the loop and people what became of a binding. */
    private void tell(Bind one, @Nullable Exception failure, Map<String, Long> versions) throws InterruptedException {
        inbox.put(written(one, failure, versions));
        String where = Key.of(one.pod()) + " to " + one.placed().node();
        if (failure == null) {
            report(() -> cluster.normal(one.pod(), "Scheduled", "Successfully assigned " + where));
        } else {
            release(one, versions.keySet());
            refusedBinding(one.pod(), where, failure);
        }
    }

    private static Input written(Bind one, @Nullable Exception failure, Map<String, Long> versions) {
        return new Input.Written(
                one.decision(), Optional.ofNullable(failure).map(Exception::toString), Map.copyOf(versions));
    }

    private void throttled(Runnable work) throws InterruptedException {
        binding.acquire();
        try {
            work.run();
        } finally {
            binding.release();
        }
    }

    @Override
    public void evict(long decision, String job, Pod pod, String reason, String message) {
        submit(() -> {
            var resource = cluster.client()
                    .pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName());
            cluster.warning(pod, reason, message);
            condition(
                    pod,
                    "DisruptionTarget",
                    "True",
                    reason.equals(DeviceEvictions.EVENT) ? DeviceEvictions.CONDITION : "PreemptionByScheduler",
                    message);
            try {
                var _ = resource.delete();
            } catch (KubernetesClientException e) {
                log.info("{} was not stopped: {}", Key.of(pod), e.getMessage());
                inbox.put(new Input.NotStopped(job));
            }
        });
    }

    @Override
    public void queueStatus(QueueStatuses.Seen seen) {
        report(() -> cluster.cached(Queue.class, new Key("", seen.rules().name()))
                .ifPresent(queue -> {
                    var written = new Queue();
                    written.setMetadata(queue.getMetadata());
                    written.setSpec(queue.getSpec());
                    written.setStatus(QueueStatusWriter.status(queue, seen, devicesServed, cluster.now()));
                    try {
                        var _ = cluster.client().resource(written).updateStatus();
                        seen.problem().ifPresent(problem -> cluster.warning(queue, "ParentNotUsable", problem));
                    } catch (KubernetesClientException e) {
                        log.debug(
                                "status of queue {} not written: {}",
                                seen.rules().name(),
                                e.getMessage());
                    }
                }));
    }

    private void reserve(Bind one, Map<String, Long> versions) {
        Pod pod = one.pod();
        for (String name : one.claimNames()) {
            ClaimAllocation decided = one.placed().allocations().stream()
                    .filter(a -> a.name().equals(name))
                    .findFirst()
                    .orElse(null);
            var known = cluster.cached(
                    ResourceClaim.class, new Key(pod.getMetadata().getNamespace(), name));
            ResourceClaim claim = claims.reserve(name, pod, decided, known);
            versions.put(name, ClaimFeed.version(claim));
        }
        one.placed().implicit().ifPresent(implicit -> {
            String name = implicit.claim().name();
            ClaimAllocation decided = one.placed().allocations().stream()
                    .filter(allocation -> allocation.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            versions.put(name, ClaimFeed.version(claims.make(pod, implicit, decided)));
        });
    }

    /** Gives back what was reserved; a claim that was made for the decision goes. */
    private void release(Bind one, Collection<String> names) {
        Pod pod = one.pod();
        var all = new LinkedHashSet<>(names);
        Optional<String> implicit = one.placed().implicit().map(i -> i.claim().name());
        implicit.ifPresent(all::add);
        for (String name : all) {
            try {
                if (implicit.equals(Optional.of(name))) {
                    claims.discard(pod, name);
                } else {
                    claims.release(
                            pod.getMetadata().getNamespace(),
                            name,
                            pod.getMetadata().getUid());
                }
            } catch (KubernetesClientException e) {
                log.info(
                        "claim {} stays reserved for {} until the claim controller sees it: {}",
                        name,
                        Key.of(pod),
                        e.getMessage());
            }
        }
    }

    private void post(Pod pod, String node) {
        var metadata = pod.getMetadata();
        Binding body = new BindingBuilder()
                .withNewMetadata()
                .withName(metadata.getName())
                .withNamespace(metadata.getNamespace())
                .withUid(metadata.getUid())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build();
        var _ = cluster.client()
                .raw(
                        "/api/v1/namespaces/" + metadata.getNamespace() + "/pods/" + metadata.getName() + "/binding",
                        "POST",
                        body);
    }

    private void refusedBinding(Pod pod, String where, Exception failure) {
        int code = failure instanceof KubernetesClientException k ? k.getCode() : 0;
        if (code == 404) {
            log.debug("{} is gone, not bound", where);
            return;
        }
        log.info("binding {} failed, trying again: {}", where, failure.toString());
        if (code != 409) {
            report(() ->
                    cluster.warning(pod, "FailedScheduling", "binding " + where + " failed: " + failure.getMessage()));
        }
    }

    @Override
    public void invalid(HasMetadata object, String message) {
        report(() -> cluster.warning(object, "Invalid", message));
    }

    @Override
    public void invalidSlice(String name, String message) {
        cluster.cached(ResourceSlice.class, new Key("", name)).ifPresent(slice -> invalid(slice, message));
    }

    @Override
    public void refuse(long decision, Pod pod, String reason, String message) {
        refuse(pod, reason, message);
    }

    /** Tells on the pod why it has no node. */
    void refuse(Pod pod, String reason, String message) {
        report(() -> {
            condition(pod, "PodScheduled", "False", reason, message);
            cluster.warning(pod, "FailedScheduling", message);
        });
    }

    private void condition(Pod pod, String type, String value, String reason, String message) {
        String now = cluster.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var status = new PodStatusBuilder()
                .withConditions(new PodConditionBuilder()
                        .withType(type)
                        .withStatus(value)
                        .withReason(reason)
                        .withMessage(message)
                        .withLastTransitionTime(now)
                        .build())
                .build();
        try {
            String patch = cluster.client().getKubernetesSerialization().asJson(Map.of("status", status));
            // For a name alone the client would read the pod first, which the scheduler may not.
            var _ = cluster.client()
                    .resource(pod)
                    .subresource("status")
                    .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
        } catch (KubernetesClientException e) {
            log.debug("condition of {} not written: {}", Key.of(pod), e.getMessage());
        }
    }

    private void report(Runnable work) {
        if (!waitingReports.tryAcquire()) {
            log.warn("{} reports are waiting to be written; one was left out", REPORT_LIMIT);
            return;
        }
        submit(() -> {
            try {
                reporting.acquire();
                try {
                    work.run();
                } finally {
                    reporting.release();
                }
            } finally {
                waitingReports.release();
            }
        });
    }

    @FunctionalInterface
    private interface Work {
        void run() throws InterruptedException;
    }

    private void submit(Work work) {
        try {
            threads.execute(() -> {
                try {
                    work.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    log.warn("a report could not be written: {}", e.toString());
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("closing; not written");
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
