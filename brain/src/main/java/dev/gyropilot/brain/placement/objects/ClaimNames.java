package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;

/**
 * The ResourceClaims that a pod uses.
 *
 * @param names of those that exist or should, the implicit one of a placed pod among them
 * @param pending entries of the pod whose claim is still to be made from a template
 */
public record ClaimNames(List<String> names, List<String> pending) {
    /** Reads a pod's claims; an entry for which the status names no claim needs none. */
    public static ClaimNames of(Pod pod) {
        var names = new ArrayList<String>();
        var pending = new ArrayList<String>();
        var statuses = pod.getStatus() == null
                ? List.<io.fabric8.kubernetes.api.model.PodResourceClaimStatus>of()
                : orEmpty(pod.getStatus().getResourceClaimStatuses());
        for (var entry : orEmpty(pod.getSpec().getResourceClaims())) {
            if (entry.getResourceClaimName() != null) {
                names.add(entry.getResourceClaimName());
                continue;
            }
            var made = statuses.stream()
                    .filter(s -> s.getName().equals(entry.getName()))
                    .findFirst();
            if (made.isEmpty()) {
                pending.add(entry.getName());
            } else if (made.get().getResourceClaimName() != null) {
                names.add(made.get().getResourceClaimName());
            }
        }
        ExtendedReader.claim(pod).ifPresent(status -> names.add(status.getResourceClaimName()));
        return new ClaimNames(List.copyOf(names), List.copyOf(pending));
    }
}
