package dev.gyropilot.node;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the kubelet endpoint shows, and whom it answers.
 *
 * @param chain the node's serving certificate and those above it; it must name the node's address
 * @param key of the first certificate
 * @param clientAuthorities who must have signed a caller's certificate
 * @param clientNames common names of callers that are let in; other certificates of the same authorities are users'
 */
public record NodeCredentials(
        List<X509Certificate> chain, PrivateKey key, List<X509Certificate> clientAuthorities, Set<String> clientNames) {
    public NodeCredentials {
        chain = List.copyOf(chain);
        clientAuthorities = List.copyOf(clientAuthorities);
        clientNames = Set.copyOf(clientNames);
    }

    /**
     * Credentials from PEM texts; the key in PKCS #8.
     *
     * @throws NodeException when one of them cannot be read
     */
    public static NodeCredentials fromPem(String chain, String key, String clientAuthorities, Set<String> clientNames) {
        try {
            return new NodeCredentials(
                    certificates(chain), privateKey(key), certificates(clientAuthorities), clientNames);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new NodeException(
                    NodeException.Code.INVALID_CONFIGURATION,
                    "the node's certificate, key or client authorities cannot be read: " + e.getMessage()
                            + "; give PEM texts, the key as PKCS #8",
                    e);
        }
    }

    private static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
        Collection<? extends java.security.cert.Certificate> found = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
        return found.stream().map(X509Certificate.class::cast).toList();
    }

    private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
        String body = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        var spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body));
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            Optional<PrivateKey> key = privateKey(algorithm, spec);
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new GeneralSecurityException("the key is neither RSA nor EC nor Ed25519");
    }

    /** The key's kind is told only by the factory that takes it. */
    private static Optional<PrivateKey> privateKey(String algorithm, PKCS8EncodedKeySpec spec)
            throws NoSuchAlgorithmException {
        try {
            return Optional.of(KeyFactory.getInstance(algorithm).generatePrivate(spec));
        } catch (InvalidKeySpecException e) {
            return Optional.empty();
        }
    }
}
