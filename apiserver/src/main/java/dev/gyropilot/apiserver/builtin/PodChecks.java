package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What may not be in a pod or a pod template; the names of containers and volumes must fit together. */
final class PodChecks {
    static final String NOT_NEGATIVE = "must be greater than or equal to 0";
    private static final String PORT_RANGE = "must be between 1 and 65535, inclusive";
    private static final int MAX_PORT = 65_535;
    private static final List<String> CONTAINERS = List.of("initContainers", "containers", "ephemeralContainers");
    private static final List<String> PROBES = List.of("livenessProbe", "readinessProbe", "startupProbe");
    private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc", "sleep");

    private PodChecks() {}

    static void spec(String path, ObjectNode spec, Findings findings) {
        Set<String> volumes = volumes(path, spec, findings);
        Set<String> names = new HashSet<>();
        for (String list : CONTAINERS) {
            List<ObjectNode> containers = Tree.objects(spec, list);
            for (int i = 0; i < containers.size(); i++) {
                String at = path + "." + list + "[" + i + "]";
                String name = Tree.text(containers.get(i), "name");
                if (!name.isEmpty() && !names.add(name)) {
                    findings.duplicate(at + ".name", name);
                }
                mounts(at, containers.get(i), volumes, findings);
                boolean init = list.equals("initContainers");
                boolean sidecar = Tree.text(containers.get(i), "restartPolicy").equals("Always");
                if (init && !sidecar) {
                    PROBES.stream()
                            .filter(containers.get(i)::has)
                            .forEach(probe -> findings.forbidden(
                                    at + "." + probe,
                                    "may not be set for init containers without restartPolicy=Always"));
                }
            }
        }
        Set<String> claims = new HashSet<>();
        List<ObjectNode> resourceClaims = Tree.objects(spec, "resourceClaims");
        for (int i = 0; i < resourceClaims.size(); i++) {
            claim(path + ".resourceClaims[" + i + "]", resourceClaims.get(i), claims, findings);
        }
        for (String list : CONTAINERS) {
            usedClaims(path + "." + list, Tree.objects(spec, list), claims, findings);
        }
    }

    private static Set<String> volumes(String path, ObjectNode spec, Findings findings) {
        Set<String> names = new HashSet<>();
        List<ObjectNode> volumes = Tree.objects(spec, "volumes");
        for (int i = 0; i < volumes.size(); i++) {
            ObjectNode volume = volumes.get(i);
            String at = path + ".volumes[" + i + "]";
            String name = Tree.text(volume, "name");
            if (!name.isEmpty()) {
                findings.invalidEach(at + ".name", name, NameRules.label(name));
                if (!names.add(name)) {
                    findings.duplicate(at + ".name", name);
                }
            }
            List<String> sources = new ArrayList<>();
            volume.fieldNames().forEachRemaining(sources::add);
            sources.remove("name");
            sources.stream()
                    .skip(1)
                    .forEach(
                            source -> findings.forbidden(at + "." + source, "may not specify more than 1 volume type"));
            for (String source : List.of("secret", "configMap")) {
                String field = source.equals("secret") ? "secretName" : "name";
                if (volume.get(source) instanceof ObjectNode named && Tree.empty(named, field)) {
                    findings.required(at + "." + source + "." + field, "");
                }
            }
        }
        return names;
    }

    private static void mounts(String path, ObjectNode container, Set<String> volumes, Findings findings) {
        Set<String> paths = new HashSet<>();
        List<ObjectNode> mounts = Tree.objects(container, "volumeMounts");
        for (int i = 0; i < mounts.size(); i++) {
            String at = path + ".volumeMounts[" + i + "]";
            String name = Tree.text(mounts.get(i), "name");
            String mountPath = Tree.text(mounts.get(i), "mountPath");
            if (!name.isEmpty() && !volumes.contains(name)) {
                findings.notFound(at + ".name", name);
            }
            if (!mountPath.isEmpty() && !paths.add(mountPath)) {
                findings.invalid(at + ".mountPath", mountPath, "must be unique");
            }
            String subPath = Tree.text(mounts.get(i), "subPath");
            if (subPath.startsWith("/")) {
                findings.invalid(at + ".subPath", subPath, "must be a relative path");
            }
            if (List.of(subPath.split("/")).contains("..")) {
                findings.invalid(at + ".subPath", subPath, "must not contain '..'");
            }
        }
    }

