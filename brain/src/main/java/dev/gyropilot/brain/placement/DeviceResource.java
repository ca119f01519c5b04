package dev.gyropilot.brain.placement;

import java.util.regex.Pattern;

/** Which resources of nodes are accelerators, given out whole by a device plugin. */
public final class DeviceResource {
    private static final Pattern WHOLE = Pattern.compile(".+/(gpu|tpu|npu|xpu|gaudi|neuron|neurondevice)");

    private DeviceResource() {}

    /** Whether one unit of the resource is one whole device. */
    public static boolean isWhole(String resource) {
        return resource.indexOf('/') > 0 && WHOLE.matcher(resource).matches();
    }
}
