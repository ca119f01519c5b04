package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;

import dev.gyropilot.brain.placement.HostPort;
import dev.gyropilot.brain.placement.LabelSelector;
import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.PodShape;
import dev.gyropilot.brain.placement.PodTerm;
import dev.gyropilot.brain.placement.Requirement;
import dev.gyropilot.brain.placement.SpreadConstraint;
import dev.gyropilot.brain.placement.Toleration;
import dev.gyropilot.brain.placement.Weighted;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads Pods; pods of one template get one and the same shape object. Safe for several threads. */
public final class PodReader {
    /** How many shapes are kept canonical; a shape that was forgotten costs time, not correctness. */
    private static final int SHAPE_LIMIT = 16_384;

    private final Map<PodShape, PodShape> shapes = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<PodShape, PodShape> eldest) {
            return size() > SHAPE_LIMIT;
        }
    };

    /** @throws IllegalArgumentException when a field has a value that the API would not have accepted */
    public Pod read(io.fabric8.kubernetes.api.model.Pod pod) {
        var metadata = pod.getMetadata();
        Integer priority = pod.getSpec().getPriority();
        String created = metadata.getCreationTimestamp();
        ClaimNames claims = ClaimNames.of(pod);
        return new Pod(
                metadata.getName(),
                Objects.requireNonNullElse(metadata.getUid(), metadata.getNamespace() + "/" + metadata.getName()),
                canonical(shape(pod)),
                priority == null ? 0 : priority,
                created == null ? 0 : Instant.parse(created).toEpochMilli(),
                claims.names(),
                claims.pending(),
                ExtendedReader.asks(pod));
    }

    private synchronized PodShape canonical(PodShape shape) {
        PodShape known = shapes.get(shape);
        if (known != null) {
            return known;
        }
        shapes.put(shape, shape);
        return shape;
    }

    private static PodShape shape(io.fabric8.kubernetes.api.model.Pod pod) {
        PodSpec spec = pod.getSpec();
        var metadata = pod.getMetadata();
        String namespace = Objects.requireNonNullElse(metadata.getNamespace(), "default");
        Map<String, String> labels = metadata.getLabels() == null ? Map.of() : Map.copyOf(metadata.getLabels());
        Affinity affinity = Objects.requireNonNullElseGet(spec.getAffinity(), Affinity::new);
        var nodes = affinity.getNodeAffinity();
        var requests = PodRequests.of(spec);
        Map<String, Long> amounts = new HashMap<>(requests.amounts());
        amounts.keySet().removeAll(ExtendedReader.served(pod));
        return new PodShape(
                namespace,
                labels,
                Map.copyOf(amounts),
                requests.scoringCpuMillis(),
                requests.scoringMemoryBytes(),
                "",
                spec.getNodeSelector() == null ? Map.of() : Map.copyOf(spec.getNodeSelector()),
                nodes == null || nodes.getRequiredDuringSchedulingIgnoredDuringExecution() == null
                        ? Optional.empty()
                        : Optional.of(Selectors.nodeTerms(nodes.getRequiredDuringSchedulingIgnoredDuringExecution()
                                .getNodeSelectorTerms())),
                nodes == null
                        ? List.of()
                        : orEmpty(nodes.getPreferredDuringSchedulingIgnoredDuringExecution()).stream()
                                .map(p -> new Weighted<NodeTerm>(Selectors.nodeTerm(p.getPreference()), p.getWeight()))
                                .toList(),
                orEmpty(spec.getTolerations()).stream()
                        .map(PodReader::toleration)
                        .toList(),
                hostPorts(spec),
                requiredAffinity(affinity, namespace),
                requiredAntiAffinity(affinity, namespace),
                preferred(affinity, namespace),
                orEmpty(spec.getTopologySpreadConstraints()).stream()
                        .map(c -> spread(c, labels))
                        .toList(),
                metadata.getDeletionTimestamp() != null);
    }

    private static Toleration toleration(io.fabric8.kubernetes.api.model.Toleration toleration) {
        String effect = toleration.getEffect();
        return new Toleration(
                Objects.requireNonNullElse(toleration.getKey(), ""),
                "Exists".equals(toleration.getOperator()),
                Objects.requireNonNullElse(toleration.getValue(), ""),
                effect == null || effect.isEmpty() ? Optional.empty() : Optional.of(NodeReader.effect(effect)));
    }

    private static List<HostPort> hostPorts(PodSpec spec) {
        var result = new ArrayList<HostPort>();
        var containers = new ArrayList<>(orEmpty(spec.getContainers()));
        orEmpty(spec.getInitContainers()).stream()
                .filter(c -> "Always".equals(c.getRestartPolicy()))
                .forEach(containers::add);
        for (var container : containers) {
            for (var port : orEmpty(container.getPorts())) {
                if (port.getHostPort() != null && port.getHostPort() > 0) {
                    String ip = port.getHostIP();
                    result.add(new HostPort(
                            ip == null || ip.isEmpty() ? "0.0.0.0" : ip,
                            Objects.requireNonNullElse(port.getProtocol(), "TCP"),
                            port.getHostPort()));
                }
            }
        }
        return List.copyOf(result);
    }

    private static List<PodTerm> requiredAffinity(Affinity affinity, String namespace) {
        var rules = affinity.getPodAffinity();
        return rules == null ? List.of() : terms(rules.getRequiredDuringSchedulingIgnoredDuringExecution(), namespace);
    }

    private static List<PodTerm> requiredAntiAffinity(Affinity affinity, String namespace) {
        var rules = affinity.getPodAntiAffinity();
        return rules == null ? List.of() : terms(rules.getRequiredDuringSchedulingIgnoredDuringExecution(), namespace);
    }

    private static List<Weighted<PodTerm>> preferred(Affinity affinity, String namespace) {
        var result = new ArrayList<Weighted<PodTerm>>();
        if (affinity.getPodAffinity() != null) {
            weigh(affinity.getPodAffinity().getPreferredDuringSchedulingIgnoredDuringExecution(), namespace, 1, result);
        }
        if (affinity.getPodAntiAffinity() != null) {
            weigh(
                    affinity.getPodAntiAffinity().getPreferredDuringSchedulingIgnoredDuringExecution(),
                    namespace,
                    -1,
                    result);
        }
        return List.copyOf(result);
    }

    private static void weigh(
            @Nullable List<WeightedPodAffinityTerm> terms, String namespace, int sign, List<Weighted<PodTerm>> result) {
        for (var weighted : orEmpty(terms)) {
            result.add(new Weighted<>(term(weighted.getPodAffinityTerm(), namespace), sign * weighted.getWeight()));
        }
    }

    private static List<PodTerm> terms(@Nullable List<PodAffinityTerm> terms, String namespace) {
        return orEmpty(terms).stream().map(t -> term(t, namespace)).toList();
    }

    /** The API server has merged matchLabelKeys and mismatchLabelKeys into the selector already. */
    private static PodTerm term(PodAffinityTerm term, String namespace) {
        List<String> namespaces = orEmpty(term.getNamespaces());
        boolean own = namespaces.isEmpty() && term.getNamespaceSelector() == null;
        return new PodTerm(
                Selectors.labels(term.getLabelSelector()),
                own ? Set.of(namespace) : Set.copyOf(namespaces),
                term.getNamespaceSelector() == null
                        ? Optional.empty()
                        : Optional.of(Selectors.labels(term.getNamespaceSelector())),
                term.getTopologyKey());
    }

    private static SpreadConstraint spread(TopologySpreadConstraint constraint, Map<String, String> labels) {
        LabelSelector selector = Selectors.labels(constraint.getLabelSelector());
        var requirements = new ArrayList<>(selector.requirements());
        for (String key : orEmpty(constraint.getMatchLabelKeys())) {
            String value = labels.get(key);
            if (value != null) {
                requirements.add(new Requirement(key, Requirement.Operator.IN, List.of(value)));
            }
        }
        return new SpreadConstraint(
                constraint.getMaxSkew(),
                constraint.getTopologyKey(),
                !"ScheduleAnyway".equals(constraint.getWhenUnsatisfiable()),
                new LabelSelector(requirements),
                Objects.requireNonNullElse(constraint.getMinDomains(), 1),
                !"Ignore".equals(constraint.getNodeAffinityPolicy()),
                "Honor".equals(constraint.getNodeTaintsPolicy()));
    }
}
