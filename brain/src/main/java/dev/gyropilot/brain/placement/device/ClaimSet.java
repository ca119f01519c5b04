package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Pod;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The claims of one pod. */
public record ClaimSet(Optional<String> obstacle, List<Object> toAllocate) {
    public static final ClaimSet NONE = new ClaimSet(Optional.empty(), List.of());

    public static ClaimSet of(Devices devices, Pod pod) {
        return new ClaimSet(Optional.of("claims are not yet served"), List.of());
    }

    /** The slots, among those given, whose node the allocated claims allow. */
    public long filter(@Nullable Node[] nodes, long mask) {
        return mask;
    }
}