    private static void claim(String path, ObjectNode claim, Set<String> names, Findings findings) {
        String name = Tree.text(claim, "name");
        if (!name.isEmpty()) {
            findings.invalidEach(path + ".name", name, NameRules.label(name));
            if (!names.add(name)) {
                findings.duplicate(path, name);
            }
        }
        boolean byName = claim.has("resourceClaimName");
        boolean byTemplate = claim.has("resourceClaimTemplateName");
        if (byName == byTemplate) {
            findings.invalid(
                    path,
                    claim,
                    byName
                            ? "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
                            : "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
        }
    }

    private static void usedClaims(String path, List<ObjectNode> containers, Set<String> known, Findings findings) {
        for (int i = 0; i < containers.size(); i++) {
            List<ObjectNode> used = Tree.objects(containers.get(i), "resources", "claims");
            for (int j = 0; j < used.size(); j++) {
                String name = Tree.text(used.get(j), "name");
                if (!name.isEmpty() && !known.contains(name)) {
                    findings.notFound(path + "[" + i + "].resources.claims[" + j + "].name", name);
                }
            }
        }
    }

    static void container(String path, ObjectNode container, Findings findings) {
        String name = Tree.text(container, "name");
        if (!name.isEmpty()) {
            findings.invalidEach(path + ".name", name, NameRules.label(name));
        }
        if (Tree.empty(container, "image")) {
            findings.required(path + ".image", "");
        }
        Set<String> portNames = new HashSet<>();
        List<ObjectNode> ports = Tree.objects(container, "ports");
        for (int i = 0; i < ports.size(); i++) {
            String portName = Tree.text(ports.get(i), "name");
            if (!portName.isEmpty() && !portNames.add(portName)) {
                findings.duplicate(path + ".ports[" + i + "].name", portName);
            }
        }
        for (String probe : PROBES) {
            if (container.get(probe) instanceof ObjectNode value) {
                probe(path + "." + probe, value, !probe.equals("readinessProbe"), findings);
            }
        }
        for (String hook : List.of("postStart", "preStop")) {
            if (Tree.at(container, "lifecycle", hook) instanceof ObjectNode value) {
                handler(path + ".lifecycle." + hook, value, findings);
            }
        }
    }

    static void port(String path, ObjectNode port, Findings findings) {
        String name = Tree.text(port, "name");
        if (!name.isEmpty()) {
            findings.invalidEach(path + ".name", name, NameRules.portName(name));
        }
        if (Tree.empty(port, "containerPort")) {
            findings.required(path + ".containerPort", "");
        } else {
            portNumber(path + ".containerPort", port.path("containerPort"), findings);
        }
        if (!Tree.empty(port, "hostPort")) {
            portNumber(path + ".hostPort", port.path("hostPort"), findings);
        }
    }

    /** A number in range, or the name of a port. */
    static void portNumber(String path, JsonNode port, Findings findings) {
        if (port.isNumber() && (port.asInt() < 1 || port.asInt() > MAX_PORT)) {
            findings.invalid(path, port, PORT_RANGE);
        } else if (port.isTextual()) {
            findings.invalidEach(path, port.textValue(), NameRules.portName(port.textValue()));
        }
    }

    static void environment(String path, ObjectNode variable, Findings findings) {
        String name = Tree.text(variable, "name");
        if (!name.isEmpty()) {
            findings.invalidEach(path + ".name", name, NameRules.environment(name));
        }
        if (variable.get("valueFrom") instanceof ObjectNode source) {
            if (!Tree.empty(variable, "value")) {
                findings.invalid(path + ".valueFrom", "", "may not be specified when `value` is not empty");
            } else if (source.isEmpty()) {
                findings.invalid(
                        path + ".valueFrom",
                        "",
                        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
            } else if (source.size() > 1) {
                findings.invalid(path + ".valueFrom", "", "may not have more than one field specified at a time");
            }
        }
    }

    static void resources(String path, ObjectNode resources, Findings findings) {
        for (String list : List.of("limits", "requests")) {
            for (Map.Entry<String, JsonNode> entry : resources.path(list).properties()) {
                if (Quantities.valueOrZero(entry.getValue()).signum() < 0) {
                    findings.invalid(path + "." + list + "[" + entry.getKey() + "]", entry.getValue(), NOT_NEGATIVE);
                }
            }
        }
        for (Map.Entry<String, JsonNode> request : resources.path("requests").properties()) {
            String name = request.getKey();
            JsonNode limit = resources.path("limits").path(name);
            if (limit.isMissingNode()) {
                continue;
            }
            BigDecimal wanted = Quantities.valueOrZero(request.getValue());
            int compared = wanted.compareTo(Quantities.valueOrZero(limit));
            boolean extended = name.contains("/");
            if (extended && compared != 0) {
                findings.invalid(
                        path + ".requests",
                        request.getValue(),
                        "must be equal to " + name + " limit of " + limit.asText());
            } else if (compared > 0) {
                findings.invalid(
                        path + ".requests",
                        request.getValue(),
                        "must be less than or equal to " + name + " limit of " + limit.asText());
            }
        }
    }

    private static void probe(String path, ObjectNode probe, boolean oneSuccess, Findings findings) {
        handler(path, probe, findings);
        for (String field : List.of(
                "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")) {
            if (Tree.number(0, probe, field) < 0) {
                findings.invalid(path + "." + field, probe.path(field), NOT_NEGATIVE);
            }
        }
        if (oneSuccess && Tree.number(1, probe, "successThreshold") > 1) {
            findings.invalid(path + ".successThreshold", probe.path("successThreshold"), "must be 1");
        }
    }

    private static void handler(String path, ObjectNode owner, Findings findings) {
        List<String> handlers = HANDLERS.stream().filter(owner::has).toList();
        if (handlers.isEmpty()) {
            findings.required(path, "must specify a handler type");
        }
        handlers.stream()
                .skip(1)
                .forEach(more -> findings.forbidden(path + "." + more, "may not specify more than 1 handler type"));
    }

    static void portOf(String path, ObjectNode action, Findings findings) {
        portNumber(path + ".port", action.path("port"), findings);
    }
}
