package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Services, endpoints, ingresses, network policies. */
final class NetworkRules {
    private static final String NONE = "None";

    private NetworkRules() {}

    static Map<String, KindRule> rules() {
        Map<String, KindRule> rules = new LinkedHashMap<>();
        rules.put(
                "/Service",
                KindRule.plain()
                        .createsOnUpdate()
                        .named(NameRules::label)
                        .onCreate(NetworkRules::withoutForeignAddresses)
                        .onUpdate(NetworkRules::keepAllocations)
                        .check(NetworkRules::checkService)
                        .checkUpdate(NetworkRules::checkServiceUpdate)
                        .selects("spec.clusterIP", "spec.type"));
        rules.put("/Endpoints", KindRule.plain().createsOnUpdate());
        rules.put(
                "discovery.k8s.io/EndpointSlice",
                KindRule.plain().immutable("addressType").check(NetworkRules::checkSlice));
        rules.put("networking.k8s.io/Ingress", KindRule.plain().check(NetworkRules::checkIngress));
        rules.put("networking.k8s.io/IngressClass", KindRule.plain().immutable("spec.controller"));
        rules.put("networking.k8s.io/IPAddress", KindRule.plain().immutable("spec.parentRef"));
        rules.put("networking.k8s.io/ServiceCIDR", KindRule.plain());
        return rules;
    }

    private static void withoutForeignAddresses(ObjectNode service) {
        ObjectNode spec = Tree.child(service, "spec");
        if (Tree.text(spec, "type").equals("ExternalName")) {
            spec.remove(List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"));
        }
    }

    /** Clients that do not send back what was allocated keep it nevertheless. */
    private static void keepAllocations(ObjectNode before, ObjectNode service, String subresource) {
        if (!subresource.isEmpty()) {
            return;
        }
        ObjectNode was = Tree.child(before.deepCopy(), "spec");
        ObjectNode is = Tree.child(service, "spec");
        if (Tree.text(is, "type").equals("ExternalName")) {
            withoutForeignAddresses(service);
            return;
        }
        if (Tree.text(was, "type").equals("ExternalName")) {
            return;
        }
        for (String field : List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
            if (Tree.empty(is, field)) {
                Tree.take(was, is, field);
            }
        }
        if (Tree.text(is, "type").equals("ClusterIP")) {
            Tree.objects(is, "ports").forEach(port -> {
                if (was.path("ports")
                        .toString()
                        .contains("\"nodePort\":" + port.path("nodePort").asText("-"))) {
                    port.remove("nodePort");
                }
            });
            return;
        }
        for (ObjectNode port : Tree.objects(is, "ports")) {
            if (Tree.empty(port, "nodePort")) {
                Tree.objects(was, "ports").stream()
                        .filter(old -> old.path("port").equals(port.path("port"))
                                && old.path("protocol").equals(port.path("protocol")))
                        .findFirst()
                        .ifPresent(old -> Tree.take(old, port, "nodePort"));
            }
        }
    }

    private static void checkService(ObjectNode service, Findings findings) {
        JsonNode spec = service.path("spec");
        String type = Tree.text(spec, "type");
        if (type.equals("ExternalName")) {
            String name = Tree.text(spec, "externalName");
            if (name.isEmpty()) {
                findings.required("spec.externalName", "");
            } else {
                String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
                findings.invalidEach("spec.externalName", name, NameRules.subdomain(bare));
            }
        } else if (Tree.empty(spec, "ports") && !Tree.text(spec, "clusterIP").equals(NONE)) {
            findings.required("spec.ports", "");
        }
        if (Tree.text(spec, "clusterIP").equals(NONE) && (type.equals("NodePort") || type.equals("LoadBalancer"))) {
            findings.invalid("spec.clusterIPs[0]", NONE, "may not be set to 'None' for " + type + " services");
        }
        checkServicePorts(spec, type, findings);
    }

    private static void checkServicePorts(JsonNode spec, String type, Findings findings) {
        Set<String> names = new HashSet<>();
        Set<String> numbers = new HashSet<>();
        List<ObjectNode> ports = Tree.objects(spec, "ports");
        for (int i = 0; i < ports.size(); i++) {
            ObjectNode port = ports.get(i);
            String path = "spec.ports[" + i + "]";
            String name = Tree.text(port, "name");
            if (name.isEmpty()) {
                if (ports.size() > 1) {
                    findings.required(path + ".name", "");
                }
            } else {
                findings.invalidEach(path + ".name", name, NameRules.label(name));
                if (!names.add(name)) {
                    findings.duplicate(path + ".name", name);
                }
            }
            if (type.equals("ClusterIP") && !Tree.empty(port, "nodePort")) {
                findings.forbidden(path + ".nodePort", "may not be used when `type` is 'ClusterIP'");
            }
            if (!numbers.add(port.path("protocol").asText() + port.path("port").asText())) {
                ObjectNode key = Tree.object();
                Tree.take(port, key, "protocol");
                Tree.take(port, key, "port");
                findings.duplicate(path, key);
            }
        }
    }

    private static void checkServiceUpdate(
            ObjectNode before, ObjectNode service, String subresource, Findings findings) {
        String was = Tree.text(before, "spec", "clusterIP");
        String is = Tree.text(service, "spec", "clusterIP");
        boolean keeps = !Tree.text(before, "spec", "type").equals("ExternalName")
                && !Tree.text(service, "spec", "type").equals("ExternalName");
        if (keeps && !was.isEmpty() && !was.equals(is)) {
            findings.invalid("spec.clusterIPs[0]", Tree.object().putArray("ips").add(is), "may not change once set");
        }
    }

    private static void checkSlice(ObjectNode slice, Findings findings) {
        List<ObjectNode> endpoints = Tree.objects(slice, "endpoints");
        if (endpoints.size() > 1000) {
            findings.tooMany("endpoints", endpoints.size(), 1000);
        }
        for (int i = 0; i < endpoints.size(); i++) {
            int count = endpoints.get(i).path("addresses").size();
            if (count > 100) {
                findings.tooMany("endpoints[" + i + "].addresses", count, 100);
            }
        }
    }

    private static void checkIngress(ObjectNode ingress, Findings findings) {
        JsonNode spec = ingress.path("spec");
        if (Tree.empty(spec, "rules") && !spec.has("defaultBackend")) {
            findings.invalid("spec", spec.path("rules"), "either `defaultBackend` or `rules` must be specified");
        }
        List<ObjectNode> rules = Tree.objects(spec, "rules");
        for (int i = 0; i < rules.size(); i++) {
            List<ObjectNode> paths = Tree.objects(rules.get(i), "http", "paths");
            for (int j = 0; j < paths.size(); j++) {
                String at = "spec.rules[" + i + "].http.paths[" + j + "]";
                String path = Tree.text(paths.get(j), "path");
                boolean free = Tree.text(paths.get(j), "pathType").equals("ImplementationSpecific");
                if (!free && !path.startsWith("/")) {
                    findings.invalid(at + ".path", path, "must be an absolute path");
                }
            }
        }
    }
}
