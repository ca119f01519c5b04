package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.ControlGroup;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Posix;
import dev.gyropilot.node.process.Run;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Ends one run: preStop hook, SIGTERM to the process group, and at the deadline SIGKILL to whatever is left. */
final class ContainerStop {
    /** After a hook that used up the whole grace a program still gets this long, as from a kubelet. */
    private static final Duration LEAST_GRACE = Duration.ofSeconds(2);

    private static final long LOOK_MILLIS = 200;

    private final Run run;
    private final @Nullable ControlGroup group;
    private volatile long deadlineNanos;

    ContainerStop(Run run, @Nullable ControlGroup group, Duration grace) {
        this.run = run;
        this.group = group;
        this.deadlineNanos = System.nanoTime() + grace.toNanos();
    }

    /** Makes the end come sooner; a later deadline is ignored. */
    void shorten(Duration grace) {
        long wanted = System.nanoTime() + grace.toNanos();
        if (wanted - deadlineNanos < 0) {
            deadlineNanos = wanted;
        }
    }

    void begin(Container container, @Nullable Launch launch, String podIp, Consumer<String> hookFailed) {
        Thread.ofVirtual().name("stop " + container.getName()).start(() -> {
            try {
                preStop(container, launch, podIp, hookFailed);
                run.process().signalGroup(Posix.SIGTERM);
                if (!awaitExit()) {
                    run.process().signalGroup(Posix.SIGKILL);
                    if (group != null) {
                        group.kill();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void preStop(Container container, @Nullable Launch launch, String podIp, Consumer<String> failed)
            throws InterruptedException {
        LifecycleHandler hook = Hooks.preStop(container);
        long left = deadlineNanos - System.nanoTime();
        if (hook == null || left <= 0) {
            return;
        }
        Check.Answer answer = Hooks.run(hook, container, launch, podIp, Duration.ofNanos(left));
        if (!answer.success()) {
            failed.accept(answer.message());
        }
        long least = System.nanoTime() + LEAST_GRACE.toNanos();
        if (least - deadlineNanos > 0) {
            deadlineNanos = least;
        }
    }

    /** Looks at the deadline again and again because it may be shortened meanwhile. */
    private boolean awaitExit() throws InterruptedException {
        while (true) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            try {
                run.exit().get(Math.clamp(left, 0, LOOK_MILLIS), TimeUnit.MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                if (left <= 0) {
                    return false;
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException("an exit is only ever completed", e);
            }
        }
    }
}
