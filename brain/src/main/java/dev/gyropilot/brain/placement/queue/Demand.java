package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.DeviceResource;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Devices;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What pods take and nodes have, in the one unit of quotas. Parts are rounded down: all parts of a device together are never
 * more than the device. What is too much to count is counted as the most that can be.
 */
public final class Demand {
    private static final Pattern MIG = Pattern.compile(".+/mig-(\\d+)g\\..+");
    private static final int MIG_SLICES = 7;
    private static final int WHOLE = 1000;

    /** How many devices one claim can have. */
    private static final int COUNT_LIMIT = 32;

    /** What sums of doubles may be off. */
    private static final double ROUNDING = 1e-6;

    /** Classes of devices that only connect others; they are no one's share of compute. */
    private static final Pattern CONNECTING = Pattern.compile(".*(channel|compute-domain|nic|rdma|network).*");

    private Demand() {}

    /** A pod's own, by its allocated claims where it has them, else by what they ask for as if all were whole devices. */
    public static Amount of(Devices devices, Pod pod) {
        return of(devices, List.of(pod));
    }

    /** What pods take together: a claim that several of them share counts once. */
    public static Amount of(Devices devices, Collection<Pod> pods) {
        return of(devices, pods, ask -> WHOLE);
    }

    /** @param size of what an ask is for, in thousandths of a device */
    static Amount of(Devices devices, Collection<Pod> pods, ToIntFunction<Claim.Ask> size) {
        var counted = new HashSet<String>();
        Amount sum = Amount.NONE;
        for (Pod pod : pods) {
            sum = sum.plus(of(devices, pod, size, counted));
        }
        return sum;
    }

    private static Amount of(Devices devices, Pod pod, ToIntFunction<Claim.Ask> size, Set<String> counted) {
        long millis = 0;
        for (var request : pod.shape().requests().entrySet()) {
            millis = Amount.sum(millis, Amount.product(request.getValue(), millisEach(request.getKey())));
        }
        for (String name : pod.claims()) {
            Claim claim = devices.claim(pod.namespace(), name).orElse(null);
            // A shared claim is counted once, for the pod that is first among its users.
            if (claim != null && isFirstUser(claim, pod) && counted.add(pod.namespace() + "/" + name)) {
                millis = Amount.sum(millis, of(devices, claim, size));
            }
        }
        return new Amount(
                millis,
                pod.shape().requests().getOrDefault("cpu", 0L),
                pod.shape().requests().getOrDefault("memory", 0L));
    }

    /** What all nodes together have; devices by their slices count as the pods of the cluster ask for them. */
    public static Amount capacity(Snapshot snapshot) {
        long millis = 0;
        long cpu = 0;
        long memory = 0;
        for (Node node : snapshot.nodes()) {
            for (var amount : node.allocatable().entrySet()) {
                millis = Amount.sum(millis, Amount.product(amount.getValue(), millisEach(amount.getKey())));
            }
            cpu = Amount.sum(cpu, node.allocatable().getOrDefault("cpu", 0L));
            memory = Amount.sum(memory, node.allocatable().getOrDefault("memory", 0L));
            millis += 1000L * snapshot.devices().countOn(node.name());
        }
        return new Amount(millis, cpu, memory);
    }

    private static boolean isFirstUser(Claim claim, Pod pod) {
        return claim.reservedFor().stream()
                .min(String::compareTo)
                .orElse(pod.uid())
                .equals(pod.uid());
    }

    private static long of(Devices devices, Claim claim, ToIntFunction<Claim.Ask> size) {
        if (claim.allocation().isPresent()) {
            double parts = 0;
            for (ClaimAllocation.Result result : claim.allocation().get().results()) {
                boolean counts = !result.adminAccess() && !isConnecting(claim, result.request());
                parts += counts ? devices.part(result) : 0;
            }
            return (long) (parts * 1000 + ROUNDING);
        }
        long millis = 0;
        for (Claim.Request request : claim.requests()) {
            Claim.Ask first = request.alternatives().getFirst();
            if (!first.admin() && !CONNECTING.matcher(first.deviceClass()).matches()) {
                millis += Math.clamp(first.count(), 1, COUNT_LIMIT) * (long) size.applyAsInt(first);
            }
        }
        return millis;
    }

    private static boolean isConnecting(Claim claim, String requestName) {
        String main = requestName.contains("/") ? requestName.substring(0, requestName.indexOf('/')) : requestName;
        for (Claim.Request request : claim.requests()) {
            if (request.name().equals(main)) {
                return CONNECTING
                        .matcher(request.alternatives().getFirst().deviceClass())
                        .matches();
            }
        }
        return false;
    }

    private static long millisEach(String resource) {
        if (resource.indexOf('/') < 0) {
            return 0;
        }
        if (DeviceResource.isWhole(resource)) {
            return 1000;
        }
        Matcher mig = MIG.matcher(resource);
        return mig.matches() ? 1000L * Integer.parseInt(mig.group(1)) / MIG_SLICES : 0;
    }
}
