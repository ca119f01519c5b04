package dev.gyropilot.apiserver.auth;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** A private key with its certificate, signed directly by the installation's CA. */
public record Identity(PrivateKey key, X509Certificate certificate) {
    public String keyPem() {
        return Pem.of(key);
    }

    public String certificatePem() {
        return Pem.of(certificate);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Identity[" + certificate.getSubjectX500Principal() + "]";
    }
}
