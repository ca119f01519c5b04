package dev.gyropilot.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthenticationTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final List<String> API = List.of(ServiceAccountTokens.API_AUDIENCE);

    @TempDir
    Path directory;

    private Instant now = NOW;
    private final InstantSource clock = () -> now;

    @Test
    void theAuthorityAndItsServingCertificateAreKept() throws Exception {
        Pki first = Pki.open(directory.resolve("pki"), clock);
        Identity serving = first.serving("apiserver", List.of("localhost", "127.0.0.1"));
        Pki second = Pki.open(directory.resolve("pki"), clock);
        assertThat(second.authorityPem()).isEqualTo(first.authorityPem());
        assertThat(second.serving("apiserver", List.of("127.0.0.1", "localhost"))
                        .certificate())
                .isEqualTo(serving.certificate());
        serving.certificate().verify(second.authority().getPublicKey());
        try (var files = Files.list(directory.resolve("pki"))) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void aServingCertificateIsRenewedNearItsEndAndForOtherNames() {
        Pki pki = Pki.open(directory, clock);
        Identity first = pki.serving("apiserver", List.of("localhost"));
        Identity other = pki.serving("apiserver", List.of("localhost", "::1"));
        assertThat(other.certificate()).isNotEqualTo(first.certificate());
        now = NOW.plus(Duration.ofDays(340));
        Identity renewed = pki.serving("apiserver", List.of("localhost", "::1"));
        assertThat(renewed.certificate().getNotAfter())
                .isAfter(other.certificate().getNotAfter());
    }

    @Test
    void aDamagedKeyIsNamed() throws Exception {
        Pki.open(directory, clock);
        Files.writeString(directory.resolve("ca.key"), "rubbish");
        assertThatThrownBy(() -> Pki.open(directory, clock))
                .hasMessageContaining("ca.key")
                .hasMessageContaining("Maybe");
    }

    @Test
    void certificatesAndTokensTellWhoAsks() {
        Pki pki = Pki.open(directory, clock);
        Credentials credentials = Credentials.open(directory.resolve("tokens.json"));
        Authenticator authenticator = new CertificateAndTokenAuthenticator(
                credentials, new ServiceAccountTokens(pki.serviceAccountKeys(), new FakeObjects(), clock));
        Identity admin = pki.client("admin, the \"first\"", List.of("system:masters", "b"));
        assertThat(authenticator.authenticate(admin.certificate(), null)).hasValueSatisfying(user -> {
            assertThat(user.name()).isEqualTo("admin, the \"first\"");
            assertThat(user.groups()).contains("system:masters", "b", "system:authenticated");
        });
        String token = credentials.issue("ann", List.of("team"));
        assertThat(authenticator.authenticate(null, token))
                .hasValueSatisfying(user -> assertThat(user.groups()).containsExactly("team", "system:authenticated"));
        assertThat(Credentials.open(directory.resolve("tokens.json")).user(token))
                .isPresent();
        assertThat(directory.resolve("tokens.json")).content().doesNotContain(token);
        assertThat(authenticator.authenticate(null, token + "x")).isEmpty();
        assertThat(authenticator.authenticate(null, null)).hasValue(User.ANONYMOUS);
        credentials.revoke("ann");
        assertThat(authenticator.authenticate(null, token)).isEmpty();
    }

    @Test
    void aServiceAccountTokenEndsWithItsTimeItsAccountAndItsPod() {
        FakeObjects objects = new FakeObjects()
                .add("", "serviceaccounts", "{'metadata':{'name':'sa','namespace':'ns','uid':'u1'}}")
                .add("", "pods", "{'metadata':{'name':'p','namespace':'ns','uid':'u2'}}");
        ServiceAccountTokens tokens =
                new ServiceAccountTokens(Pki.open(directory, clock).serviceAccountKeys(), objects, clock);
        String token = issue(tokens, new ServiceAccountTokens.Bound("Pod", "p", "u2"), List.of());
        assertThat(tokens.authenticate(token, API)).hasValueSatisfying(user -> {
            assertThat(user.name()).isEqualTo("system:serviceaccount:ns:sa");
            assertThat(user.groups()).containsExactly("system:serviceaccounts", "system:serviceaccounts:ns");
            assertThat(user.extra()).containsEntry("authentication.kubernetes.io/pod-name", List.of("p"));
        });
        assertThat(tokens.authenticate(issue(tokens, null, List.of("vault")), API))
                .isEmpty();
        assertThat(tokens.authenticate(issue(tokens, null, List.of("vault")), List.of("vault")))
                .isPresent();
        now = NOW.plus(Duration.ofHours(1));
        assertThat(tokens.authenticate(token, API)).isEmpty();
        now = NOW;
        objects.add("", "pods", "{'metadata':{'name':'p','namespace':'ns','uid':'another'}}");
        assertThat(tokens.authenticate(token, API)).isEmpty();
        objects.add("", "serviceaccounts", "{'metadata':{'name':'sa','namespace':'ns','uid':'another'}}");
        assertThat(tokens.authenticate(issue(tokens, null, List.of()), API)).isEmpty();
    }

    @Test
    void forgedTokensAreRefused() {
        FakeObjects objects =
                new FakeObjects().add("", "serviceaccounts", "{'metadata':{'name':'sa','namespace':'ns','uid':'u1'}}");
        ServiceAccountTokens tokens =
                new ServiceAccountTokens(Pki.open(directory, clock).serviceAccountKeys(), objects, clock);
        ServiceAccountTokens others = new ServiceAccountTokens(
                Pki.open(directory.resolve("other"), clock).serviceAccountKeys(), objects, clock);
        String token = issue(tokens, null, List.of());
        String[] parts = token.split("\\.");
        String none = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.US_ASCII));
        assertThat(tokens.authenticate(issue(others, null, List.of()), API)).isEmpty();
        assertThat(tokens.authenticate(none + "." + parts[1] + ".", API)).isEmpty();
        assertThat(tokens.authenticate(parts[0] + "." + parts[1] + "x." + parts[2], API))
                .isEmpty();
        for (String rubbish : List.of("", "..", "a.b.c", "....", "%%.%%.%%")) {
            assertThat(tokens.authenticate(rubbish, API)).isEmpty();
        }
    }

    private static String issue(
            ServiceAccountTokens tokens, ServiceAccountTokens.@Nullable Bound bound, List<String> audiences) {
        return tokens.issue("ns", "sa", "u1", audiences, Duration.ofHours(1), bound)
                .text();
    }
}
