package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where a pod goes beyond the baseline of the pod security standards; clients get it as a warning. Pods here are processes
 * and no security boundary, so the warning tells what a real cluster would refuse rather than what this one prevents.
 */
final class PodSecurity {
    private static final List<String> RUN = List.of("initContainers", "containers", "ephemeralContainers");
    private static final Set<String> CAPABILITIES = Set.of(
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT");

    private PodSecurity() {}

    /** One warning, or none. */
    static List<String> warnings(JsonNode spec) {
        List<String> found = new ArrayList<>();
        List<String> namespaces = List.of("hostNetwork", "hostPID", "hostIPC").stream()
                .filter(field -> Tree.flag(spec, field))
                .map(field -> field + "=true")
                .toList();
        if (!namespaces.isEmpty()) {
            found.add("host namespaces (" + String.join(", ", namespaces) + ")");
        }
        List<String> hostPaths = Tree.objects(spec, "volumes").stream()
                .filter(volume -> volume.has("hostPath"))
                .map(volume -> Tree.text(volume, "name"))
                .toList();
        if (!hostPaths.isEmpty()) {
            found.add("hostPath volumes (volume" + names(hostPaths) + ")");
        }
        List<String> privileged = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        Set<String> added = new TreeSet<>();
        List<String> adding = new ArrayList<>();
        for (String list : RUN) {
            for (ObjectNode container : Tree.objects(spec, list)) {
                String name = Tree.text(container, "name");
                if (Tree.flag(container, "securityContext", "privileged")) {
                    privileged.add(name);
                }
                if (Tree.objects(container, "ports").stream().anyMatch(port -> !Tree.empty(port, "hostPort"))) {
                    ports.add(name);
                }
                Set<String> beyond = new TreeSet<>(Tree.texts(container, "securityContext", "capabilities", "add"));
                beyond.removeAll(CAPABILITIES);
                if (!beyond.isEmpty()) {
                    added.addAll(beyond);
                    adding.add(name);
                }
            }
        }
        if (!ports.isEmpty()) {
            found.add("hostPort (container" + names(ports) + " uses hostPorts)");
        }
        if (!privileged.isEmpty()) {
            found.add("privileged (container" + names(privileged) + " must not set securityContext.privileged=true)");
        }
        if (!adding.isEmpty()) {
            found.add("non-default capabilities (container" + names(adding) + " must not include"
                    + names(List.copyOf(added)).replaceFirst("^s", "")
                    + " in securityContext.capabilities.add)");
        }
        return found.isEmpty()
                ? List.of()
                : List.of("would violate PodSecurity \"baseline:latest\": " + String.join(", ", found));
    }

    private static String names(List<String> names) {
        String list = names.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(", "));
        return (names.size() > 1 ? "s " : " ") + list;
    }
}
