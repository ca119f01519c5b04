package dev.gyropilot.apiserver.controllers.job;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;

/** Creates a Job's pods, counts how they end, and says when the Job is done. */
public final class JobController implements Reconciler {
    private static final int PARALLELISM = 16;
    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private final Workspace workspace;

    private JobController(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("job", PARALLELISM, new JobController(workspace));
        workspace.watch(Job.class).addEventHandler(controller.handler(job -> List.of(Key.of(job))));
        workspace.watch(Pod.class).addEventHandler(controller.handler(pod -> Owners.controllerKey(pod, "Job")));
        return controller;
    }

    @Override
    public Result reconcile(Key key) throws Exception {
        Job job = workspace.get(Job.class, key).orElse(null);
        try (var changes = new Changes(workspace)) {
            if (job == null || job.getMetadata().getDeletionTimestamp() != null) {
                letGo(key, changes);
                return Result.done();
            }
            if (job.getStatus() != null && JobPlan.isFinished(job.getStatus())) {
                return expire(job, changes);
            }
            JobPlan plan = JobPlan.of(job, workspace.controlledBy(Pod.class, job), workspace.now());
            apply(job, plan, changes);
            report(job, plan.status(), changes);
            return plan.again().map(Result::after).orElse(Result.done());
        }
    }

    private void apply(Job job, JobPlan plan, Changes changes) throws Exception {
        var writes = new ArrayList<Callable<?>>();
        plan.release().forEach(pod -> writes.add(() -> release(pod, changes)));
        for (Pod pod : plan.delete()) {
            writes.add(() -> {
                // Stopped by us: it must not count as a failure of its own.
                release(pod, changes);
                boolean deleted = changes.delete(pod);
                workspace.normal(
                        job,
                        "SuccessfulDelete",
                        "Deleted pod: " + pod.getMetadata().getName());
                return deleted;
            });
        }
        plan.create().forEach(index -> writes.add(() -> create(job, index, changes)));
        Changes.sideBySide(writes);
    }

    private Pod create(Job job, int index, Changes changes) {
        Pod pod = Pods.fromTemplate(job.getSpec().getTemplate(), job, null);
        pod.getMetadata().getFinalizers().add(JobPlan.FINALIZER);
        if (index >= 0) {
            pod = indexed(pod, job.getMetadata().getName(), index);
        }
        try {
            Pod created = changes.create(pod);
            workspace.normal(
                    job,
                    "SuccessfulCreate",
                    "Created pod: " + created.getMetadata().getName());
            return created;
        } catch (KubernetesClientException e) {
            workspace.warning(job, "FailedCreate", "Error creating: " + e.getMessage());
            throw e;
        }
    }

    private static Pod indexed(Pod pod, String job, int index) {
        // The template's containers are shared by all pods of the Job: each pod needs its own to add a variable to.
        Pod copy = JSON.clone(pod);
        var spec = copy.getSpec();
        spec.getContainers().forEach(JobController::addIndexVariable);
        spec.getInitContainers().forEach(JobController::addIndexVariable);
        String suffix = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt(), 5);
        return new PodBuilder(copy)
                .editMetadata()
                .withGenerateName(null)
                .withName(job + "-" + index + "-" + suffix)
                .addToAnnotations(JobPlan.INDEX, Integer.toString(index))
                .addToLabels(JobPlan.INDEX, Integer.toString(index))
                .endMetadata()
                .editSpec()
                .withHostname(job + "-" + index)
                .endSpec()
                .build();
    }

    private static void addIndexVariable(Container container) {
        boolean known = container.getEnv().stream().anyMatch(e -> e.getName().equals("JOB_COMPLETION_INDEX"));
        if (!known) {
            container
                    .getEnv()
                    .add(new EnvVarBuilder()
                            .withName("JOB_COMPLETION_INDEX")
                            .withNewValueFrom()
                            .withNewFieldRef()
                            .withFieldPath("metadata.labels['" + JobPlan.INDEX + "']")
                            .endFieldRef()
                            .endValueFrom()
                            .build());
        }
    }

    private boolean release(Pod pod, Changes changes) {
        if (!JobPlan.hasFinalizer(pod)) {
            return false;
        }
        List<String> finalizers = pod.getMetadata().getFinalizers().stream()
                .filter(f -> !f.equals(JobPlan.FINALIZER))
                .toList();
        try {
            changes.merge(
                    pod,
                    JSON.asJson(
                            Map.of("metadata", Map.of("uid", pod.getMetadata().getUid(), "finalizers", finalizers))));
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            return false;
        }
    }

    /** The pods of a Job that is going or gone need not be counted. */
    private void letGo(Key key, Changes changes) {
        workspace.in(Pod.class, key.namespace()).stream()
                .filter(pod -> Owners.controllerKey(pod, "Job").contains(key))
                .forEach(pod -> release(pod, changes));
    }

    private void report(Job job, JobStatus status, Changes changes) {
        if (status.equals(job.getStatus())) {
            return;
        }
        changes.updateStatus(new JobBuilder(job).withStatus(status).build());
        JobStatus before = Objects.requireNonNullElseGet(job.getStatus(), JobStatus::new);
        for (JobCondition condition : status.getConditions()) {
            boolean news = before.getConditions().stream()
                    .noneMatch(c -> c.getType().equals(condition.getType())
                            && c.getStatus().equals(condition.getStatus()));
            if (news) {
                announce(job, condition);
            }
        }
    }

    private void announce(Job job, JobCondition condition) {
        switch (condition.getType()) {
            case "Complete" -> workspace.normal(job, "Completed", "Job completed");
            case "Failed" -> workspace.warning(job, condition.getReason(), condition.getMessage());
            case "Suspended" ->
                workspace.normal(
                        job, condition.getStatus().equals("True") ? "Suspended" : "Resumed", condition.getMessage());
            default -> {
                // The targets are followed by the end itself.
            }
        }
    }

    private Result expire(Job job, Changes changes) {
        letGo(Key.of(job), changes);
        Integer seconds = job.getSpec().getTtlSecondsAfterFinished();
        if (seconds == null) {
            return Result.done();
        }
        Optional<Instant> ended = job.getStatus().getConditions().stream()
                .filter(c -> c.getType().equals("Complete") || c.getType().equals("Failed"))
                .map(c -> Instant.parse(c.getLastTransitionTime()))
                .findFirst();
        Duration left =
                Duration.between(workspace.now(), ended.orElse(workspace.now()).plusSeconds(seconds));
        if (left.isPositive()) {
            return Result.after(left);
        }
        changes.delete(job);
        return Result.done();
    }
}
