package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.RecordedObjects;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.ArrayList;
import java.util.List;

/** The objects that a server has before its first client comes: namespaces, default roles and bindings, priorities. */
public final class BootstrapObjects {
    private static final String SERVICE_IP = "10.96.0.1";

    private BootstrapObjects() {}

    /** New trees with kind and apiVersion, in the order in which to create them; namespaces first. */
    public static List<ObjectNode> all() {
        return RecordedObjects.all();
    }

    /**
     * The Service {@code default/kubernetes} and its EndpointSlice.
     *
     * @param address and {@code port} where the server listens
     */
    public static List<ObjectNode> kubernetesService(String address, int port) {
        List<ObjectNode> objects = new ArrayList<>();
        ObjectNode service = Tree.object().put("apiVersion", "v1").put("kind", "Service");
        ObjectNode metadata =
                service.putObject("metadata").put("name", "kubernetes").put("namespace", "default");
        metadata.putObject("labels").put("component", "apiserver").put("provider", "kubernetes");
        ObjectNode spec = service.putObject("spec").put("type", "ClusterIP").put("clusterIP", SERVICE_IP);
        spec.putArray("clusterIPs").add(SERVICE_IP);
        spec.putArray("ipFamilies").add("IPv4");
        spec.put("ipFamilyPolicy", "SingleStack")
                .put("internalTrafficPolicy", "Cluster")
                .put("sessionAffinity", "None");
        spec.putArray("ports")
                .addObject()
                .put("name", "https")
                .put("protocol", "TCP")
                .put("port", 443)
                .put("targetPort", port);
        objects.add(service);
        ObjectNode slice =
                Tree.object().put("apiVersion", "discovery.k8s.io/v1").put("kind", "EndpointSlice");
        ObjectNode sliceMetadata =
                slice.putObject("metadata").put("name", "kubernetes").put("namespace", "default");
        sliceMetadata.putObject("labels").put("kubernetes.io/service-name", "kubernetes");
        slice.put("addressType", "IPv4");
        ObjectNode endpoint = slice.putArray("endpoints").addObject();
        endpoint.putArray("addresses").add(address);
        endpoint.putObject("conditions").put("ready", true);
        slice.putArray("ports")
                .addObject()
                .put("name", "https")
                .put("port", port)
                .put("protocol", "TCP");
        objects.add(slice);
        return objects;
    }
}
