package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a pod asks of its node: containers and sidecars together, or the greatest need while its init containers run, plus
 * overhead; requests at pod level take the place of the sum.
 *
 * @param scoringCpuMillis like the CPU request, a container without one counted with 100 millicores
 * @param scoringMemoryBytes like the memory request, a container without one counted with 200 MiB
 */
record PodRequests(Map<String, Long> amounts, long scoringCpuMillis, long scoringMemoryBytes) {
    private static final long DEFAULT_CPU_MILLIS = 100;
    private static final long DEFAULT_MEMORY_BYTES = 200L << 20;

    static PodRequests of(PodSpec spec) {
        Map<String, Long> exact = sum(spec, false);
        Map<String, Long> scoring = sum(spec, true);
        exact.values().removeIf(amount -> amount == 0);
        return new PodRequests(
                Map.copyOf(exact),
                scoring.getOrDefault("cpu", DEFAULT_CPU_MILLIS),
                scoring.getOrDefault("memory", DEFAULT_MEMORY_BYTES));
    }

    private static Map<String, Long> sum(PodSpec spec, boolean withDefaults) {
        var running = new HashMap<String, Long>();
        for (Container container : orEmpty(spec.getContainers())) {
            add(running, requests(container, withDefaults));
        }
        var sidecars = new HashMap<String, Long>();
        var peak = new HashMap<String, Long>();
        for (Container init : orEmpty(spec.getInitContainers())) {
            Map<String, Long> own = requests(init, withDefaults);
            if ("Always".equals(init.getRestartPolicy())) {
                add(sidecars, own);
                raise(peak, sidecars);
            } else {
                var during = new HashMap<>(sidecars);
                add(during, own);
                raise(peak, during);
            }
        }
        add(running, sidecars);
        raise(running, peak);
        running.putAll(requests(spec.getResources()));
        add(running, Quantities.requests(spec.getOverhead()));
        return running;
    }

    private static Map<String, Long> requests(Container container, boolean withDefaults) {
        Map<String, Long> result = requests(container.getResources());
        if (withDefaults && !(result.containsKey("cpu") && result.containsKey("memory"))) {
            result = new HashMap<>(result);
            result.putIfAbsent("cpu", DEFAULT_CPU_MILLIS);
            result.putIfAbsent("memory", DEFAULT_MEMORY_BYTES);
        }
        return result;
    }

    private static Map<String, Long> requests(@Nullable ResourceRequirements resources) {
        return resources == null ? Map.of() : Quantities.requests(resources.getRequests());
    }

    private static void add(Map<String, Long> to, Map<String, Long> what) {
        // More than can be counted stays as much as can be.
        what.forEach((name, amount) ->
                to.merge(name, amount, (a, b) -> a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b));
    }

    private static void raise(Map<String, Long> to, Map<String, Long> atLeast) {
        atLeast.forEach((name, amount) -> to.merge(name, amount, Math::max));
    }
}
