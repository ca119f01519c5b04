package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Signed tokens (JWT, ES256) of service accounts: short, for an audience, and bound to the account's uid and mostly to a
 * pod's, so that they end with it.
 */
public final class ServiceAccountTokens {
    public static final String ISSUER = "https://kubernetes.default.svc";
    /** The audience of the API server itself. */
    public static final String API_AUDIENCE = "https://kubernetes.default.svc";

    private static final Duration MIN_LIFE = Duration.ofMinutes(10);
    private static final Duration MAX_LIFE = Duration.ofDays(1);
    private static final Duration CLOCK_SKEW = Duration.ofSeconds(10);
    private static final int MAX_TOKEN_CHARS = 8192;
    private static final String SUBJECT = "system:serviceaccount:";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final KeyPair keys;
    private final String keyId;
    private final ObjectReader objects;
    private final InstantSource clock;

    public ServiceAccountTokens(KeyPair keys, ObjectReader objects, InstantSource clock) {
        this.keys = keys;
        this.keyId = keyId(keys);
        this.objects = objects;
        this.clock = clock;
    }

    /** What a token is bound to besides its account: a {@code Pod}, a {@code Secret} or a {@code Node}. */
    public record Bound(String kind, String name, String uid) {}

    public record Token(String text, Instant expires) {}

    /**
     * A new token.
     *
     * @param life wished; kept between ten minutes and a day
     * @param audiences empty for the API server's own
     */
    public Token issue(
            String namespace,
            String account,
            String uid,
            List<String> audiences,
            Duration life,
            @Nullable Bound bound) {
        Instant now = clock.instant();
        Duration kept = life.compareTo(MIN_LIFE) < 0 ? MIN_LIFE : life.compareTo(MAX_LIFE) > 0 ? MAX_LIFE : life;
        Instant expires = now.plus(kept);
        ObjectNode claims = MAPPER.createObjectNode();
        (audiences.isEmpty() ? List.of(API_AUDIENCE) : audiences).forEach(claims.withArray("aud")::add);
        claims.put("exp", expires.getEpochSecond()).put("iat", now.getEpochSecond());
        claims.put("iss", ISSUER).put("jti", UUID.randomUUID().toString());
        ObjectNode kubernetes = claims.putObject("kubernetes.io").put("namespace", namespace);
        kubernetes.putObject("serviceaccount").put("name", account).put("uid", uid);
        if (bound != null) {
            kubernetes
                    .putObject(bound.kind().toLowerCase(Locale.ROOT))
                    .put("name", bound.name())
                    .put("uid", bound.uid());
        }
        claims.put("nbf", now.getEpochSecond()).put("sub", SUBJECT + namespace + ":" + account);
        ObjectNode header = MAPPER.createObjectNode().put("alg", "ES256").put("kid", keyId);
        String signed = encode(bytes(header)) + "." + encode(bytes(claims));
        return new Token(signed + "." + encode(sign(signed)), Instant.ofEpochSecond(expires.getEpochSecond()));
    }

    /** Whether the text has the outer form of such a token; says nothing about its truth. */
    static boolean looksLikeOne(String token) {
        return token.chars().filter(c -> c == '.').count() == 2;
    }

    /**
     * The service account as a user, or empty when the token is not ours, not for any of the audiences, not valid now, or
     * its account or pod is gone.
     */
    public Optional<User> authenticate(String token, List<String> audiences) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || token.length() > MAX_TOKEN_CHARS) {
            return Optional.empty();
        }
        try {
            JsonNode header = MAPPER.readTree(decode(parts[0]));
            // The algorithm is ours to choose, never the token's.
            boolean ours = header.path("alg").asText().equals("ES256")
                    && header.path("kid").asText().equals(keyId);
            if (!ours || !verify(parts[0] + "." + parts[1], decode(parts[2]))) {
                return Optional.empty();
            }
            JsonNode claims = MAPPER.readTree(decode(parts[1]));
            return valid(claims, audiences) ? user(claims) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private boolean valid(JsonNode claims, List<String> audiences) {
        Instant now = clock.instant();
        boolean inTime = now.isBefore(Instant.ofEpochSecond(claims.path("exp").asLong()))
                && !now.plus(CLOCK_SKEW)
                        .isBefore(Instant.ofEpochSecond(claims.path("nbf").asLong()));
        boolean forUs = false;
        for (JsonNode audience : claims.path("aud")) {
            forUs |= audiences.contains(audience.asText());
        }
        return inTime && forUs && claims.path("iss").asText().equals(ISSUER);
    }

    private Optional<User> user(JsonNode claims) {
        JsonNode kubernetes = claims.path("kubernetes.io");
        String namespace = kubernetes.path("namespace").asText();
        JsonNode account = kubernetes.path("serviceaccount");
        if (!lives("serviceaccounts", namespace, account)) {
            return Optional.empty();
        }
        Map<String, List<String>> extra = new HashMap<>();
        extra.put(
                "authentication.kubernetes.io/credential-id",
                List.of("JTI=" + claims.path("jti").asText()));
        JsonNode pod = kubernetes.path("pod");
        if (pod.isObject()) {
            if (!lives("pods", namespace, pod)) {
                return Optional.empty();
            }
            extra.put(
                    "authentication.kubernetes.io/pod-name",
                    List.of(pod.path("name").asText()));
            extra.put(
                    "authentication.kubernetes.io/pod-uid",
                    List.of(pod.path("uid").asText()));
        }
        if (kubernetes.path("secret").isObject() && !lives("secrets", namespace, kubernetes.path("secret"))) {
            return Optional.empty();
        }
        if (kubernetes.path("node").isObject() && !lives("nodes", "", kubernetes.path("node"))) {
            return Optional.empty();
        }
        String name = SUBJECT + namespace + ":" + account.path("name").asText();
        List<String> groups = List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace);
        return Optional.of(new User(name, account.path("uid").asText(), groups, Map.copyOf(extra)));
    }

    private boolean lives(String plural, String namespace, JsonNode reference) {
        ObjectNode object =
                objects.get("", plural, namespace, reference.path("name").asText());
        return object != null
                && object.path("metadata")
                        .path("uid")
                        .asText()
                        .equals(reference.path("uid").asText());
    }

    /** The public key as a JSON web key set, for {@code /openid/v1/jwks}. */
    public ObjectNode publicKeys() {
        ECPublicKey key = (ECPublicKey) keys.getPublic();
        ObjectNode set = MAPPER.createObjectNode();
        set.putArray("keys")
                .addObject()
                .put("use", "sig")
                .put("kty", "EC")
                .put("kid", keyId)
                .put("crv", "P-256")
                .put("alg", "ES256")
                .put("x", encode(coordinate(key.getW().getAffineX())))
                .put("y", encode(coordinate(key.getW().getAffineY())));
        return set;
    }

    private static byte[] coordinate(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] fixed = new byte[32];
        int length = Math.min(bytes.length, fixed.length);
        System.arraycopy(bytes, bytes.length - length, fixed, fixed.length - length, length);
        return fixed;
    }

    private byte[] sign(String text) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(keys.getPrivate());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot sign a service account token", e);
        }
    }

    private boolean verify(String text, byte[] given) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initVerify(keys.getPublic());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return signature.verify(given);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static String keyId(KeyPair keys) {
        try {
            return encode(
                    MessageDigest.getInstance("SHA-256").digest(keys.getPublic().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    private static byte[] bytes(ObjectNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written", e);
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] decode(String text) {
        return Base64.getUrlDecoder().decode(text);
    }
}
