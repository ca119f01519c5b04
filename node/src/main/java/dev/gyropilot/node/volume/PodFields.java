package dev.gyropilot.node.volume;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a pod may learn of itself by the downward API.
 *
 * @param allocatable the node's resources, which stand in for a limit that a container does not set
 */
public record PodFields(Pod pod, String podIp, String hostIp, Map<String, Quantity> allocatable) {
    /**
     * The value of a {@code fieldRef}.
     *
     * @throws MissingReference when there is no such field
     */
    public String field(String path) throws MissingReference {
        var metadata = pod.getMetadata();
        var spec = pod.getSpec();
        int bracket = path.indexOf("['");
        if (bracket > 0 && path.endsWith("']")) {
            String key = path.substring(bracket + 2, path.length() - 2);
            return switch (path.substring(0, bracket)) {
                case "metadata.labels" -> orEmpty(metadata.getLabels()).getOrDefault(key, "");
                case "metadata.annotations" ->
                    orEmpty(metadata.getAnnotations()).getOrDefault(key, "");
                default -> throw new MissingReference("fieldPath " + path + " is not supported");
            };
        }
        return switch (path) {
            case "metadata.name" -> metadata.getName();
            case "metadata.namespace" -> metadata.getNamespace();
            case "metadata.uid" -> metadata.getUid();
            case "metadata.labels" -> lines(metadata.getLabels());
            case "metadata.annotations" -> lines(metadata.getAnnotations());
            case "spec.nodeName" -> spec.getNodeName();
            case "spec.serviceAccountName" -> Objects.requireNonNullElse(spec.getServiceAccountName(), "default");
            case "status.hostIP", "status.hostIPs" -> hostIp;
            case "status.podIP", "status.podIPs" -> podIp;
            default -> throw new MissingReference("fieldPath " + path + " is not supported");
        };
    }

    /** The value of a {@code resourceFieldRef}, in units of its divisor, rounded up. */
    public String resource(ResourceFieldSelector selector, @Nullable String defaultContainer) throws MissingReference {
        String name = Objects.requireNonNullElse(selector.getContainerName(), defaultContainer);
        Container container = containers().stream()
                .filter(c -> c.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new MissingReference("container " + name + " not found"));
        String path = selector.getResource();
        int dot = path.indexOf('.');
        String kind = path.substring(0, Math.max(0, dot));
        String resource = path.substring(dot + 1);
        var resources = container.getResources();
        Map<String, Quantity> values = switch (kind) {
            case "limits" -> resources == null ? Map.of() : orEmptyQuantities(resources.getLimits());
            case "requests" -> resources == null ? Map.of() : orEmptyQuantities(resources.getRequests());
            default -> throw new MissingReference("resource " + path + " is not supported");
        };
        Quantity quantity = values.get(resource);
        if (quantity == null && kind.equals("limits")) {
            quantity = allocatable.get(resource);
        }
        BigDecimal amount = quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
        BigDecimal divisor = selector.getDivisor() == null
                ? BigDecimal.ONE
                : selector.getDivisor().getNumericalAmount();
        return amount.divide(divisor.signum() == 0 ? BigDecimal.ONE : divisor, 0, RoundingMode.CEILING)
                .toPlainString();
    }

    private List<Container> containers() {
        var all = new ArrayList<>(pod.getSpec().getContainers());
        all.addAll(pod.getSpec().getInitContainers());
        return all;
    }

    private static String lines(@Nullable Map<String, String> values) {
        return new TreeMap<>(orEmpty(values))
                .entrySet().stream()
                        .map(e -> e.getKey() + "=\""
                                + e.getValue()
                                        .replace("\\", "\\\\")
                                        .replace("\"", "\\\"")
                                        .replace("\n", "\\n") + "\"")
                        .collect(Collectors.joining("\n"));
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }

    private static Map<String, Quantity> orEmptyQuantities(@Nullable Map<String, Quantity> map) {
        return map == null ? Map.of() : map;
    }
}
