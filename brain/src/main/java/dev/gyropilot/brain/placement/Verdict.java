package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What placement decided for one pod. */
public sealed interface Verdict {
    /**
     * The pod goes to this node.
     *
     * @param allocations what its claims that had none get
     * @param terms why this node: points per term, each of 0 to 100 before its weight
     * @param implicit the claim to be made for extended resources that devices of this node serve; it is allocated too
     */
    record Placed(
            String node, List<ClaimAllocation> allocations, List<ScoreTerm> terms, Optional<ImplicitClaim> implicit)
            implements Verdict {
        public Placed(String node, List<ClaimAllocation> allocations, List<ScoreTerm> terms) {
            this(node, allocations, terms, Optional.empty());
        }

        /** The pod as it is on the node. */
        public Pod bound(Pod pod) {
            return implicit.map(claim -> claim.bound(pod)).orElse(pod);
        }
    }

    /**
     * No node can take the pod now.
     *
     * @param nodes how many nodes there are
     * @param reasons on how many nodes each reason holds; a node may have several
     * @param causes what would have to change; empty when nothing but the pod itself would help
     * @param remedy the smallest change that would place it, where that is cheap to say
     */
    record Unplaceable(int nodes, Map<String, Integer> reasons, Set<Cause> causes, Optional<Remedy> remedy)
            implements Verdict {
        /** The reasons in kube-scheduler's words. */
        public String message() {
            if (nodes == 0) {
                return "no nodes available to schedule pods";
            }
            var parts = new ArrayList<String>();
            reasons.forEach((reason, count) -> parts.add(count + " " + reason));
            Collections.sort(parts);
            return "0/" + nodes + " nodes are available: " + String.join(", ", parts) + ".";
        }
    }

    /** The pod cannot be judged before something else happens, whatever the nodes; kube-scheduler's words. */
    record Waiting(String message, Set<Cause> causes) implements Verdict {}

    /** The attempt failed on a broken object, such as a selector that does not compile. */
    record Failed(String message, Set<Cause> causes) implements Verdict {}

    /** The areas in which an event may turn a refusal into a place. */
    enum Cause {
        NODE,
        RESOURCES,
        PORTS,
        PODS,
        CLAIMS
    }

    /** One part of a score. */
    record ScoreTerm(String name, double points, int weight) {}

    /** On this node only these amounts are missing; CPU in millicores, the others in their base unit. */
    record Remedy(String node, Map<String, Long> missing) {
        /** Such as "Nearest is node a, which lacks 1.5 cpu, 3Gi memory." */
        public String message() {
            var parts = new ArrayList<String>();
            missing.forEach((resource, amount) -> parts.add(Amounts.text(resource, amount) + " " + resource));
            return "Nearest is node " + node + ", which lacks " + String.join(", ", parts) + ".";
        }
    }
}
