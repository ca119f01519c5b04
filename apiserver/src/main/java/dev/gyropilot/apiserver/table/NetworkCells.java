package dev.gyropilot.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The columns of services, endpoints, ingresses and policies between pods, by kind. */
final class NetworkCells {
    private static final int SHOWN = 3;

    private NetworkCells() {}

    static Map<String, Map<String, Cell>> kinds() {
        return Map.of(
                "/Service",
                        Map.of(
                                "Type", row -> row.text("spec", "type"),
                                "Cluster-IP",
                                        row -> row.at("spec", "clusterIPs")
                                                .path(0)
                                                .asText(Row.NONE),
                                "External-IP", NetworkCells::externalAddress,
                                "Port(s)", NetworkCells::servicePorts,
                                "Selector", row -> Row.labels(row.at("spec", "selector"))),
                "/Endpoints", Map.of("Endpoints", NetworkCells::endpoints),
                "discovery.k8s.io/EndpointSlice",
                        Map.of(
                                "AddressType", row -> row.text("addressType"),
                                "Ports", NetworkCells::slicePorts,
                                "Endpoints", NetworkCells::sliceAddresses),
                "networking.k8s.io/Ingress",
                        Map.of(
                                "Class", row -> row.textOr(Row.NONE, "spec", "ingressClassName"),
                                "Hosts", NetworkCells::hosts,
                                "Address", row -> String.join(",", balancerAddresses(row)),
                                "Ports", row -> row.at("spec", "tls").isEmpty() ? "80" : "80, 443"),
                "networking.k8s.io/IngressClass",
                        Map.of(
                                "Name", row -> withDefaultMark(row, "ingressclass.kubernetes.io/is-default-class"),
                                "Controller", row -> row.text("spec", "controller"),
                                "Parameters", NetworkCells::parameters),
                "networking.k8s.io/NetworkPolicy",
                        Map.of("Pod-Selector", row -> Row.selector(row.at("spec", "podSelector"))),
                "networking.k8s.io/ServiceCIDR",
                        Map.of("CIDRs", row -> String.join(",", Tree.texts(row.at("spec", "cidrs")))),
                "networking.k8s.io/IPAddress", Map.of("ParentRef", NetworkCells::parent));
    }

    static String withDefaultMark(Row row, String annotation) {
        boolean marked = row.text("metadata", "annotations", annotation).equals("true");
        return row.text("metadata", "name") + (marked ? " (default)" : "");
    }

    private static String externalAddress(Row row) {
        List<String> own = Tree.texts(row.at("spec", "externalIPs"));
        return switch (row.text("spec", "type")) {
            case "ClusterIP", "NodePort" -> own.isEmpty() ? Row.NONE : String.join(",", own);
            case "LoadBalancer" -> {
                List<String> all = new ArrayList<>(balancerAddresses(row));
                all.addAll(own);
                yield all.isEmpty() ? "<pending>" : String.join(",", all);
            }
            case "ExternalName" -> row.text("spec", "externalName");
            default -> "<unknown>";
        };
    }

    private static List<String> balancerAddresses(Row row) {
        TreeSet<String> addresses = new TreeSet<>();
        for (ObjectNode ingress : row.objects("status", "loadBalancer", "ingress")) {
            String ip = Tree.text(ingress, "ip");
            addresses.add(ip.isEmpty() ? Tree.text(ingress, "hostname") : ip);
        }
        addresses.remove("");
        return List.copyOf(addresses);
    }

    private static String servicePorts(Row row) {
        List<String> ports = new ArrayList<>();
        for (ObjectNode port : row.objects("spec", "ports")) {
            String node = Tree.empty(port, "nodePort")
                    ? ""
                    : ":" + port.path("nodePort").asText();
            ports.add(port.path("port").asText() + node + "/" + Tree.text(port, "protocol"));
        }
        return ports.isEmpty() ? Row.NONE : String.join(",", ports);
    }

    private static String endpoints(Row row) {
        List<String> all = new ArrayList<>();
        for (ObjectNode subset : row.objects("subsets")) {
            List<ObjectNode> ports = Tree.objects(subset, "ports");
            for (ObjectNode port : ports.isEmpty() ? List.of(Tree.object()) : ports) {
                for (ObjectNode address : Tree.objects(subset, "addresses")) {
                    String ip = Tree.text(address, "ip");
                    String host = ip.contains(":") ? "[" + ip + "]" : ip;
                    all.add(
                            ports.isEmpty()
                                    ? ip
                                    : host + ":" + port.path("port").asText("0"));
                }
            }
        }
        return row.at("subsets").isEmpty() ? Row.NONE : Row.some(all, SHOWN, ",");
    }

    private static String slicePorts(Row row) {
        List<String> ports = new ArrayList<>();
        for (ObjectNode port : row.objects("ports")) {
            ports.add(port.path("port").asText(port.path("name").asText("*")));
        }
        return ports.isEmpty() ? Row.UNSET : Row.some(ports, SHOWN, ",");
    }

    private static String sliceAddresses(Row row) {
        List<String> addresses = new ArrayList<>();
        row.objects("endpoints").forEach(endpoint -> addresses.addAll(Tree.texts(endpoint, "addresses")));
        return addresses.isEmpty() ? Row.UNSET : Row.some(addresses, SHOWN, ",");
    }

    private static String hosts(Row row) {
        List<String> hosts = new ArrayList<>();
        int rules = 0;
        for (ObjectNode rule : row.objects("spec", "rules")) {
            rules++;
            if (!Tree.text(rule, "host").isEmpty() && hosts.size() < SHOWN) {
                hosts.add(Tree.text(rule, "host"));
            }
        }
        if (hosts.isEmpty()) {
            return "*";
        }
        boolean more = hosts.size() == SHOWN && rules > SHOWN;
        return String.join(",", hosts) + (more ? " + " + (rules - SHOWN) + " more..." : "");
    }

    private static String parameters(Row row) {
        JsonNode parameters = row.at("spec", "parameters");
        if (!parameters.isObject()) {
            return Row.NONE;
        }
        String group = Tree.text(parameters, "apiGroup");
        return Tree.text(parameters, "kind") + (group.isEmpty() ? "" : "." + group) + "/"
                + Tree.text(parameters, "name");
    }

    private static String parent(Row row) {
        JsonNode parent = row.at("spec", "parentRef");
        if (!parent.isObject()) {
            return Row.NONE;
        }
        String group = Tree.text(parent, "group");
        String namespace = Tree.text(parent, "namespace");
        String resource = Tree.text(parent, "resource") + (group.isEmpty() ? "" : "." + group);
        return resource.toLowerCase(Locale.ROOT) + (namespace.isEmpty() ? "" : "/" + namespace) + "/"
                + Tree.text(parent, "name");
    }
}
