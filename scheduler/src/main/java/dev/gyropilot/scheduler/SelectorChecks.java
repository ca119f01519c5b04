package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.SelectorCompiler.SelectorException;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSelector;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is wrong with the selectors of classes and claims; what was found out about a text is remembered. Thread-safe. */
final class SelectorChecks {
    private static final int REMEMBERED = 1024;
    private static final int QUOTED = 200;

    private final CelSelectors selectors = new CelSelectors();
    private final Map<String, String> findings = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** The first broken selector: its field, its text, and the remedy. */
    Optional<String> problem(DeviceClass type) {
        return type.getSpec() == null
                ? Optional.empty()
                : problem("spec.selectors", type.getSpec().getSelectors());
    }

    /** The first broken selector: its field, its text, and the remedy. */
    Optional<String> problem(ResourceClaim claim) {
        var devices = claim.getSpec() == null ? null : claim.getSpec().getDevices();
        List<DeviceRequest> requests =
                devices == null || devices.getRequests() == null ? List.of() : devices.getRequests();
        for (int i = 0; i < requests.size(); i++) {
            Optional<String> problem = problem("spec.devices.requests[" + i + "]", requests.get(i));
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private Optional<String> problem(String at, DeviceRequest request) {
        if (request.getExactly() != null) {
            return problem(at + ".exactly.selectors", request.getExactly().getSelectors());
        }
        var alternatives = request.getFirstAvailable();
        for (int i = 0; alternatives != null && i < alternatives.size(); i++) {
            Optional<String> problem = problem(
                    at + ".firstAvailable[" + i + "].selectors",
                    alternatives.get(i).getSelectors());
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private Optional<String> problem(String at, @Nullable List<DeviceSelector> all) {
        for (int i = 0; all != null && i < all.size(); i++) {
            var cel = all.get(i).getCel();
            String text = cel == null || cel.getExpression() == null ? "" : cel.getExpression();
            String finding = finding(text);
            if (!finding.isEmpty()) {
                String quoted = text.length() > QUOTED ? text.substring(0, QUOTED) + "…" : text;
                return Optional.of(at + "[" + i + "].cel.expression is \"" + quoted + "\", which " + finding);
            }
        }
        return Optional.empty();
    }

    private synchronized String finding(String text) {
        return findings.computeIfAbsent(text, this::judge);
    }

    private String judge(String text) {
        if (text.isEmpty()) {
            return "is empty. Remedy: write a condition on the device, such as device.driver == \"gpu.example.com\".";
        }
        try {
            long cost = selectors.worstCost(text);
            return cost <= CelSelectors.MAX_COST
                    ? ""
                    : "may cost " + cost + " steps on one device, more than the " + CelSelectors.MAX_COST
                            + " that are allowed. Remedy: look at single attributes instead of searching all of them.";
        } catch (SelectorException e) {
            return "does not compile: " + e.getMessage() + ". Remedy: correct it there.";
        }
    }
}
