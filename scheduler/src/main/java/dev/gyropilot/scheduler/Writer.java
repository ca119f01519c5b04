package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.brain.placement.Verdict;
import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes decisions to the API, many at once: bindings first of all, then what tells people about them. */
final class Writer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Writer.class);

    /** How many events and conditions may wait to be written; further ones are left out. */
    private static final int REPORT_LIMIT = 4096;

    private static final int REPORT_PARALLELISM = 16;
    private static final long CLOSE_LIMIT_SECONDS = 5;

    private final Cluster cluster;
    private final Semaphore binding;
    private final Semaphore reporting = new Semaphore(REPORT_PARALLELISM);
    private final Semaphore waitingReports = new Semaphore(REPORT_LIMIT);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("scheduler-writer-", 0).factory());

    /** Told when a binding is written, or why it was not. */
    @FunctionalInterface
    interface Written {
        void accept(@Nullable Exception failure) throws InterruptedException;
    }

    Writer(Cluster cluster, int parallelism) {
        this.cluster = cluster;
        this.binding = new Semaphore(parallelism);
    }

    /** Writes a decision; returns at once. */
    void bind(Pod pod, Verdict.Placed placed, Written written) {
        submit(() -> {
            Exception failure = null;
            binding.acquire();
            try {
                post(pod, placed.node());
            } catch (RuntimeException e) {
                failure = e;
            } finally {
                binding.release();
            }
            written.accept(failure);
            String where = Key.of(pod) + " to " + placed.node();
            if (failure == null) {
                report(() -> cluster.normal(pod, "Scheduled", "Successfully assigned " + where));
            } else {
                refusedBinding(pod, where, failure);
            }
        });
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

    /** Tells on the pod why it has no node. */
    void refused(Pod pod, String reason, String message) {
        report(() -> {
            condition(pod, reason, message);
            cluster.warning(pod, "FailedScheduling", message);
        });
    }

    private void condition(Pod pod, String reason, String message) {
        String now = cluster.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var status = new PodStatusBuilder()
                .withConditions(new PodConditionBuilder()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withReason(reason)
                        .withMessage(message)
                        .withLastTransitionTime(now)
                        .build())
                .build();
        try {
            var resource = cluster.client()
                    .pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName());
            String patch = cluster.client().getKubernetesSerialization().asJson(Map.of("status", status));
            var _ = resource.subresource("status").patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
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
