package dev.gyropilot.brain.placement;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All of a pod that decides where it may go, without what tells it from its siblings. Pods of one template share one shape;
 * keep shapes canonical (one object per value) so that what is known about a shape is found by identity.
 *
 * @param requests by resource name; {@code cpu} in millicores, all others in their base unit
 * @param scoringCpuMillis the CPU request for scoring, in which a container without one counts with a small default
 * @param scoringMemoryBytes the memory request for scoring, likewise
 * @param nodeName the node that the pod insists on; empty: any
 * @param requiredNodeTerms absent: no such rule
 * @param terminating whether the pod is being deleted: it still occupies its node but no longer counts for spreading
 */
public record PodShape(
        String namespace,
        Map<String, String> labels,
        Map<String, Long> requests,
        long scoringCpuMillis,
        long scoringMemoryBytes,
        String nodeName,
        Map<String, String> nodeSelector,
        Optional<List<NodeTerm>> requiredNodeTerms,
        List<Weighted<NodeTerm>> preferredNodeTerms,
        List<Toleration> tolerations,
        List<HostPort> hostPorts,
        List<PodTerm> requiredAffinity,
        List<PodTerm> requiredAntiAffinity,
        List<Weighted<PodTerm>> preferredAffinity,
        List<SpreadConstraint> spread,
        boolean terminating) {

    /** The shape of a pod that asks for nothing but these resources; for tests and benchmarks. */
    public static PodShape of(String namespace, Map<String, String> labels, Map<String, Long> requests) {
        return new PodShape(
                namespace,
                Map.copyOf(labels),
                Map.copyOf(requests),
                requests.getOrDefault("cpu", 100L),
                requests.getOrDefault("memory", 200L << 20),
                "",
                Map.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false);
    }

    /** The same shape, but only for nodes with these labels. */
    public PodShape within(Map<String, String> nodeLabels) {
        var selector = new HashMap<>(nodeSelector);
        selector.putAll(nodeLabels);
        return with(requests, Map.copyOf(selector));
    }

    /** The same shape with other requests. */
    public PodShape requesting(Map<String, Long> resources) {
        return with(Map.copyOf(resources), nodeSelector);
    }

    /** The same shape, but without requests for these resources. */
    public PodShape without(Set<String> resources) {
        var rest = new HashMap<>(requests);
        rest.keySet().removeAll(resources);
        return with(Map.copyOf(rest), nodeSelector);
    }

    private PodShape with(Map<String, Long> otherRequests, Map<String, String> otherSelector) {
        return new PodShape(
                namespace,
                labels,
                otherRequests,
                scoringCpuMillis,
                scoringMemoryBytes,
                nodeName,
                otherSelector,
                requiredNodeTerms,
                preferredNodeTerms,
                tolerations,
                hostPorts,
                requiredAffinity,
                requiredAntiAffinity,
                preferredAffinity,
                spread,
                terminating);
    }

    /** Whether pods of this shape influence where others may or should go. */
    boolean hasPodTerms() {
        return !requiredAntiAffinity.isEmpty() || !preferredAffinity.isEmpty() || !requiredAffinity.isEmpty();
    }

    /** Whether the node affinity and node selector allow the node. */
    boolean selects(Node node) {
        for (var wanted : nodeSelector.entrySet()) {
            if (!wanted.getValue().equals(node.labels().get(wanted.getKey()))) {
                return false;
            }
        }
        return requiredNodeTerms.isEmpty() || NodeTerm.anyMatches(requiredNodeTerms.get(), node);
    }

    /** The first taint that keeps pods of this shape off the node. */
    Optional<Taint> untolerated(Node node) {
        for (Taint taint : node.taints()) {
            if (taint.effect() != Taint.Effect.PREFER_NO_SCHEDULE && !Toleration.any(tolerations, taint)) {
                return Optional.of(taint);
            }
        }
        return Optional.empty();
    }
}
