package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A ResourceClaim.
 *
 * @param reservedFor uids of the pods, or other owners, that may use it
 */
public record Claim(
        String namespace,
        String name,
        String uid,
        List<Request> requests,
        List<Constraint> constraints,
        List<ScopedConfig> configs,
        Optional<ClaimAllocation> allocation,
        Set<String> reservedFor,
        boolean deleting) {
    /** How many users one claim may have. */
    public static final int RESERVED_LIMIT = 256;

    public Claim {
        requests = List.copyOf(requests);
        constraints = List.copyOf(constraints);
        configs = List.copyOf(configs);
        reservedFor = Set.copyOf(reservedFor);
    }

    /** A request: one of its alternatives, in this order of preference, is to be met. */
    public record Request(String name, boolean prioritized, List<Ask> alternatives) {
        public Request {
            alternatives = List.copyOf(alternatives);
        }
    }

    /**
     * Some devices of a class.
     *
     * @param name of the subrequest; empty when the request has no alternatives
     * @param selectors CEL expressions; an empty one is of a kind that we do not know
     * @param mode {@code ExactCount} or {@code All}
     * @param adminAccess as written: absent is not the same as false where the feature is off
     * @param capacity least amounts by capacity name
     */
    public record Ask(
            String name,
            String deviceClass,
            List<String> selectors,
            String mode,
            long count,
            Optional<Boolean> adminAccess,
            List<DeviceToleration> tolerations,
            Map<String, BigDecimal> capacity) {
        public Ask {
            selectors = List.copyOf(selectors);
            tolerations = List.copyOf(tolerations);
            capacity = Map.copyOf(capacity);
        }

        /** Whether devices that others use are wanted, to look after them. */
        public boolean admin() {
            return adminAccess.orElse(false);
        }
    }

    /** A condition on the devices together. {@code requests} empty: all of them. */
    public sealed interface Constraint {
        List<String> requests();

        /** All devices have the attribute, with one common value. */
        record Match(String attribute, List<String> requests) implements Constraint {}

        /** All devices have the attribute, no two of them with a common value. */
        record Distinct(String attribute, List<String> requests) implements Constraint {}

        /** A kind that this program does not know. */
        record Unknown(List<String> requests) implements Constraint {}
    }

    /** Driver parameters for some requests; none named: for all. */
    public record ScopedConfig(List<String> requests, DeviceConfig config) {}

    /** The same claim without devices and users. */
    public Claim released() {
        return new Claim(namespace, name, uid, requests, constraints, configs, Optional.empty(), Set.of(), deleting);
    }

    /** The same claim with one more user, if it has devices. */
    public Claim usedBy(String user) {
        if (allocation.isEmpty() || reservedFor.contains(user)) {
            return this;
        }
        var users = new HashSet<>(reservedFor);
        users.add(user);
        return allocated(allocation.get(), users);
    }

    /** The same claim without this user; the last one gives the devices back. */
    public Claim leftBy(String user) {
        var users = new HashSet<>(reservedFor);
        users.remove(user);
        return users.isEmpty() || allocation.isEmpty() ? released() : allocated(allocation.get(), users);
    }

    /** Whether a request names more than one way to meet it. */
    public boolean hasAlternatives() {
        return requests.stream().anyMatch(request -> request.alternatives().size() > 1);
    }

    /** The same claim as if no request had named its first alternatives; of each the last one stays. */
    public Claim withoutFirst(int alternatives) {
        List<Request> fewer = requests.stream()
                .map(request -> new Request(
                        request.name(),
                        request.prioritized(),
                        request.alternatives()
                                .subList(
                                        Math.min(
                                                alternatives,
                                                Math.max(
                                                        0,
                                                        request.alternatives().size() - 1)),
                                        request.alternatives().size())))
                .toList();
        return new Claim(namespace, name, uid, fewer, constraints, configs, allocation, reservedFor, deleting);
    }

    /** The same claim with one of its requests only. */
    Claim only(Request request) {
        return new Claim(
                namespace, name, uid, List.of(request), constraints, configs, allocation, reservedFor, deleting);
    }

    public Claim allocated(ClaimAllocation to, Set<String> users) {
        return new Claim(namespace, name, uid, requests, constraints, configs, Optional.of(to), users, deleting);
    }
}
