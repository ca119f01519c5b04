package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.Launch;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The probes of one run of a container, each on a virtual thread of its own. */
final class ProbeLoops implements AutoCloseable {
    private static final int PERIOD_SECONDS = 10;
    private static final int FAILURE_THRESHOLD = 3;

    /** What probes find out, told to the pod's worker. */
    interface Listener {
        void startupPassed();

        void readiness(boolean ready);

        /** The container must be restarted: its startup or liveness probe failed too often. */
        void failed(Probe probe, String kind);

        void unhealthy(String kind, String message);
    }

    private final Container container;
    private final Supplier<@Nullable Launch> launch;
    private final String podIp;
    private final Listener listener;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    ProbeLoops(Container container, Supplier<@Nullable Launch> launch, String podIp, Listener listener) {
        this.container = container;
        this.launch = launch;
        this.podIp = podIp;
        this.listener = listener;
    }

    /** @param started whether the startup probe has passed already, as after a restart of the node */
    void begin(boolean started) {
        Probe startup = container.getStartupProbe();
        if (startup != null && !started) {
            start("startup", () -> {
                if (startup(startup)) {
                    listener.startupPassed();
                    beginOthers();
                }
            });
        } else {
            beginOthers();
        }
    }

    private synchronized void beginOthers() {
        if (container.getReadinessProbe() != null) {
            start("readiness", () -> readiness(container.getReadinessProbe()));
        }
        if (container.getLivenessProbe() != null) {
            start("liveness", () -> liveness(container.getLivenessProbe()));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
    }

    private interface Loop {
        void run() throws InterruptedException;
    }

    private synchronized void start(String kind, Loop loop) {
        if (closed) {
            return;
        }
        threads.add(Thread.ofVirtual()
                .name(kind + " probe " + container.getName())
                .start(() -> {
                    try {
                        loop.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
    }

    private boolean startup(Probe probe) throws InterruptedException {
        initialDelay(probe);
        int failures = 0;
        while (true) {
            Check.Answer answer = ask(probe);
            if (answer.success()) {
                return true;
            }
            listener.unhealthy("Startup", answer.message());
            if (++failures >= threshold(probe)) {
                listener.failed(probe, "startup");
                return false;
            }
            period(probe);
        }
    }

    private void readiness(Probe probe) throws InterruptedException {
        initialDelay(probe);
        int successes = 0;
        int failures = 0;
        while (true) {
            Check.Answer answer = ask(probe);
            if (answer.success()) {
                failures = 0;
                if (++successes >= Objects.requireNonNullElse(probe.getSuccessThreshold(), 1)) {
                    listener.readiness(true);
                }
            } else {
                successes = 0;
                listener.unhealthy("Readiness", answer.message());
                if (++failures >= threshold(probe)) {
                    listener.readiness(false);
                }
            }
            period(probe);
        }
    }

    private void liveness(Probe probe) throws InterruptedException {
        initialDelay(probe);
        int failures = 0;
        while (true) {
            Check.Answer answer = ask(probe);
            if (answer.success()) {
                failures = 0;
            } else {
                listener.unhealthy("Liveness", answer.message());
                if (++failures >= threshold(probe)) {
                    listener.failed(probe, "liveness");
                    return;
                }
            }
            period(probe);
        }
    }

    private Check.Answer ask(Probe probe) throws InterruptedException {
        Duration limit = Duration.ofSeconds(Math.max(1, Objects.requireNonNullElse(probe.getTimeoutSeconds(), 1)));
        return Check.ask(
                probe.getExec(), probe.getHttpGet(), probe.getTcpSocket(), container, launch.get(), podIp, limit);
    }

    private static int threshold(Probe probe) {
        return Objects.requireNonNullElse(probe.getFailureThreshold(), FAILURE_THRESHOLD);
    }

    private static void initialDelay(Probe probe) throws InterruptedException {
        Thread.sleep(Duration.ofSeconds(Objects.requireNonNullElse(probe.getInitialDelaySeconds(), 0)));
    }

    private static void period(Probe probe) throws InterruptedException {
        Thread.sleep(
                Duration.ofSeconds(Math.max(1, Objects.requireNonNullElse(probe.getPeriodSeconds(), PERIOD_SECONDS))));
    }
}
