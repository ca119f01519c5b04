package dev.gyropilot.apiserver.controllers.job;

import dev.gyropilot.apiserver.controllers.Pods;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.UncountedTerminatedPods;
import io.fabric8.kubernetes.api.model.batch.v1.UncountedTerminatedPodsBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Job needs next. Ended pods are counted exactly once, also over restarts: the status names them as uncounted, then
 * their finalizer goes, then they are added to the count.
 *
 * @param status the status to write
 * @param release pods that the present status already names: their finalizer can go
 * @param delete active pods to stop
 * @param create completion indexes of the pods to make; -1 for each pod of a Job without indexes
 * @param again when to look again
 */
record JobPlan(JobStatus status, List<Pod> release, List<Pod> delete, List<Integer> create, Optional<Duration> again) {
    static final String FINALIZER = "batch.kubernetes.io/job-tracking";
    static final String INDEX = "batch.kubernetes.io/job-completion-index";

    private static final Duration BACKOFF_FIRST = Duration.ofSeconds(10);
    private static final Duration BACKOFF_LIMIT = Duration.ofMinutes(10);

    static JobPlan of(Job job, List<Pod> pods, Instant now) {
        return new Planner(job, pods, now).plan();
    }

    /** Whether the Job has ended for good. */
    static boolean isFinished(JobStatus status) {
        return has(status, "Complete") || has(status, "Failed");
    }

    private static boolean has(JobStatus status, String type) {
        return status.getConditions().stream()
                .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
    }

    private static final class Planner {
        private final JobSpec spec;
        private final List<Pod> pods;
        private final Instant now;
        private final JobStatus before;
        private final JobStatus status;
        private final List<Pod> active;
        private final boolean indexed;
        private final List<JobCondition> conditions;
        private Optional<Duration> again = Optional.empty();

        Planner(Job job, List<Pod> pods, Instant now) {
            this.spec = job.getSpec();
            this.pods = pods;
            this.now = now;
            this.before = Objects.requireNonNullElseGet(job.getStatus(), JobStatus::new);
            this.status = new JobStatusBuilder(before).build();
            this.active = pods.stream().filter(Pods::isActive).toList();
            this.indexed = "Indexed".equals(spec.getCompletionMode());
            this.conditions = new ArrayList<>(before.getConditions());
        }

        JobPlan plan() {
            List<Pod> release = count();
            boolean suspended = Boolean.TRUE.equals(spec.getSuspend());
            List<Pod> delete = List.of();
            List<Integer> create = List.of();
            if (!isFinished(before)) {
                if (!has(before, "SuccessCriteriaMet") && !has(before, "FailureTarget")) {
                    judge();
                }
                boolean ending = conditionIs("SuccessCriteriaMet") || conditionIs("FailureTarget");
                suspend(suspended && !ending);
                if (ending || suspended) {
                    delete = active;
                } else {
                    delete = surplus();
                    create = delete.isEmpty() ? missing() : List.of();
                }
                if (ending) {
                    end();
                }
            }
            int stay = active.size() - delete.size();
            status.setActive(orNull(stay + create.size()));
            status.setReady(
                    isEnding() ? 0 : (int) active.stream().filter(Pods::isReady).count());
            status.setTerminating((int) pods.stream()
                    .filter(pod -> Pods.isTerminating(pod) && !Pods.isFinished(pod))
                    .count());
            status.setConditions(conditions);
            return new JobPlan(status, release, delete, create, again);
        }

        private boolean isEnding() {
            return conditionIs("SuccessCriteriaMet") || conditionIs("FailureTarget");
        }

