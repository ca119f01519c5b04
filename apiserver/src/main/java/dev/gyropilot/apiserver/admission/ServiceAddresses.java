package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Gives services their cluster IP (out of 10.96.0.0/16) and their node ports, each to one service only. */
final class ServiceAddresses implements Admission {
    private static final String PREFIX = "10.96.";
    private static final int ADDRESSES = 1 << 16;
    private static final int FIRST_NODE_PORT = 30_000;
    private static final int NODE_PORTS = 2768;
    private static final int MAX_PENDING = 1024;
    private static final String NONE = "None";

    private final ObjectReader objects;
    /** Given out, but perhaps not yet stored: two services that are created at once must not share an address. */
    private final Set<String> pending = Collections.newSetFromMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX_PENDING;
        }
    });

    ServiceAddresses(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        ObjectNode service = request.object();
        if (service == null || request.operation().equals("DELETE") || !Refusals.is(request, "", "services", "")) {
            return;
        }
        ObjectNode spec = Tree.child(service, "spec");
        if (Tree.text(spec, "type").equals("ExternalName")) {
            return;
        }
        synchronized (pending) {
            String name = request.attributes().namespace() + "/" + Refusals.nameOf(request);
            Set<String> taken = taken(name);
            clusterAddress(request, spec, taken);
            nodePorts(request, spec, taken);
        }
    }

    private Set<String> taken(String own) {
        Set<String> taken = new HashSet<>(pending);
        Set<String> mine = new HashSet<>();
        for (ObjectNode other : objects.list("", "services", "")) {
            JsonNode metadata = other.path("metadata");
            String name = metadata.path("namespace").asText() + "/"
                    + metadata.path("name").asText();
            Set<String> holder = own.equals(name) ? mine : taken;
            holder.add(Tree.text(other, "spec", "clusterIP"));
            Tree.objects(other, "spec", "ports")
                    .forEach(port -> holder.add(port.path("nodePort").asText("")));
        }
        // What a Service has may still be remembered as given out lately; it keeps it.
        taken.removeAll(mine);
        return taken;
    }

    private void clusterAddress(Request request, ObjectNode spec, Set<String> taken) {
        String wanted = Tree.text(spec, "clusterIP");
        String first = Tree.at(spec, "clusterIPs").path(0).asText("");
        String address = wanted.isEmpty() ? first : wanted;
        if (address.isEmpty()) {
            address = freeAddress(request, taken);
        } else if (!address.equals(NONE)) {
            checkAddress(request, address, taken);
        }
        spec.put("clusterIP", address);
        spec.putArray("clusterIPs").add(address);
        if (Tree.empty(spec, "ipFamilies")) {
            spec.putArray("ipFamilies").add("IPv4");
        }
        if (address.equals(NONE) && Tree.empty(spec, "selector") && Tree.absent(spec, "ipFamilyPolicy")) {
            spec.put("ipFamilyPolicy", "RequireDualStack")
                    .withArray("ipFamilies")
                    .add("IPv6");
        }
        Tree.setIfAbsent(spec, "ipFamilyPolicy", "SingleStack");
    }

    private static void checkAddress(Request request, String address, Set<String> taken) {
        if (!address.startsWith(PREFIX)) {
            throw invalid(
                    request,
                    "spec.clusterIPs",
                    "[\"" + address + "\"]",
                    "failed to allocate IP " + address
                            + ": the provided IP is not in the valid range. The range of valid"
                            + " IPs is 10.96.0.0/16");
        }
        if (taken.contains(address)) {
            throw invalid(
                    request,
                    "spec.clusterIPs",
                    "[\"" + address + "\"]",
                    "failed to allocate IP " + address + ": provided IP is already allocated");
        }
    }

    private String freeAddress(Request request, Set<String> taken) {
        int start = ThreadLocalRandom.current().nextInt(ADDRESSES);
        for (int i = 0; i < ADDRESSES; i++) {
            int number = (start + i) % ADDRESSES;
            String address = PREFIX + (number >> 8) + "." + (number & 255);
            // The lowest addresses are for services that name theirs.
            boolean kept = number < 256 || number == ADDRESSES - 1;
            if (!kept && !taken.contains(address)) {
                remember(request, address);
                return address;
            }
        }
        throw new ApiError(500, "InternalError", "failed to allocate a serviceIP: range is full", null);
    }

    private void nodePorts(Request request, ObjectNode spec, Set<String> taken) {
        String type = Tree.text(spec, "type");
        boolean wanted = type.equals("NodePort")
                || (type.equals("LoadBalancer")
                        && spec.path("allocateLoadBalancerNodePorts").asBoolean(true));
        if (!wanted) {
            return;
        }
        List<ObjectNode> ports = Tree.objects(spec, "ports");
        for (int i = 0; i < ports.size(); i++) {
            ObjectNode port = ports.get(i);
            int number = port.path("nodePort").asInt(0);
            if (number == 0) {
                port.put("nodePort", freePort(request, taken));
            } else if (number < FIRST_NODE_PORT || number >= FIRST_NODE_PORT + NODE_PORTS) {
                throw invalid(
                        request,
                        "spec.ports[" + i + "].nodePort",
                        Integer.toString(number),
                        "provided port is not in the valid range. The range of valid ports is 30000-32767");
            } else if (taken.contains(Integer.toString(number))) {
                throw invalid(
                        request,
                        "spec.ports[" + i + "].nodePort",
                        Integer.toString(number),
                        "provided port is already allocated");
            }
        }
    }

    private int freePort(Request request, Set<String> taken) {
        int start = ThreadLocalRandom.current().nextInt(NODE_PORTS);
        for (int i = 0; i < NODE_PORTS; i++) {
            int port = FIRST_NODE_PORT + (start + i) % NODE_PORTS;
            if (taken.add(Integer.toString(port))) {
                remember(request, Integer.toString(port));
                return port;
            }
        }
        throw new ApiError(500, "InternalError", "failed to allocate a nodePort: range is full", null);
    }

    private void remember(Request request, String given) {
        if (!request.dryRun()) {
            pending.add(given);
        }
    }

    private static ApiError invalid(Request request, String field, String value, String why) {
        return ApiError.invalid(
                "", "Service", Refusals.nameOf(request), List.of(FieldError.invalid(field, value, why)));
    }
}
