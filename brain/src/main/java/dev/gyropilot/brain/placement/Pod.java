package dev.gyropilot.brain.placement;

import java.util.List;

/**
 * A pod, waiting or placed.
 *
 * @param claims the names of the ResourceClaims in its namespace that it uses
 * @param createdMillis since the epoch
 */
public record Pod(String name, String uid, PodShape shape, int priority, long createdMillis, List<String> claims) {
    public Pod {
        claims = List.copyOf(claims);
    }

    public String namespace() {
        return shape.namespace();
    }
}
