package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.device.ExtendedAsk;
import java.util.List;

/**
 * A pod, waiting or placed.
 *
 * @param claims the names of the ResourceClaims in its namespace that it uses
 * @param unmadeClaims its entries for claims that are still to be made from a template
 * @param createdMillis since the epoch
 * @param extended what its containers ask of extended resources, in the order in which they start; also part of the shape
 */
public record Pod(
        String name,
        String uid,
        PodShape shape,
        int priority,
        long createdMillis,
        List<String> claims,
        List<String> unmadeClaims,
        List<ExtendedAsk> extended) {
    public Pod {
        claims = List.copyOf(claims);
        unmadeClaims = List.copyOf(unmadeClaims);
        extended = List.copyOf(extended);
    }

    /** A pod without extended resources that devices might serve. */
    public Pod(
            String name,
            String uid,
            PodShape shape,
            int priority,
            long createdMillis,
            List<String> claims,
            List<String> unmadeClaims) {
        this(name, uid, shape, priority, createdMillis, claims, unmadeClaims, List.of());
    }

    /** A pod without claims. */
    public static Pod of(String name, PodShape shape, int priority) {
        return new Pod(name, shape.namespace() + "/" + name, shape, priority, 0, List.of(), List.of());
    }

    /** The same pod with another shape. */
    public Pod withShape(PodShape other) {
        return new Pod(name, uid, other, priority, createdMillis, claims, unmadeClaims, extended);
    }

    /** Whether it uses claims, made or not. */
    public boolean hasClaims() {
        return !claims.isEmpty() || !unmadeClaims.isEmpty();
    }

    public String namespace() {
        return shape.namespace();
    }
}
