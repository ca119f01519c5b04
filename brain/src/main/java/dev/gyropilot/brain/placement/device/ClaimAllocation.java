package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.NodeTerm;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a claim has got.
 *
 * @param uid of the claim
 * @param nodes the nodes from which all of it can be used; absent: any
 */
public record ClaimAllocation(
        String namespace,
        String name,
        String uid,
        List<Result> results,
        List<Config> configs,
        Optional<List<NodeTerm>> nodes) {
    /** The same for a claim that has this uid by now. */
    public ClaimAllocation of(String otherUid) {
        return new ClaimAllocation(namespace, name, otherUid, results, configs, nodes);
    }

    /**
     * One device.
     *
     * @param request {@code "request"} or {@code "request/subrequest"}
     * @param shareId set for a share of a device that several claims may use
     * @param consumedCapacity what the share takes; empty for an exclusive device
     */
    public record Result(
            String request,
            DeviceId device,
            boolean adminAccess,
            List<DeviceToleration> tolerations,
            List<String> bindingConditions,
            List<String> bindingFailureConditions,
            Optional<String> shareId,
            Map<String, BigDecimal> consumedCapacity) {}

    /** Driver parameters; no requests named: for all. */
    public record Config(boolean fromClass, List<String> requests, DeviceConfig config) {}
}
