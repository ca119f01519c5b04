package dev.gyropilot.brain.placement.objects;

import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.Requirement;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.DeviceToleration;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAllocationConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAllocationConfigurationBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceTolerationBuilder;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes an allocation as a claim's {@code status.allocation}. */
public final class AllocationWriter {
    private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
    private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
    private static final List<String> FRACTIONS = List.of("", "m", "u", "n");

    private AllocationWriter() {}

    public static AllocationResult write(ClaimAllocation allocation) {
        return new AllocationResultBuilder()
                .withNewDevices()
                .withResults(allocation.results().stream()
                        .map(AllocationWriter::result)
                        .toList())
                .withConfig(allocation.configs().stream()
                        .map(AllocationWriter::config)
                        .toList())
                .endDevices()
                .withNodeSelector(
                        allocation.nodes().map(AllocationWriter::selector).orElse(null))
                .build();
    }

    private static DeviceRequestAllocationResult result(ClaimAllocation.Result result) {
        var builder = new DeviceRequestAllocationResultBuilder()
                .withRequest(result.request())
                .withDriver(result.device().pool().driver())
                .withPool(result.device().pool().pool())
                .withDevice(result.device().device())
                .withTolerations(result.tolerations().stream()
                        .map(AllocationWriter::toleration)
                        .toList())
                .withBindingConditions(result.bindingConditions())
                .withBindingFailureConditions(result.bindingFailureConditions())
                .withShareID(result.shareId().orElse(null));
        if (result.adminAccess()) {
            builder.withAdminAccess(true);
        }
        if (result.shareId().isPresent()) {
            Map<String, Quantity> consumed = new TreeMap<>();
            result.consumedCapacity().forEach((name, amount) -> consumed.put(name, quantity(amount)));
            builder.withConsumedCapacity(consumed);
        }
        return builder.build();
    }

    private static io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration toleration(DeviceToleration from) {
        return new DeviceTolerationBuilder()
                .withKey(orNull(from.key()))
                .withOperator(orNull(from.operator()))
                .withValue(orNull(from.value()))
                .withEffect(orNull(from.effect()))
                .withTolerationSeconds(from.tolerationSeconds().orElse(null))
                .build();
    }

    private static DeviceAllocationConfiguration config(ClaimAllocation.Config config) {
        return new DeviceAllocationConfigurationBuilder()
                .withSource(config.fromClass() ? "FromClass" : "FromClaim")
                .withRequests(config.requests())
                .withNewOpaque()
                .withDriver(config.config().driver())
                .withParameters(config.config().parameters())
                .endOpaque()
                .build();
    }

    private static NodeSelector selector(List<NodeTerm> terms) {
        return new NodeSelector(terms.stream()
                .map(term -> new NodeSelectorTerm(requirements(term.labels()), requirements(term.fields())))
                .toList());
    }

    private static List<NodeSelectorRequirement> requirements(List<Requirement> requirements) {
        return requirements.stream()
                .map(r -> new NodeSelectorRequirement(r.key(), operator(r.operator()), r.values()))
                .toList();
    }

    private static String operator(Requirement.Operator operator) {
        return switch (operator) {
            case IN -> "In";
            case NOT_IN -> "NotIn";
            case EXISTS -> "Exists";
            case NOT_EXISTS -> "DoesNotExist";
            case GT -> "Gt";
            case LT -> "Lt";
        };
    }

    /** In binary units where that is exact, else a plain number; fractions in thousandths, as the API writes them. */
    private static Quantity quantity(BigDecimal amount) {
        if (amount.stripTrailingZeros().scale() > 0) {
            return fraction(amount);
        }
        BigDecimal rest = amount;
        int unit = 0;
        while (unit < BINARY.size() - 1
                && rest.signum() > 0
                && rest.remainder(KIBI).signum() == 0) {
            rest = rest.divide(KIBI);
            unit++;
        }
        return new Quantity(rest.stripTrailingZeros().toPlainString() + BINARY.get(unit));
    }

    private static Quantity fraction(BigDecimal amount) {
        BigDecimal rest = amount;
        int unit = 0;
        while (unit < FRACTIONS.size() - 1 && rest.stripTrailingZeros().scale() > 0) {
            rest = rest.movePointRight(3);
            unit++;
        }
        return new Quantity(rest.setScale(0, RoundingMode.CEILING).toPlainString() + FRACTIONS.get(unit));
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
