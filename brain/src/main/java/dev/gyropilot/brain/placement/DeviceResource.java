package dev.gyropilot.brain.placement;

import dev.gyropilot.brain.placement.packing.Need;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Which resources of nodes are accelerators, given out whole by a device plugin. */
public final class DeviceResource {
    private static final Pattern WHOLE = Pattern.compile(".+/(gpu|tpu|npu|xpu|gaudi|neuron|neurondevice)");

    /** Where it is written which model the devices of a node are. */
    private static final List<String> TYPE_LABELS = List.of("nvidia.com/gpu.product", "amd.com/gpu.product-name");

    private DeviceResource() {}

    /** Whether one unit of the resource is one whole device. */
    public static boolean isWhole(String resource) {
        return resource.indexOf('/') > 0 && WHOLE.matcher(resource).matches();
    }

    /** What a pod of this shape needs, with so many whole devices; memory is left out. */
    public static Need need(PodShape shape, int devices) {
        Set<String> types = Set.of();
        for (String label : TYPE_LABELS) {
            String type = shape.nodeSelector().get(label);
            types = type == null ? types : Set.of(type);
        }
        return new Need(shape.requests().getOrDefault("cpu", 0L), 0, devices, devices == 0 ? 0 : Need.WHOLE, types);
    }

    /** The type of a node's devices; empty when no label tells. */
    public static String type(Node node) {
        for (String label : TYPE_LABELS) {
            String type = node.labels().get(label);
            if (type != null) {
                return type;
            }
        }
        return "";
    }
}
