package dev.gyropilot.node.pod;

import dev.gyropilot.node.image.Image;
import dev.gyropilot.node.process.Programs;
import dev.gyropilot.node.volume.MissingReference;
import dev.gyropilot.node.volume.PodFields;
import dev.gyropilot.node.volume.References;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A container's environment: the image's defaults, {@code envFrom}, then {@code env}. */
final class Environment {
    private final References references;

    Environment(References references) {
        this.references = references;
    }

    /** What programs expect to find even where nobody set it. Nothing else of the node's own environment is passed on. */
    static Map<String, String> inherited(String hostname, String home, String podIp) {
        var result = new LinkedHashMap<String, String>();
        result.put("PATH", Programs.inheritedPath());
        result.put("HOME", home);
        result.put("HOSTNAME", hostname);
        // All pods share the host's network, so every program must know the address that is its own.
        result.put("POD_IP", podIp);
        for (String name : new String[] {"LANG", "LC_ALL", "JAVA_HOME", "TMPDIR"}) {
            String value = System.getenv(name);
            if (value != null) {
                result.put(name, value);
            }
        }
        return result;
    }

    /** The variables that the container declares, expanded. */
    Map<String, String> declared(Image image, Container container, PodFields fields) throws MissingReference {
        String namespace = fields.pod().getMetadata().getNamespace();
        var result = new LinkedHashMap<>(image.environment());
        for (EnvFromSource source : container.getEnvFrom()) {
            addAll(result, source, namespace);
        }
        for (EnvVar variable : container.getEnv()) {
            EnvVarSource from = variable.getValueFrom();
            String value = from == null
                    ? Expansion.expand(Objects.requireNonNullElse(variable.getValue(), ""), result)
                    : resolve(from, container, fields, namespace);
            if (value != null) {
                result.put(variable.getName(), value);
            }
        }
        return result;
    }

    private void addAll(Map<String, String> result, EnvFromSource source, String namespace) throws MissingReference {
        String prefix = Objects.requireNonNullElse(source.getPrefix(), "");
        Map<String, byte[]> values;
        if (source.getConfigMapRef() != null) {
            var ref = source.getConfigMapRef();
            values = present(
                    references.configMap(namespace, ref.getName()), "configmap", ref.getName(), ref.getOptional());
        } else if (source.getSecretRef() != null) {
            var ref = source.getSecretRef();
            values = present(references.secret(namespace, ref.getName()), "secret", ref.getName(), ref.getOptional());
        } else {
            return;
        }
        values.forEach((key, value) -> result.put(prefix + key, new String(value, StandardCharsets.UTF_8)));
    }

    private @Nullable String resolve(EnvVarSource from, Container container, PodFields fields, String namespace)
            throws MissingReference {
        if (from.getFieldRef() != null) {
            return fields.field(from.getFieldRef().getFieldPath());
        }
        if (from.getResourceFieldRef() != null) {
            return fields.resource(from.getResourceFieldRef(), container.getName());
        }
        if (from.getConfigMapKeyRef() != null) {
            var ref = from.getConfigMapKeyRef();
            var values = present(
                    references.configMap(namespace, ref.getName()), "configmap", ref.getName(), ref.getOptional());
            return key(values, ref.getKey(), "ConfigMap", namespace + "/" + ref.getName(), ref.getOptional());
        }
        if (from.getSecretKeyRef() != null) {
            var ref = from.getSecretKeyRef();
            var values =
                    present(references.secret(namespace, ref.getName()), "secret", ref.getName(), ref.getOptional());
            return key(values, ref.getKey(), "Secret", namespace + "/" + ref.getName(), ref.getOptional());
        }
        throw new MissingReference("container " + container.getName()
                + " has a variable from a source that this node does not know; use fieldRef, resourceFieldRef,"
                + " configMapKeyRef or secretKeyRef");
    }

    private static Map<String, byte[]> present(
            Optional<Map<String, byte[]>> found, String kind, String name, @Nullable Boolean optional)
            throws MissingReference {
        if (found.isEmpty() && !Boolean.TRUE.equals(optional)) {
            throw new MissingReference(kind + " \"" + name + "\" not found");
        }
        return found.orElse(Map.of());
    }

    private static @Nullable String key(
            Map<String, byte[]> values, String key, String kind, String object, @Nullable Boolean optional)
            throws MissingReference {
        byte[] value = values.get(key);
        if (value == null && !Boolean.TRUE.equals(optional)) {
            throw new MissingReference("couldn't find key " + key + " in " + kind + " " + object);
        }
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
}
