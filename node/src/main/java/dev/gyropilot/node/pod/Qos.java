package dev.gyropilot.node.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a pod asks for, and the class of service that follows from it. */
public final class Qos {
    private static final List<String> COMPUTE = List.of("cpu", "memory");

    private Qos() {}

    /** {@code Guaranteed}, {@code Burstable} or {@code BestEffort}. */
    static String of(Pod pod) {
        boolean any = false;
        boolean guaranteed = true;
        for (Container container : containers(pod)) {
            for (String resource : COMPUTE) {
                BigDecimal request = amount(requests(container), resource);
                BigDecimal limit = amount(limits(container), resource);
                any |= request.signum() > 0 || limit.signum() > 0;
                boolean same = limit.signum() > 0 && (request.signum() == 0 || request.compareTo(limit) == 0);
                guaranteed &= same;
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    /**
     * The pod's requests by resource as schedulers count them: containers and sidecars together, or the largest init
     * container with the sidecars before it, whichever is more; plus overhead.
     */
    public static Map<String, BigDecimal> requests(Pod pod) {
        var total = new TreeMap<String, BigDecimal>();
        pod.getSpec().getContainers().forEach(c -> add(total, effectiveRequests(c)));
        var sidecars = new TreeMap<String, BigDecimal>();
        var peak = new TreeMap<String, BigDecimal>();
        for (Container init : pod.getSpec().getInitContainers()) {
            var now = new TreeMap<>(sidecars);
            add(now, effectiveRequests(init));
            if ("Always".equals(init.getRestartPolicy())) {
                sidecars = now;
            }
            now.forEach((resource, amount) -> peak.merge(resource, amount, BigDecimal::max));
        }
        add(total, sidecars);
        peak.forEach((resource, amount) -> total.merge(resource, amount, BigDecimal::max));
        if (pod.getSpec().getOverhead() != null) {
            pod.getSpec().getOverhead().forEach((r, q) -> total.merge(r, q.getNumericalAmount(), BigDecimal::add));
        }
        return total;
    }

    /** Thousandths of a core. */
    static long millis(BigDecimal cores) {
        return cores.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
    }

    static Map<String, Quantity> requests(Container container) {
        ResourceRequirements resources = container.getResources();
        return resources == null || resources.getRequests() == null ? Map.of() : resources.getRequests();
    }

    static Map<String, Quantity> limits(Container container) {
        ResourceRequirements resources = container.getResources();
        return resources == null || resources.getLimits() == null ? Map.of() : resources.getLimits();
    }

    static BigDecimal amount(Map<String, Quantity> quantities, String resource) {
        Quantity quantity = quantities.get(resource);
        return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
    }

    private static Map<String, BigDecimal> effectiveRequests(Container container) {
        var result = new TreeMap<String, BigDecimal>();
        limits(container).forEach((r, q) -> result.put(r, q.getNumericalAmount()));
        requests(container).forEach((r, q) -> result.put(r, q.getNumericalAmount()));
        return result;
    }

    private static List<Container> containers(Pod pod) {
        var all = new ArrayList<>(pod.getSpec().getContainers());
        all.addAll(Objects.requireNonNullElse(
                (@Nullable List<Container>) pod.getSpec().getInitContainers(), List.of()));
        return all;
    }

    private static void add(Map<String, BigDecimal> sum, Map<String, BigDecimal> more) {
        more.forEach((resource, amount) -> sum.merge(resource, amount, BigDecimal::add));
    }
}
