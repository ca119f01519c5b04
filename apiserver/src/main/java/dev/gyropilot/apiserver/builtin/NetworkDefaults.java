package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** Defaults of services, endpoint slices and network policies. */
final class NetworkDefaults {
    private static final int AFFINITY_SECONDS = 10_800;
    private static final Set<String> ROUTED = Set.of("ClusterIP", "NodePort", "LoadBalancer");
    private static final Set<String> EXTERNAL = Set.of("NodePort", "LoadBalancer");

    private NetworkDefaults() {}

    static void service(ObjectNode service) {
        ObjectNode spec = Tree.child(service, "spec");
        Tree.setIfEmpty(spec, "type", "ClusterIP");
        Tree.setIfEmpty(spec, "sessionAffinity", "None");
        String type = Tree.text(spec, "type");
        if (Tree.text(spec, "sessionAffinity").equals("ClientIP")) {
            Tree.setIfAbsent(Tree.child(spec, "sessionAffinityConfig", "clientIP"), "timeoutSeconds", AFFINITY_SECONDS);
        } else {
            spec.remove("sessionAffinityConfig");
        }
        boolean externalIps = type.equals("ClusterIP") && !Tree.empty(spec, "externalIPs");
        if (EXTERNAL.contains(type) || externalIps) {
            Tree.setIfEmpty(spec, "externalTrafficPolicy", "Cluster");
        }
        if (ROUTED.contains(type)) {
            Tree.setIfAbsent(spec, "internalTrafficPolicy", "Cluster");
        }
        if (type.equals("LoadBalancer")) {
            Tree.setIfAbsent(spec, "allocateLoadBalancerNodePorts", true);
            for (ObjectNode ingress : Tree.objects(service, "status", "loadBalancer", "ingress")) {
                if (!Tree.empty(ingress, "ip")) {
                    Tree.setIfAbsent(ingress, "ipMode", "VIP");
                }
            }
        }
    }

    static void servicePort(ObjectNode port) {
        if (Tree.empty(port, "targetPort") && port.path("port").isNumber()) {
            port.set("targetPort", port.get("port"));
        }
    }

    static void endpointPort(ObjectNode port) {
        Tree.setIfAbsent(port, "name", "");
        Tree.setIfAbsent(port, "protocol", "TCP");
    }

    static void networkPolicy(ObjectNode policy) {
        ObjectNode spec = Tree.child(policy, "spec");
        if (Tree.empty(spec, "policyTypes")) {
            JsonNode egress = spec.path("egress");
            ArrayNode types = spec.putArray("policyTypes").add("Ingress");
            if (!egress.isEmpty()) {
                types.add("Egress");
            }
        }
    }
}
