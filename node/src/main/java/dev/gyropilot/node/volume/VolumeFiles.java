package dev.gyropilot.node.volume;

import dev.gyropilot.node.volume.AtomicWriter.Content;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gathers what the files of a volume should hold: ConfigMaps, Secrets, fields of the pod, tokens. */
final class VolumeFiles {
    private static final int DEFAULT_MODE = 0644;
    private static final int TOKEN_MODE = 0600;

    private final References references;
    private final TokenCache tokens;

    VolumeFiles(References references, TokenCache tokens) {
        this.references = references;
        this.tokens = tokens;
    }

    /** Whether the node keeps this volume's files in step with the API. */
    static boolean follows(Volume volume) {
        return volume.getConfigMap() != null
                || volume.getSecret() != null
                || volume.getProjected() != null
                || volume.getDownwardAPI() != null;
    }

    Map<String, Content> of(Volume volume, PodFields fields) throws MissingReference {
        var files = new LinkedHashMap<String, Content>();
        if (volume.getConfigMap() != null) {
            var source = volume.getConfigMap();
            int mode = mode(source.getDefaultMode());
            configMap(files, source.getName(), source.getOptional(), source.getItems(), mode, fields);
        } else if (volume.getSecret() != null) {
            var source = volume.getSecret();
            int mode = mode(source.getDefaultMode());
            secret(files, source.getSecretName(), source.getOptional(), source.getItems(), mode, fields);
        } else if (volume.getDownwardAPI() != null) {
            var source = volume.getDownwardAPI();
            downward(files, source.getItems(), mode(source.getDefaultMode()), fields);
        } else if (volume.getProjected() != null) {
            int mode = mode(volume.getProjected().getDefaultMode());
            for (VolumeProjection source : volume.getProjected().getSources()) {
                projection(files, source, mode, fields);
            }
        }
        return files;
    }

    private void projection(Map<String, Content> files, VolumeProjection source, int mode, PodFields fields)
            throws MissingReference {
        if (source.getConfigMap() != null) {
            var map = source.getConfigMap();
            configMap(files, map.getName(), map.getOptional(), map.getItems(), mode, fields);
        }
        if (source.getSecret() != null) {
            var secret = source.getSecret();
            secret(files, secret.getName(), secret.getOptional(), secret.getItems(), mode, fields);
        }
        if (source.getDownwardAPI() != null) {
            downward(files, source.getDownwardAPI().getItems(), mode, fields);
        }
        if (source.getServiceAccountToken() != null) {
            var wanted = source.getServiceAccountToken();
            String token = tokens.token(fields.pod(), wanted.getAudience(), wanted.getExpirationSeconds());
            files.put(wanted.getPath(), new Content(token.getBytes(StandardCharsets.UTF_8), TOKEN_MODE));
        }
        if (source.getClusterTrustBundle() != null) {
            throw new MissingReference("projected source clusterTrustBundle is not supported on this node");
        }
    }

    private void configMap(
            Map<String, Content> files,
            String name,
            @Nullable Boolean optional,
            @Nullable List<KeyToPath> items,
            int mode,
            PodFields fields)
            throws MissingReference {
        var found = references.configMap(fields.pod().getMetadata().getNamespace(), name);
        keys(files, "configmap", name, found, Boolean.TRUE.equals(optional), items, mode);
    }

    private void secret(
            Map<String, Content> files,
            String name,
            @Nullable Boolean optional,
            @Nullable List<KeyToPath> items,
            int mode,
            PodFields fields)
            throws MissingReference {
        var found = references.secret(fields.pod().getMetadata().getNamespace(), name);
        keys(files, "secret", name, found, Boolean.TRUE.equals(optional), items, mode);
    }

    private static void keys(
            Map<String, Content> files,
            String kind,
            String name,
            Optional<Map<String, byte[]>> found,
            boolean optional,
            @Nullable List<KeyToPath> items,
            int mode)
            throws MissingReference {
        if (found.isEmpty()) {
            if (optional) {
                return;
            }
            throw new MissingReference(kind + " \"" + name + "\" not found");
        }
        if (items == null || items.isEmpty()) {
            found.get().forEach((key, bytes) -> files.put(key, new Content(bytes, mode)));
            return;
        }
        for (KeyToPath item : items) {
            byte[] bytes = found.get().get(item.getKey());
            if (bytes != null) {
                files.put(item.getPath(), new Content(bytes, Objects.requireNonNullElse(item.getMode(), mode)));
            } else if (!optional) {
                throw new MissingReference(kind + " \"" + name + "\" references non-existent key: " + item.getKey());
            }
        }
    }

    private static void downward(
            Map<String, Content> files, List<DownwardAPIVolumeFile> items, int mode, PodFields fields)
            throws MissingReference {
        for (DownwardAPIVolumeFile item : items) {
            String value = item.getFieldRef() != null
                    ? fields.field(item.getFieldRef().getFieldPath())
                    : fields.resource(item.getResourceFieldRef(), null);
            files.put(
                    item.getPath(),
                    new Content(
                            value.getBytes(StandardCharsets.UTF_8), Objects.requireNonNullElse(item.getMode(), mode)));
        }
    }

    private static int mode(@Nullable Integer mode) {
        return Objects.requireNonNullElse(mode, DEFAULT_MODE);
    }
}