        /** Moves the pods that were named before into the counts, and names the newly ended ones. */
        private List<Pod> count() {
            UncountedTerminatedPods named =
                    Objects.requireNonNullElseGet(before.getUncountedTerminatedPods(), UncountedTerminatedPods::new);
            List<Pod> release = pods.stream()
                    .filter(pod -> hasFinalizer(pod) && isNamed(named, pod))
                    .toList();
            var uncounted = new UncountedTerminatedPodsBuilder();
            if (!release.isEmpty()) {
                // Named but not yet released: they stay named until their finalizer is gone.
                uncounted = new UncountedTerminatedPodsBuilder(named);
            } else {
                status.setSucceeded(
                        orNull(or0(before.getSucceeded()) + named.getSucceeded().size()));
                status.setFailed(
                        orNull(or0(before.getFailed()) + named.getFailed().size()));
            }
            SortedSet<Integer> completed = completed();
            for (Pod pod : pods) {
                if (!hasFinalizer(pod) || isNamed(named, pod)) {
                    continue;
                }
                if (Pods.phase(pod).equals("Succeeded")) {
                    if (!indexed || completed.add(index(pod))) {
                        uncounted.addToSucceeded(pod.getMetadata().getUid());
                    } else {
                        uncounted.addToFailed(pod.getMetadata().getUid());
                    }
                } else if (Pods.isFinished(pod) || Pods.isTerminating(pod)) {
                    uncounted.addToFailed(pod.getMetadata().getUid());
                }
            }
            status.setUncountedTerminatedPods(uncounted.build());
            if (indexed) {
                status.setSucceeded(
                        orNull(completed.size() - uncounted.getSucceeded().size()));
                status.setCompletedIndexes(completed.isEmpty() ? null : Indexes.format(completed));
            }
            return release;
        }

