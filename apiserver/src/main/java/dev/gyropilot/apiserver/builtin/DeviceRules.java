package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Devices, claims for them, and the groups of pods that are scheduled together. */
final class DeviceRules {
    private static final int MAX_DEVICES = 128;
    private static final int MAX_REQUESTS = 32;

    private DeviceRules() {}

    static Map<String, KindRule> rules() {
        Map<String, KindRule> rules = new LinkedHashMap<>();
        rules.put(
                "resource.k8s.io/ResourceClaim",
                KindRule.plain()
                        .immutable("spec")
                        .check((claim, findings) ->
                                checkRequests("spec.devices", claim.path("spec").path("devices"), findings)));
        rules.put(
                "resource.k8s.io/ResourceClaimTemplate",
                KindRule.plain()
                        .immutable("spec")
                        .check((template, findings) -> checkRequests(
                                "spec.spec.devices", Tree.at(template, "spec", "spec", "devices"), findings)));
        rules.put(
                "resource.k8s.io/ResourceSlice",
                KindRule.plain()
                        .selects("spec.nodeName", "spec.driver")
                        .immutable("spec.nodeName", "spec.driver", "spec.pool.name")
                        .check(DeviceRules::checkSlice));
        rules.put("scheduling.k8s.io/PodGroup", KindRule.plain().immutable("spec"));
        rules.put("scheduling.k8s.io/Workload", KindRule.plain().immutable("spec"));
        return rules;
    }

    private static void checkRequests(String path, JsonNode devices, Findings findings) {
        List<ObjectNode> requests = Tree.objects(devices, "requests");
        if (requests.size() > MAX_REQUESTS) {
            findings.tooMany(path + ".requests", requests.size(), MAX_REQUESTS);
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < requests.size(); i++) {
            ObjectNode request = requests.get(i);
            String at = path + ".requests[" + i + "]";
            String name = Tree.text(request, "name");
            findings.invalidEach(at + ".name", name, name.isEmpty() ? List.of() : NameRules.label(name));
            if (!names.add(name)) {
                findings.duplicate(at, name);
            }
            if (!request.has("exactly") && !request.has("firstAvailable")) {
                findings.required(at, "exactly one of `exactly` or `firstAvailable` is required");
            } else if (request.has("exactly") && request.has("firstAvailable")) {
                findings.invalid(
                        at,
                        request,
                        "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
            }
        }
    }

    private static void checkSlice(ObjectNode slice, Findings findings) {
        JsonNode spec = slice.path("spec");
        long places = List.of("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection").stream()
                .filter(field -> !Tree.empty(spec, field))
                .count();
        if (places != 1) {
            findings.required(
                    "spec",
                    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required");
        }
        List<ObjectNode> devices = Tree.objects(spec, "devices");
        if (devices.size() > MAX_DEVICES) {
            findings.tooMany("spec.devices", devices.size(), MAX_DEVICES);
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < devices.size(); i++) {
            String name = Tree.text(devices.get(i), "name");
            findings.invalidEach(
                    "spec.devices[" + i + "].name", name, name.isEmpty() ? List.of() : NameRules.label(name));
            if (!names.add(name)) {
                findings.duplicate("spec.devices[" + i + "].name", name);
            }
        }
    }
}
