package dev.gyropilot.apiserver.auth;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Knows users by their client certificate (common name and organizations), by a bearer token of {@link Credentials}, or by
 * a service account token. A certificate goes before a token.
 */
public final class CertificateAndTokenAuthenticator implements Authenticator {
    private final Credentials credentials;
    private final ServiceAccountTokens tokens;

    public CertificateAndTokenAuthenticator(Credentials credentials, ServiceAccountTokens tokens) {
        this.credentials = credentials;
        this.tokens = tokens;
    }

    @Override
    public Optional<User> authenticate(@Nullable X509Certificate certificate, @Nullable String bearerToken) {
        if (certificate != null && !commonName(certificate).isEmpty()) {
            return Optional.of(authenticated(new User(commonName(certificate), "", parts(certificate, "O"), Map.of())));
        }
        if (bearerToken == null) {
            return Optional.of(User.ANONYMOUS);
        }
        Optional<User> user = credentials.user(bearerToken);
        if (user.isEmpty() && ServiceAccountTokens.looksLikeOne(bearerToken)) {
            user = tokens.authenticate(bearerToken, List.of(ServiceAccountTokens.API_AUDIENCE));
        }
        return user.map(CertificateAndTokenAuthenticator::authenticated);
    }

    private static User authenticated(User user) {
        if (user.groups().contains(User.GROUP_AUTHENTICATED)) {
            return user;
        }
        List<String> groups = new ArrayList<>(user.groups());
        groups.add(User.GROUP_AUTHENTICATED);
        return new User(user.name(), user.uid(), List.copyOf(groups), user.extra());
    }

    static String commonName(X509Certificate certificate) {
        List<String> names = parts(certificate, "CN");
        return names.isEmpty() ? "" : names.getFirst();
    }

    private static List<String> parts(X509Certificate certificate, String type) {
        try {
            List<String> parts = new ArrayList<>();
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (rdn.getType().equalsIgnoreCase(type)) {
                    parts.add(String.valueOf(rdn.getValue()));
                }
            }
            return List.copyOf(parts);
        } catch (InvalidNameException e) {
            return List.of();
        }
    }
}
