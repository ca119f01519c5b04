package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claims of one pod.
 *
 * @param obstacle why the pod cannot be judged yet
 * @param toAllocate the claims without an allocation
 * @param bounds the nodes to which each allocated claim ties the pod
 * @param implicit the claim for extended resources, to be allocated too
 */
public record ClaimSet(
        Optional<String> obstacle,
        List<Claim> toAllocate,
        List<List<NodeTerm>> bounds,
        Optional<ImplicitClaim> implicit) {
    public static final ClaimSet NONE = new ClaimSet(Optional.empty(), List.of(), List.of(), Optional.empty());

    /** Why a node refuses that cannot use the devices of an allocated claim, in kube-scheduler's words. */
    private static final String ELSEWHERE = "resourceclaim not available on the node";

    public static ClaimSet of(Devices devices, Pod pod) {
        var toAllocate = new ArrayList<Claim>();
        var bounds = new ArrayList<List<NodeTerm>>();
        if (!pod.unmadeClaims().isEmpty()) {
            return obstacle("pod claim \"" + pod.unmadeClaims().getFirst() + "\": ResourceClaim not created yet");
        }
        for (String name : pod.claims()) {
            Optional<Claim> found = devices.claim(pod.namespace(), name);
            if (found.isEmpty()) {
                return obstacle("resourceclaim \"" + name + "\" not found");
            }
            Claim claim = found.get();
            if (claim.deleting()) {
                return obstacle("resourceclaim \"" + name + "\" is being deleted");
            }
            if (claim.allocation().isPresent()) {
                if (claim.reservedFor().size() >= Claim.RESERVED_LIMIT
                        && !claim.reservedFor().contains(pod.uid())) {
                    return obstacle(
                            "resourceclaim \"" + name + "\" is in use by " + Claim.RESERVED_LIMIT + " pods already");
                }
                Optional<Eviction> eviction =
                        claim.reservedFor().contains(pod.uid()) ? Optional.empty() : devices.eviction(claim);
                if (eviction.isPresent()) {
                    return obstacle("resourceclaim \"" + name + "\" has to give up device "
                            + eviction.get().device() + ", which has the taint "
                            + eviction.get().taint());
                }
                claim.allocation().get().nodes().ifPresent(bounds::add);
                continue;
            }
            Optional<String> missing = missingClass(devices, claim);
            if (missing.isPresent()) {
                return obstacle(missing.get());
            }
            toAllocate.add(claim);
        }
        return new ClaimSet(Optional.empty(), List.copyOf(toAllocate), List.copyOf(bounds), Optional.empty());
    }

    private static ClaimSet obstacle(String message) {
        return new ClaimSet(Optional.of(message), List.of(), List.of(), Optional.empty());
    }

    /** The same and this claim. */
    public ClaimSet with(ImplicitClaim claim) {
        var all = new ArrayList<>(toAllocate);
        all.add(claim.claim());
        return new ClaimSet(obstacle, List.copyOf(all), bounds, Optional.of(claim));
    }

    /** kube-scheduler's words, then the field and the remedy. */
    private static Optional<String> missingClass(Devices devices, Claim claim) {
        for (int i = 0; i < claim.requests().size(); i++) {
            Claim.Request request = claim.requests().get(i);
            for (int j = 0; j < request.alternatives().size(); j++) {
                Claim.Ask ask = request.alternatives().get(j);
                if (devices.deviceClass(ask.deviceClass()).isEmpty()) {
                    String name = ask.name().isEmpty() ? request.name() : request.name() + "/" + ask.name();
                    String field = "spec.devices.requests[" + i + "]"
                            + (request.prioritized() ? ".firstAvailable[" + j + "]" : ".exactly") + ".deviceClassName";
                    return Optional.of("request " + name + ": device class " + ask.deviceClass()
                            + " does not exist. Remedy: create it, or name another in " + field + " of claim "
                            + claim.name());
                }
            }
        }
        return Optional.empty();
    }

    /** How much of devices the claims without an allocation ask for, each by its first choice, in thousandths of one. */
    public int thousandths(Devices devices, Sizes sizes) {
        long sum = 0;
        for (Claim claim : toAllocate) {
            for (Claim.Request request : claim.requests()) {
                Claim.Ask first = request.alternatives().getFirst();
                sum += first.admin()
                        ? 0
                        : Math.clamp(first.count(), 1, ClaimPlan.RESULT_LIMIT) * (long) sizes.of(devices, first);
            }
        }
        return (int) Math.min(sum, Integer.MAX_VALUE);
    }

    /** The slots, among those given, whose node the allocated claims allow, and that needs the implicit one. */
    public long filter(@Nullable Node[] nodes, long mask) {
        if (bounds.isEmpty() && implicit.isEmpty()) {
            return mask;
        }
        long result = mask;
        for (long rest = mask; rest != 0; rest &= rest - 1) {
            Node node = nodes[Long.numberOfTrailingZeros(rest)];
            if (node == null || refusal(node).isPresent()) {
                result &= ~(rest & -rest);
            }
        }
        return result;
    }

    /** Why the claims do not go together with the node; empty when they may. */
    public Optional<String> refusal(Node node) {
        if (!allows(node)) {
            return Optional.of(ELSEWHERE);
        }
        // Where a device plugin offers a resource, only that serves it.
        return implicit.stream()
                .flatMap(claim -> claim.mappings().stream())
                .map(ImplicitClaim.Mapping::resource)
                .filter(resource -> node.allocatable().getOrDefault(resource, 0L) > 0)
                .findFirst()
                .map(resource -> "Insufficient " + resource);
    }

    private boolean allows(Node node) {
        for (List<NodeTerm> terms : bounds) {
            boolean one = false;
            for (NodeTerm term : terms) {
                one |= term.matches(node);
            }
            if (!one) {
                return false;
            }
        }
        return true;
    }
}
