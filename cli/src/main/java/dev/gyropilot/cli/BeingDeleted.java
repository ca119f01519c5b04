package dev.gyropilot.cli;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what an earlier removal still deletes. A namespace that is being deleted takes nothing new, and a definition would
 * take what is applied to it along.
 */
final class BeingDeleted {
    /** How often the progress shows what is still there. */
    private static final long LOOK_MILLIS = 1_000;

    private final KubernetesClient client;
    private final Terminal terminal;

    BeingDeleted(KubernetesClient client, Terminal terminal) {
        this.client = client;
        this.terminal = terminal;
    }

    /**
     * Returns when none of these objects is being deleted any more.
     *
     * @param limit for all of them together; zero does not wait but refuses
     */
    void await(List<? extends HasMetadata> objects, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        for (HasMetadata object : objects) {
            HasMetadata present = client.resource(object).get();
            boolean waited = false;
            while (present != null && isLeaving(present)) {
                String name = present.getKind().toLowerCase(Locale.ROOT) + " "
                        + present.getMetadata().getName();
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new CliError(
                            name + " is still being deleted"
                                    + (limit.isZero() ? "" : " after " + limit.toSeconds() + " s") + remains(present),
                            "Wait until it is gone or give a longer --timeout; what holds it tells kubectl get " + name
                                    + " -o yaml.");
                }
                waited = true;
                terminal.doing("waiting for " + name + ", which is being deleted" + remains(present));
                present = look(object, Math.min(left, TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)));
            }
            if (waited) {
                terminal.done(object.getKind().toLowerCase(Locale.ROOT) + " "
                        + object.getMetadata().getName() + " is gone");
            }
        }
    }

    /** The object as it is after that time, or as soon as it is gone. */
    private @Nullable HasMetadata look(HasMetadata object, long nanos) {
        try {
            return client.resource(object).waitUntilCondition(o -> !isLeaving(o), nanos, TimeUnit.NANOSECONDS);
        } catch (KubernetesClientTimeoutException e) {
            return client.resource(object).get();
        }
    }

    private static boolean isLeaving(@Nullable HasMetadata object) {
        return object != null && object.getMetadata().getDeletionTimestamp() != null;
    }

    /** What keeps it, as far as it says. */
    private static String remains(HasMetadata object) {
        Stream<String> told = object instanceof Namespace namespace && namespace.getStatus() != null
                ? namespace.getStatus().getConditions().stream()
                        .filter(c -> "True".equals(c.getStatus()))
                        .map(NamespaceCondition::getMessage)
                        .filter(Objects::nonNull)
                : Stream.empty();
        List<String> reasons = Stream.concat(
                        told, object.getMetadata().getFinalizers().stream().map(finalizer -> "finalizer " + finalizer))
                .toList();
        return reasons.isEmpty() ? "" : ": " + String.join("; ", reasons);
    }
}
