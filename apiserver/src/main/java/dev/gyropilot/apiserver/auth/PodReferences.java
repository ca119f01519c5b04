package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;

/**
 * The objects that a pod names. They are found by the names of the fields wherever these occur, so that a new kind of
 * container or volume is not forgotten; rather one name too many than one too few.
 */
public final class PodReferences {
    private final Set<String> secrets = new TreeSet<>();
    private final Set<String> configMaps = new TreeSet<>();
    private final Set<String> claims = new TreeSet<>();

    private PodReferences() {}

    /** @param spec of the pod */
    public static PodReferences of(JsonNode spec) {
        PodReferences references = new PodReferences();
        references.walk(spec);
        for (JsonNode secret : spec.path("imagePullSecrets")) {
            add(references.secrets, secret.path("name"));
        }
        return references;
    }

    public Set<String> secrets() {
        return secrets;
    }

    public Set<String> configMaps() {
        return configMaps;
    }

    public Set<String> claims() {
        return claims;
    }

    private void walk(JsonNode node) {
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                walk(child);
            }
        }
        node.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            switch (entry.getKey()) {
                case "secretRef", "secretKeyRef", "nodePublishSecretRef", "secret" -> {
                    add(secrets, value.path("name"));
                    add(secrets, value.path("secretName"));
                }
                case "secretName" -> add(secrets, value);
                case "configMapRef", "configMapKeyRef", "configMap" -> add(configMaps, value.path("name"));
                case "persistentVolumeClaim" -> add(claims, value.path("claimName"));
                default -> {}
            }
        });
    }

    private static void add(Set<String> names, JsonNode name) {
        if (name.isTextual() && !name.textValue().isEmpty()) {
            names.add(name.textValue());
        }
    }
}
