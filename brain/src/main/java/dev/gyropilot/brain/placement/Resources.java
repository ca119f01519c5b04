package dev.gyropilot.brain.placement;

import java.util.List;

/** The resource columns of a snapshot. The first four are always there; others appear with the nodes that have them. */
final class Resources {
    static final int CPU = 0;
    static final int MEMORY = 1;
    static final int PODS = 3;
    static final List<String> FIXED = List.of("cpu", "memory", "ephemeral-storage", "pods");

    private Resources() {}

    /** What a pod of this shape takes of a column. */
    static long request(PodShape shape, int column, List<String> resources) {
        return column == PODS ? 1 : shape.requests().getOrDefault(resources.get(column), 0L);
    }

    /** Why a node with too little of a resource refuses, in kube-scheduler's words. */
    static String insufficient(String resource) {
        return resource.equals("pods") ? "Too many pods" : "Insufficient " + resource;
    }
}
