package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/** Puts the installation's API key where the gateway looks: as a Secret that holds only its hash. */
final class ApiKeys {
    private static final String NAME = "api-key-owner";
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("gyro-up")
            .withForce(true)
            .build();

    private ApiKeys() {}

    static void publish(KubernetesClient client, String key) {
        makeNamespace(client);
        Secret secret = new SecretBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withNamespace(Names.SYSTEM_NAMESPACE)
                .endMetadata()
                .withType(Names.SECRET_TYPE_API_KEY)
                .withStringData(Map.of("hash", hash(key), "owner", "owner"))
                .build();
        client.resource(secret).patch(APPLY);
    }

    /** Where the keys lie, and the Leases. */
    static void makeNamespace(KubernetesClient client) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(Names.SYSTEM_NAMESPACE)
                        .endMetadata()
                        .build())
                .patch(APPLY);
    }

    /** Whether the installation in that namespace has its own key. */
    static boolean isPublished(KubernetesClient client, String namespace) {
        return client.secrets().inNamespace(namespace).withName(NAME).get() != null;
    }

    /** A new key. */
    static String random() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return "gyro-" + HexFormat.of().formatHex(random);
    }

    static String hash(String key) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
