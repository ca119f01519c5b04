package dev.gyropilot.apiserver.auth;

import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds out who asks. */
public interface Authenticator {
    /**
     * @param certificate the client certificate, already verified against the CA, or null
     * @param bearerToken the token of the Authorization header, or null
     * @return the user; {@link User#ANONYMOUS} when no credential was given; empty when one was given and is not valid (401)
     */
    Optional<User> authenticate(@Nullable X509Certificate certificate, @Nullable String bearerToken);
}
