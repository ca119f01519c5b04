package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.Launch;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Runs postStart and preStop handlers. */
final class Hooks {
    /** A postStart hook has no time limit of its own in the API. */
    static final Duration POST_START_LIMIT = Duration.ofMinutes(10);

    private Hooks() {}

    static @Nullable LifecycleHandler postStart(Container container) {
        return container.getLifecycle() == null
                ? null
                : container.getLifecycle().getPostStart();
    }

    static @Nullable LifecycleHandler preStop(Container container) {
        return container.getLifecycle() == null
                ? null
                : container.getLifecycle().getPreStop();
    }

    static Check.Answer run(
            LifecycleHandler handler, Container container, @Nullable Launch launch, String podIp, Duration limit)
            throws InterruptedException {
        if (handler.getSleep() != null) {
            Duration wanted = Duration.ofSeconds(handler.getSleep().getSeconds());
            Thread.sleep(wanted.compareTo(limit) < 0 ? wanted : limit);
            return Check.Answer.OK;
        }
        return Check.ask(
                handler.getExec(), handler.getHttpGet(), handler.getTcpSocket(), container, launch, podIp, limit);
    }
}
