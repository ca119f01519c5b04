package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Defaults of pods and what is in them. Those of {@code podSpec} and below hold in templates too. */
final class PodDefaults {
    private static final List<String> RUN = List.of("containers", "initContainers");

    private PodDefaults() {}

    static void pod(ObjectNode pod) {
        ObjectNode spec = Tree.child(pod, "spec");
        for (String list : RUN) {
            for (ObjectNode container : Tree.objects(spec, list)) {
                requestsFromLimits(container);
                if (Tree.flag(spec, "hostNetwork")) {
                    hostPorts(container);
                }
            }
        }
        Tree.setIfAbsent(spec, "enableServiceLinks", true);
    }

    private static void requestsFromLimits(ObjectNode container) {
        JsonNode limits = Tree.at(container, "resources", "limits");
        if (!limits.isObject() || limits.isEmpty()) {
            return;
        }
        ObjectNode requests = Tree.child(container, "resources", "requests");
        limits.properties().forEach(limit -> {
            if (!requests.has(limit.getKey())) {
                requests.set(limit.getKey(), limit.getValue());
            }
        });
    }

    private static void hostPorts(ObjectNode container) {
        for (ObjectNode port : Tree.objects(container, "ports")) {
            if (Tree.empty(port, "hostPort") && port.path("containerPort").isInt()) {
                port.set("hostPort", port.get("containerPort"));
            }
        }
    }

    static void podSpec(ObjectNode spec) {
        Tree.setIfEmpty(spec, "dnsPolicy", "ClusterFirst");
        Tree.setIfEmpty(spec, "restartPolicy", "Always");
        Tree.setIfEmpty(spec, "schedulerName", "default-scheduler");
        Tree.child(spec, "securityContext");
        Tree.setIfAbsent(spec, "terminationGracePeriodSeconds", 30);
        // The older name of the field is still written, with the same value.
        String account = Tree.text(spec, "serviceAccountName");
        String older = Tree.text(spec, "serviceAccount");
        if (!account.isEmpty() || !older.isEmpty()) {
            spec.put("serviceAccountName", account.isEmpty() ? older : account);
            spec.put("serviceAccount", account.isEmpty() ? older : account);
        }
    }

    static void container(ObjectNode container) {
        Tree.setIfEmpty(container, "imagePullPolicy", pullPolicy(Tree.text(container, "image")));
        Tree.setIfEmpty(container, "terminationMessagePath", "/dev/termination-log");
        Tree.setIfEmpty(container, "terminationMessagePolicy", "File");
    }

    /** {@code Always} for images with the tag latest or none at all. */
    static String pullPolicy(String image) {
        boolean digest = image.contains("@");
        String name = digest ? image.substring(0, image.indexOf('@')) : image;
        int colon = name.lastIndexOf(':');
        String tag = colon > name.lastIndexOf('/') ? name.substring(colon + 1) : "";
        return tag.equals("latest") || (tag.isEmpty() && !digest) ? "Always" : "IfNotPresent";
    }

    static void probe(ObjectNode probe) {
        setNumber(probe, "timeoutSeconds", 1);
        setNumber(probe, "periodSeconds", 10);
        setNumber(probe, "successThreshold", 1);
        setNumber(probe, "failureThreshold", 3);
    }

    private static void setNumber(ObjectNode object, String field, int value) {
        if (Tree.empty(object, field)) {
            object.put(field, value);
        }
    }

    static void httpGet(ObjectNode action) {
        Tree.setIfEmpty(action, "path", "/");
        Tree.setIfEmpty(action, "scheme", "HTTP");
    }

    static void volume(ObjectNode volume) {
        if (volume.size() == (volume.has("name") ? 1 : 0)) {
            volume.putObject("emptyDir");
        }
        if (volume.get("image") instanceof ObjectNode image) {
            Tree.setIfEmpty(image, "pullPolicy", pullPolicy(Tree.text(image, "reference")));
        }
    }
}
