package dev.gyropilot.node.pod;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the API what became of a pod, only when it changed, and again until it was heard. */
final class PodReporter {
    private static final Logger log = LoggerFactory.getLogger(PodReporter.class);
    private static final Duration RETRY_FIRST = Duration.ofMillis(200);
    private static final Duration RETRY_LIMIT = Duration.ofSeconds(10);
    private static final Duration NEVER = Duration.ofMinutes(5);
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;

    private final NodeContext node;
    private @Nullable PodStatus reported;
    private String sent = "";
    private Duration retry = RETRY_FIRST;

    PodReporter(NodeContext node, Pod pod) {
        this.node = node;
        this.reported = pod.getStatus();
    }

    /** The status that the conditions' times are carried on from. */
    @Nullable
    PodStatus previous(Pod pod) {
        return reported;
    }

    /** Sends the status if it differs from the last one; the time until the next attempt is due. */
    Duration report(PodStatuses.Facts facts) {
        PodStatus status = PodStatuses.of(facts);
        String patch = StatusPatch.text(facts.pod(), status);
        if (patch.equals(sent)) {
            return NEVER;
        }
        try {
            StatusPatch.send(node.cluster(), facts.pod(), patch);
            sent = patch;
            reported = status;
            retry = RETRY_FIRST;
            return NEVER;
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND || e.getCode() == CONFLICT) {
                // Gone, or replaced by another pod of the same name; the watch will say so.
                return NEVER;
            }
            log.debug("status of {} was not reported: {}", PodWorker.name(facts.pod()), e.toString());
            Duration wait = retry;
            retry = retry.multipliedBy(2).compareTo(RETRY_LIMIT) < 0 ? retry.multipliedBy(2) : RETRY_LIMIT;
            return wait;
        }
    }

    /** Removes a pod whose processes have ended from the API; false when the API did not answer. */
    boolean confirmDeletion(Pod pod) {
        try {
            Deletions.confirm(node.cluster(), pod);
            return true;
        } catch (KubernetesClientException e) {
            log.debug("the end of {} was not confirmed: {}", PodWorker.name(pod), e.toString());
            return e.getCode() == NOT_FOUND || e.getCode() == CONFLICT;
        }
    }
}
