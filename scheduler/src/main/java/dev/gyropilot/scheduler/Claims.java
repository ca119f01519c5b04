package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The claims as the informer shows them, under the allocations that we have decided and the informer does not show yet. A
 * decided allocation holds until the informer shows the version that carried it, or until its writing has failed.
 */
final class Claims {
    private final Map<String, Seen> seen = new HashMap<>();
    private final Map<String, Assumed> assumed = new HashMap<>();

    private record Seen(Claim claim, long version) {}

    /** @param writtenVersion 0 while it is being written */
    private record Assumed(Claim claim, long writtenVersion) {
        /** A claim that was decided on before it was made has its name only. */
        boolean isAbout(Claim other) {
            return claim.uid().equals(other.uid()) || ImplicitClaim.isUnwritten(claim.uid());
        }
    }

    Devices seen(Devices devices, Claim claim, long version) {
        String key = key(claim.namespace(), claim.name());
        seen.put(key, new Seen(claim, version));
        Assumed decided = assumed.get(key);
        if (decided != null && decided.isAbout(claim)) {
            if (decided.writtenVersion == 0 || version < decided.writtenVersion) {
                return devices;
            }
            assumed.remove(key);
        }
        return devices.with(claim);
    }

    Devices gone(Devices devices, String namespace, String name) {
        seen.remove(key(namespace, name));
        Assumed decided = assumed.get(key(namespace, name));
        if (decided != null && decided.writtenVersion == 0 && ImplicitClaim.isUnwritten(decided.claim.uid())) {
            // What went is the remainder of an attempt that failed; the one decided on is still to be made.
            return devices;
        }
        assumed.remove(key(namespace, name));
        return devices.withoutClaim(namespace, name);
    }

    Devices assume(Devices devices, Pod pod, Verdict.Placed placed) {
        Devices result = placed.implicit()
                .map(implicit -> devices.with(implicit.claim()))
                .orElse(devices);
        for (ClaimAllocation allocation : placed.allocations()) {
            Claim claim =
                    result.claim(allocation.namespace(), allocation.name()).orElse(null);
            if (claim != null) {
                var users = new HashSet<>(claim.reservedFor());
                users.add(pod.uid());
                Claim decided = claim.allocated(allocation, users);
                assumed.put(key(claim.namespace(), claim.name()), new Assumed(decided, 0));
                result = result.with(decided);
            }
        }
        return result;
    }

    Devices written(Devices devices, List<ClaimAllocation> allocations, Map<String, Long> versions) {
        Devices result = devices;
        for (ClaimAllocation allocation : allocations) {
            String key = key(allocation.namespace(), allocation.name());
            Assumed decided = assumed.get(key);
            Long version = versions.get(allocation.name());
            Seen latest = seen.get(key);
            if (decided == null || version == null) {
                continue;
            }
            if (latest != null && latest.version >= version) {
                assumed.remove(key);
                result = result.with(latest.claim);
            } else {
                assumed.put(key, new Assumed(decided.claim, version));
            }
        }
        return result;
    }

    /** Takes back what was decided and not written. */
    Devices undo(Devices devices, List<ClaimAllocation> allocations) {
        Devices result = devices;
        for (ClaimAllocation allocation : allocations) {
            String key = key(allocation.namespace(), allocation.name());
            Assumed decided = assumed.get(key);
            if (decided != null && decided.writtenVersion == 0) {
                assumed.remove(key);
                result = restore(result, allocation, seen.get(key));
            }
        }
        return result;
    }

    /** All claims, with the devices that they are decided to have. */
    Iterable<Claim> all() {
        return seen.entrySet().stream()
                .map(entry -> {
                    Assumed decided = assumed.get(entry.getKey());
                    return decided == null ? entry.getValue().claim : decided.claim;
                })
                .toList();
    }

    /** Whether the API shows all that was decided. */
    boolean isQuiet() {
        return assumed.isEmpty();
    }

    /** Whether one of the pod's claims was decided for another pod and is still being written. */
    boolean beingWritten(Pod pod) {
        for (String name : pod.claims()) {
            Assumed decided = assumed.get(key(pod.namespace(), name));
            if (decided != null && decided.writtenVersion == 0) {
                return true;
            }
        }
        return false;
    }

    private static Devices restore(Devices devices, ClaimAllocation allocation, @Nullable Seen latest) {
        return latest == null
                ? devices.withoutClaim(allocation.namespace(), allocation.name())
                : devices.with(latest.claim);
    }

    private static String key(String namespace, String name) {
        return namespace + "/" + name;
    }
}
