package dev.gyropilot.brain.placement;

/** Whether the host ports that a pod wants are free. */
final class HostPorts {
    static final String TAKEN = "node(s) didn't have free ports for the requested pod ports";

    private HostPorts() {}

    static long filter(PodShape shape, NodeBlock block, long mask) {
        if (shape.hostPorts().isEmpty()) {
            return mask;
        }
        long result = mask;
        for (long rest = mask; rest != 0; rest &= rest - 1) {
            if (taken(shape, block.pods[Long.numberOfTrailingZeros(rest)])) {
                result &= ~(rest & -rest);
            }
        }
        return result;
    }

    private static boolean taken(PodShape shape, Pod[] placed) {
        for (Pod pod : placed) {
            for (HostPort used : pod.shape().hostPorts()) {
                for (HostPort wanted : shape.hostPorts()) {
                    if (wanted.conflicts(used)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
