package dev.gyropilot.node.volume;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The objects that pods refer to, read from the API when they are needed. */
public final class References {
    private final Cluster cluster;

    public References(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The bytes of a ConfigMap by key; empty when there is no such ConfigMap. */
    public Optional<Map<String, byte[]>> configMap(String namespace, String name) {
        ConfigMap found = cluster.client()
                .configMaps()
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (found == null) {
            return Optional.empty();
        }
        var result = new TreeMap<String, byte[]>();
        orEmpty(found.getData()).forEach((k, v) -> result.put(k, v.getBytes(StandardCharsets.UTF_8)));
        orEmpty(found.getBinaryData())
                .forEach((k, v) -> result.put(k, Base64.getDecoder().decode(v)));
        return Optional.of(result);
    }

    /** The bytes of a Secret by key; empty when there is no such Secret. */
    public Optional<Map<String, byte[]>> secret(String namespace, String name) {
        Secret found =
                cluster.client().secrets().inNamespace(namespace).withName(name).get();
        if (found == null) {
            return Optional.empty();
        }
        var result = new TreeMap<String, byte[]>();
        orEmpty(found.getData())
                .forEach((k, v) -> result.put(k, Base64.getDecoder().decode(v)));
        return Optional.of(result);
    }

    /** A fresh token of the pod's service account, bound to the pod. */
    public TokenRequest token(Pod pod, @Nullable String audience, long seconds) {
        var request = new TokenRequestBuilder()
                .withNewSpec()
                .withExpirationSeconds(seconds)
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endBoundObjectRef()
                .endSpec();
        if (audience != null && !audience.isEmpty()) {
            request.editSpec().withAudiences(audience).endSpec();
        }
        return cluster.client()
                .serviceAccounts()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(Objects.requireNonNullElse(pod.getSpec().getServiceAccountName(), "default"))
                .tokenRequest(request.build());
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
