package dev.gyropilot.brain.placement.device;

/**
 * What one container asks of an extended resource, which devices may serve.
 *
 * @param request the name of the request for it in the pod's implicit claim
 * @param passing whether the container ends before those after it start, so that they use the same devices
 */
public record ExtendedAsk(String container, String resource, String request, long count, boolean passing) {
    /** The extended resource that stands for a class, whatever else the class says: this, and its name. */
    public static final String CLASS_PREFIX = "deviceclass.resource.kubernetes.io/";

    /** Whether a device class may serve a resource of this name. */
    public static boolean isExtended(String resource) {
        return resource.startsWith(CLASS_PREFIX)
                || (resource.indexOf('/') > 0
                        && !resource.contains("kubernetes.io/")
                        && !resource.startsWith("requests."));
    }
}
