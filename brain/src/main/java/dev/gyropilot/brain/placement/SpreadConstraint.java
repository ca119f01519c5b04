package dev.gyropilot.brain.placement;

/**
 * A topology spread constraint.
 *
 * @param required whether a violation forbids (DoNotSchedule) or only costs points (ScheduleAnyway)
 * @param minDomains with fewer domains than this the smallest count is taken as zero
 * @param honorAffinity whether only nodes that the pod's node affinity allows are counted
 * @param honorTaints whether nodes with taints that the pod does not tolerate are left out
 */
public record SpreadConstraint(
        int maxSkew,
        String topologyKey,
        boolean required,
        LabelSelector selector,
        int minDomains,
        boolean honorAffinity,
        boolean honorTaints) {}
