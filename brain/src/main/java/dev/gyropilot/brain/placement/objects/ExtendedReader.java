package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;

import dev.gyropilot.brain.placement.device.ExtendedAsk;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodExtendedResourceClaimStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What containers ask of extended resources, and the claim that serves them on the pod's node. */
final class ExtendedReader {
    private ExtendedReader() {}

    /** In the order in which the containers start, and by resource; what the pod's claim serves already is left out. */
    static List<ExtendedAsk> asks(Pod pod) {
        List<Container> passing = orEmpty(pod.getSpec().getInitContainers());
        var containers = new ArrayList<>(passing);
        containers.addAll(orEmpty(pod.getSpec().getContainers()));
        Set<String> served = served(pod);
        var result = new ArrayList<ExtendedAsk>();
        for (int i = 0; i < containers.size(); i++) {
            Container container = containers.get(i);
            boolean ends = i < passing.size() && !"Always".equals(container.getRestartPolicy());
            Map<String, Quantity> requests =
                    container.getResources() == null || container.getResources().getRequests() == null
                            ? Map.of()
                            : new TreeMap<>(container.getResources().getRequests());
            int j = 0;
            for (var request : requests.entrySet()) {
                long count = whole(request.getValue());
                if (count > 0 && ExtendedAsk.isExtended(request.getKey()) && !served.contains(request.getKey())) {
                    result.add(new ExtendedAsk(
                            container.getName(), request.getKey(), "container-" + i + "-request-" + j, count, ends));
                }
                j++;
            }
        }
        return result;
    }

    /** The resources that the claim of a placed pod serves. */
    static Set<String> served(Pod pod) {
        return claim(pod).stream()
                .flatMap(status -> orEmpty(status.getRequestMappings()).stream())
                .map(mapping -> mapping.getResourceName())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Of a pod without a node, what the status says is left from an attempt that failed. */
    static Optional<PodExtendedResourceClaimStatus> claim(Pod pod) {
        String node = pod.getSpec().getNodeName();
        return node == null || node.isEmpty() || pod.getStatus() == null
                ? Optional.empty()
                : Optional.ofNullable(pod.getStatus().getExtendedResourceClaimStatus());
    }

    /** No device is given out in part: fractions count as nothing here. */
    private static long whole(Quantity quantity) {
        BigDecimal amount = Quantities.exact(quantity);
        return amount.stripTrailingZeros().scale() > 0
                ? 0
                : amount.min(BigDecimal.valueOf(Integer.MAX_VALUE)).longValue();
    }
}
