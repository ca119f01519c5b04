package dev.gyropilot.brain.placement.objects;

import static dev.gyropilot.brain.placement.objects.Selectors.orEmpty;
import static java.util.Objects.requireNonNullElse;

import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Claim.Ask;
import dev.gyropilot.brain.placement.device.Claim.Constraint;
import dev.gyropilot.brain.placement.device.Claim.Request;
import dev.gyropilot.brain.placement.device.Claim.ScopedConfig;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.DeviceId;
import dev.gyropilot.brain.placement.device.DeviceToleration;
import dev.gyropilot.brain.placement.device.PoolId;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequirements;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceConstraint;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads ResourceClaims. */
public final class ClaimReader {
    private ClaimReader() {}

    public static Claim read(ResourceClaim object) {
        var metadata = object.getMetadata();
        var status = object.getStatus();
        String namespace = requireNonNullElse(metadata.getNamespace(), "default");
        String uid = requireNonNullElse(metadata.getUid(), namespace + "/" + metadata.getName());
        DeviceClaim devices = object.getSpec() == null ? null : object.getSpec().getDevices();
        Set<String> reserved = status == null
                ? Set.of()
                : orEmpty(status.getReservedFor()).stream()
                        .map(r -> r.getUid())
                        .collect(Collectors.toUnmodifiableSet());
        return new Claim(
                namespace,
                metadata.getName(),
                uid,
                devices == null
                        ? List.of()
                        : orEmpty(devices.getRequests()).stream()
                                .map(ClaimReader::request)
                                .toList(),
                devices == null
                        ? List.of()
                        : orEmpty(devices.getConstraints()).stream()
                                .map(ClaimReader::constraint)
                                .toList(),
                devices == null
                        ? List.of()
                        : orEmpty(devices.getConfig()).stream()
                                .flatMap(c -> DeviceReader.config(c.getOpaque()).stream()
                                        .map(config -> new ScopedConfig(orEmpty(c.getRequests()), config)))
                                .toList(),
                status == null || status.getAllocation() == null
                        ? Optional.empty()
                        : Optional.of(allocation(namespace, metadata.getName(), uid, status.getAllocation())),
                reserved,
                metadata.getDeletionTimestamp() != null);
    }

    private static Request request(DeviceRequest request) {
        var exactly = request.getExactly();
        if (exactly != null) {
            var ask = new Ask(
                    "",
                    requireNonNullElse(exactly.getDeviceClassName(), ""),
                    DeviceReader.selectors(exactly.getSelectors()),
                    mode(exactly.getAllocationMode()),
                    requireNonNullElse(exactly.getCount(), 1L),
                    Optional.ofNullable(exactly.getAdminAccess()),
                    tolerations(exactly.getTolerations()),
                    capacity(exactly.getCapacity()));
            return new Request(request.getName(), false, List.of(ask));
        }
        return new Request(
                request.getName(),
                true,
                orEmpty(request.getFirstAvailable()).stream()
                        .map(sub -> new Ask(
                                sub.getName(),
                                requireNonNullElse(sub.getDeviceClassName(), ""),
                                DeviceReader.selectors(sub.getSelectors()),
                                mode(sub.getAllocationMode()),
                                requireNonNullElse(sub.getCount(), 1L),
                                Optional.empty(),
                                tolerations(sub.getTolerations()),
                                capacity(sub.getCapacity())))
                        .toList());
    }

    private static String mode(@Nullable String mode) {
        return mode == null || mode.isEmpty() ? "ExactCount" : mode;
    }

    private static Map<String, BigDecimal> capacity(@Nullable CapacityRequirements capacity) {
        return capacity == null ? Map.of() : exact(capacity.getRequests());
    }

    private static Map<String, BigDecimal> exact(@Nullable Map<String, Quantity> quantities) {
        var result = new HashMap<String, BigDecimal>();
        if (quantities != null) {
            quantities.forEach((name, quantity) -> result.put(name, Quantities.exact(quantity)));
        }
        return Map.copyOf(result);
    }

    private static Constraint constraint(DeviceConstraint constraint) {
        List<String> requests = List.copyOf(orEmpty(constraint.getRequests()));
        if (constraint.getMatchAttribute() != null) {
            return new Constraint.Match(constraint.getMatchAttribute(), requests);
        }
        if (constraint.getDistinctAttribute() != null) {
            return new Constraint.Distinct(constraint.getDistinctAttribute(), requests);
        }
        return new Constraint.Unknown(requests);
    }

    private static List<DeviceToleration> tolerations(
            @Nullable List<io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration> tolerations) {
        return orEmpty(tolerations).stream()
                .map(t -> new DeviceToleration(
                        requireNonNullElse(t.getKey(), ""),
                        requireNonNullElse(t.getOperator(), ""),
                        requireNonNullElse(t.getValue(), ""),
                        requireNonNullElse(t.getEffect(), ""),
                        Optional.ofNullable(t.getTolerationSeconds())))
                .toList();
    }

    private static ClaimAllocation allocation(String namespace, String name, String uid, AllocationResult allocation) {
        var devices = allocation.getDevices();
        return new ClaimAllocation(
                namespace,
                name,
                uid,
                devices == null
                        ? List.of()
                        : orEmpty(devices.getResults()).stream()
                                .map(ClaimReader::result)
                                .toList(),
                devices == null
                        ? List.of()
                        : orEmpty(devices.getConfig()).stream()
                                .flatMap(c -> DeviceReader.config(c.getOpaque()).stream()
                                        .map(config -> new ClaimAllocation.Config(
                                                "FromClass".equals(c.getSource()), orEmpty(c.getRequests()), config)))
                                .toList(),
                allocation.getNodeSelector() == null
                        ? Optional.empty()
                        : Optional.of(
                                Selectors.nodeTerms(allocation.getNodeSelector().getNodeSelectorTerms())));
    }

    private static ClaimAllocation.Result result(DeviceRequestAllocationResult result) {
        return new ClaimAllocation.Result(
                result.getRequest(),
                new DeviceId(new PoolId(result.getDriver(), result.getPool()), result.getDevice()),
                Boolean.TRUE.equals(result.getAdminAccess()),
                tolerations(result.getTolerations()),
                orEmpty(result.getBindingConditions()),
                orEmpty(result.getBindingFailureConditions()),
                Optional.ofNullable(result.getShareID()),
                exact(result.getConsumedCapacity()));
    }
}
