package dev.gyropilot.node.pod;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What to do next for a pod that is meant to run. A pure function of what its containers did so far.
 *
 * @param start containers to start now, in this order
 * @param backOff containers that will start again, later
 * @param wakeAt when the next of these may start
 * @param initialized whether all init containers have done their part
 * @param outcome {@code Succeeded} or {@code Failed} when nothing of the pod will run any more; its sidecars must go
 */
record PodPlan(
        List<String> start,
        List<String> backOff,
        Optional<Instant> wakeAt,
        boolean initialized,
        Optional<String> outcome) {
    static final String SUCCEEDED = "Succeeded";
    static final String FAILED = "Failed";

    /** Where a container stands. */
    enum Stage {
        NEW,
        RUNNING,
        ENDED
    }

    /**
     * One container, as far as planning goes.
     *
     * @param started whether it runs and its startup probe has passed
     * @param notBefore when it may start (again)
     */
    record View(String name, Role role, Stage stage, int exitCode, boolean started, Instant notBefore) {}

    /** @param containers init containers and sidecars in their order, then the others */
    static PodPlan of(List<View> containers, String restartPolicy, boolean wasInitialized, Instant now) {
        var build = new Building(restartPolicy, now);
        boolean initialized = wasInitialized ? build.keepSidecars(containers) : build.initialize(containers);
        if (initialized) {
            build.apps(containers);
        }
        return new PodPlan(
                List.copyOf(build.start),
                List.copyOf(build.backOff),
                Optional.ofNullable(build.wakeAt),
                initialized,
                Optional.ofNullable(build.outcome));
    }

    /** Whether a container that ended so is started again. */
    static boolean restarts(Role role, int exitCode, String restartPolicy) {
        return switch (role) {
            case SIDECAR -> true;
            case INIT -> exitCode != 0 && !restartPolicy.equals("Never");
            case APP -> restartPolicy.equals("Always") || (restartPolicy.equals("OnFailure") && exitCode != 0);
        };
    }

    private static final class Building {
        private final String restartPolicy;
        private final Instant now;
        private final List<String> start = new ArrayList<>();
        private final List<String> backOff = new ArrayList<>();

        @org.jspecify.annotations.Nullable
        private Instant wakeAt;

        @org.jspecify.annotations.Nullable
        private String outcome;

        Building(String restartPolicy, Instant now) {
            this.restartPolicy = restartPolicy;
            this.now = now;
        }

        /** Init containers one after another; a sidecar lets the next one pass once it has started. */
        boolean initialize(List<View> containers) {
            for (View container : containers) {
                boolean passed = switch (container.role()) {
                    case APP -> true;
                    case SIDECAR -> {
                        startUnlessRunning(container);
                        yield container.started();
                    }
                    case INIT -> {
                        if (container.stage() == Stage.ENDED && container.exitCode() == 0) {
                            yield true;
                        }
                        if (container.stage() == Stage.ENDED
                                && !restarts(Role.INIT, container.exitCode(), restartPolicy)) {
                            outcome = FAILED;
                        } else {
                            startUnlessRunning(container);
                        }
                        yield false;
                    }
                };
                if (!passed) {
                    return false;
                }
            }
            return true;
        }

        boolean keepSidecars(List<View> containers) {
            containers.stream().filter(c -> c.role() == Role.SIDECAR).forEach(this::startUnlessRunning);
            return true;
        }

        void apps(List<View> containers) {
            boolean over = true;
            boolean failed = false;
            for (View container : containers) {
                if (container.role() != Role.APP) {
                    continue;
                }
                if (container.stage() == Stage.ENDED && !restarts(Role.APP, container.exitCode(), restartPolicy)) {
                    failed |= container.exitCode() != 0;
                } else {
                    over = false;
                    startUnlessRunning(container);
                }
            }
            if (over) {
                start.clear();
                backOff.clear();
                wakeAt = null;
                outcome = failed ? FAILED : SUCCEEDED;
            }
        }

        private void startUnlessRunning(View container) {
            if (container.stage() == Stage.RUNNING) {
                return;
            }
            if (!now.isBefore(container.notBefore())) {
                start.add(container.name());
                return;
            }
            if (container.stage() == Stage.ENDED) {
                backOff.add(container.name());
            }
            if (wakeAt == null || container.notBefore().isBefore(wakeAt)) {
                wakeAt = container.notBefore();
            }
        }
    }
}