        private void judge() {
            int backoffLimit = Objects.requireNonNullElse(spec.getBackoffLimit(), 6);
            Long deadline = spec.getActiveDeadlineSeconds();
            Optional<Instant> started =
                    Optional.ofNullable(before.getStartTime()).map(Instant::parse);
            boolean suspended = Boolean.TRUE.equals(spec.getSuspend());
            if (succeeded() >= wanted() && (spec.getCompletions() != null || (active.isEmpty() && succeeded() > 0))) {
                set("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
            } else if (failed() > backoffLimit || restarts() > backoffLimit) {
                set("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
            } else if (deadline != null && !suspended && started.isPresent()) {
                Instant end = started.get().plusSeconds(deadline);
                if (end.isAfter(now)) {
                    comeBack(Duration.between(now, end));
                } else {
                    set("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline");
                }
            }
        }

        private void suspend(boolean suspended) {
            boolean was = conditionIs("Suspended");
            if (suspended && !was) {
                set("Suspended", "JobSuspended", "Job suspended");
                status.setStartTime(null);
            } else if (!suspended && was) {
                conditions.removeIf(c -> c.getType().equals("Suspended"));
                conditions.add(condition("Suspended", "False", "JobResumed", "Job resumed"));
                status.setStartTime(time());
            } else if (!suspended && status.getStartTime() == null) {
                status.setStartTime(time());
            }
        }

        /** The last word, once no pod runs and all are counted. */
        private void end() {
            boolean settled = pods.stream().noneMatch(pod -> !Pods.isFinished(pod) || hasFinalizer(pod))
                    && status.getUncountedTerminatedPods().getSucceeded().isEmpty()
                    && status.getUncountedTerminatedPods().getFailed().isEmpty();
            if (!settled) {
                return;
            }
            JobCondition target = conditions.stream()
                    .filter(c -> c.getType().equals("SuccessCriteriaMet")
                            || c.getType().equals("FailureTarget"))
                    .findFirst()
                    .orElseThrow();
            boolean success = target.getType().equals("SuccessCriteriaMet");
            set(success ? "Complete" : "Failed", target.getReason(), target.getMessage());
            if (success) {
                status.setCompletionTime(time());
            }
        }

        private List<Pod> surplus() {
            int most = Math.min(parallelism(), Math.max(0, wanted() - succeeded()));
            if (spec.getCompletions() == null) {
                most = succeeded() > 0 ? active.size() : parallelism();
            }
            return Pods.leastWorthFirst(active).subList(0, Math.max(0, active.size() - most));
        }

        private List<Integer> missing() {
            int room = parallelism()
                    - active.size()
                    - (int) pods.stream()
                            .filter(pod -> Pods.isTerminating(pod) && !Pods.isFinished(pod))
                            .count();
            if (spec.getCompletions() == null) {
                room = succeeded() > 0 ? 0 : room;
            } else {
                room = Math.min(room, wanted() - succeeded() - active.size());
            }
            if (room <= 0) {
                return List.of();
            }
            Optional<Duration> wait = backoff();
            if (wait.isPresent()) {
                comeBack(wait.get());
                return List.of();
            }
            return indexed ? freeIndexes(room) : Collections.nCopies(room, -1);
        }

        private List<Integer> freeIndexes(int room) {
            SortedSet<Integer> taken = Indexes.parse(Objects.requireNonNullElse(status.getCompletedIndexes(), ""));
            active.forEach(pod -> taken.add(index(pod)));
            var free = new ArrayList<Integer>();
            for (int i = 0; i < wanted() && free.size() < room; i++) {
                if (!taken.contains(i)) {
                    free.add(i);
                }
            }
            return free;
        }

        /** After failures the next pod waits: 10 s, 20 s, … after the end of the last one that failed. */
        private Optional<Duration> backoff() {
            Optional<Instant> last = pods.stream()
                    .filter(pod -> Pods.phase(pod).equals("Failed"))
                    .map(Planner::endedAt)
                    .max(Comparator.naturalOrder());
            if (failed() == 0 || last.isEmpty()) {
                return Optional.empty();
            }
            long factor = 1L << Math.min(failed() - 1, 10);
            Duration delay = BACKOFF_FIRST.multipliedBy(factor);
            Instant next = last.get().plus(delay.compareTo(BACKOFF_LIMIT) > 0 ? BACKOFF_LIMIT : delay);
            return next.isAfter(now) ? Optional.of(Duration.between(now, next)) : Optional.empty();
        }

        private static Instant endedAt(Pod pod) {
            return pod.getStatus().getContainerStatuses().stream()
                    .map(ContainerStatus::getState)
                    .filter(state -> state != null && state.getTerminated() != null)
                    .map(state -> state.getTerminated())
                    .map(ContainerStateTerminated::getFinishedAt)
                    .filter(Objects::nonNull)
                    .map(Instant::parse)
                    .max(Comparator.naturalOrder())
                    .orElse(Pods.created(pod));
        }

        private int restarts() {
            return "OnFailure".equals(spec.getTemplate().getSpec().getRestartPolicy())
                    ? active.stream().mapToInt(Pods::restarts).sum()
                    : 0;
        }

        private int succeeded() {
            return or0(status.getSucceeded())
                    + status.getUncountedTerminatedPods().getSucceeded().size();
        }

        private int failed() {
            return or0(status.getFailed())
                    + status.getUncountedTerminatedPods().getFailed().size();
        }

        private int wanted() {
            return Objects.requireNonNullElse(spec.getCompletions(), 1);
        }

        private int parallelism() {
            return Objects.requireNonNullElse(spec.getParallelism(), 1);
        }

        private SortedSet<Integer> completed() {
            return indexed
                    ? Indexes.parse(Objects.requireNonNullElse(before.getCompletedIndexes(), ""))
                    : new TreeSet<>();
        }

        private void comeBack(Duration delay) {
            again = again.filter(d -> d.compareTo(delay) <= 0).or(() -> Optional.of(delay));
        }

        private boolean conditionIs(String type) {
            return conditions.stream()
                    .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
        }

        private void set(String type, String reason, String message) {
            conditions.removeIf(c -> c.getType().equals(type));
            conditions.add(condition(type, "True", reason, message));
        }

        private JobCondition condition(String type, String status, String reason, String message) {
            return new JobConditionBuilder()
                    .withType(type)
                    .withStatus(status)
                    .withReason(reason)
                    .withMessage(message)
                    .withLastProbeTime(time())
                    .withLastTransitionTime(time())
                    .build();
        }

        private String time() {
            return now.truncatedTo(ChronoUnit.SECONDS).toString();
        }
    }

    static boolean hasFinalizer(Pod pod) {
        return pod.getMetadata().getFinalizers().contains(FINALIZER);
    }

    static int index(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(INDEX);
        return text == null ? -1 : Integer.parseInt(text);
    }

    private static boolean isNamed(UncountedTerminatedPods named, Pod pod) {
        String uid = pod.getMetadata().getUid();
        return named.getSucceeded().contains(uid) || named.getFailed().contains(uid);
    }

    private static int or0(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static @Nullable Integer orNull(int value) {
        return value == 0 ? null : value;
    }
}
