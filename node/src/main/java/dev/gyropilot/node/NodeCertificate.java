package dev.gyropilot.node;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * Credentials for a node of a cluster that has an authority of its own: the serving certificate comes from the cluster's signer
 * {@code kubernetes.io/kubelet-serving}, as a kubelet's does, and callers are checked against the authority that the cluster
 * publishes. Whoever asks must be allowed to impersonate the node and to approve its request.
 */
public final class NodeCertificate {
    private static final String SIGNER = "kubernetes.io/kubelet-serving";
    /** The names that the usual installers give to the API server as a client of kubelets. */
    private static final Set<String> API_SERVERS = Set.of("kube-apiserver-kubelet-client", "kube-apiserver");

    private static final Duration SIGNING_LIMIT = Duration.ofSeconds(20);

    private NodeCertificate() {}

    /**
     * @param names DNS names and IP addresses under which the node serves
     * @throws NodeException when the cluster does not give a certificate; the message says why
     */
    public static NodeCredentials request(KubernetesClient client, String node, Collection<String> names) {
        String name = "gyropilot-" + node + "-" + UUID.randomUUID();
        var requests = client.certificates().v1().certificateSigningRequests();
        try {
            KeyPair keys = keys();
            CertificateSigningRequest request = new CertificateSigningRequestBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withNewSpec()
                    .withRequest(base64(pem(pkcs10(node, names, keys))))
                    .withSignerName(SIGNER)
                    .withUsages("digital signature", "server auth")
                    .endSpec()
                    .build();
            var asNode = new RequestConfigBuilder()
                    .withImpersonateUsername("system:node:" + node)
                    .withImpersonateGroups("system:nodes")
                    .build();
            var _ = client.adapt(NamespacedKubernetesClient.class)
                    .withRequestConfig(asNode)
                    .call(c -> c.certificates()
                            .v1()
                            .certificateSigningRequests()
                            .resource(request)
                            .create());
            var _ = requests.withName(name)
                    .approve(new CertificateSigningRequestConditionBuilder()
                            .withType("Approved")
                            .withStatus("True")
                            .withReason("GyropilotNode")
                            .withMessage("asked for by the one who starts this node")
                            .build());
            CertificateSigningRequest signed = requests.withName(name)
                    .waitUntilCondition(NodeCertificate::isSigned, SIGNING_LIMIT.toSeconds(), TimeUnit.SECONDS);
            String chain = new String(
                    Base64.getMimeDecoder().decode(signed.getStatus().getCertificate()), StandardCharsets.US_ASCII);
            return NodeCredentials.fromPem(chain, pem(keys.getPrivate()), clientAuthorities(client), API_SERVERS);
        } catch (KubernetesClientTimeoutException e) {
            throw refused(node, "nobody signed it within " + SIGNING_LIMIT.toSeconds() + " s", e);
        } catch (KubernetesClientException | GeneralSecurityException | OperatorCreationException | IOException e) {
            throw refused(node, String.valueOf(e.getMessage()), e);
        } finally {
            forget(client, name);
        }
    }

    private static NodeException refused(String node, String why, Exception cause) {
        return new NodeException(
                NodeException.Code.REGISTRATION,
                "the cluster gave node " + node + " no serving certificate: " + why
                        + "; the user of the kubeconfig must be an administrator, and the signer " + SIGNER
                        + " of the kube-controller-manager must be on",
                cause);
    }

    private static boolean isSigned(CertificateSigningRequest request) {
        return request != null
                && request.getStatus() != null
                && request.getStatus().getCertificate() != null;
    }

    private static void forget(KubernetesClient client, String name) {
        try {
            client.certificates()
                    .v1()
                    .certificateSigningRequests()
                    .withName(name)
                    .delete();
        } catch (KubernetesClientException e) {
            // The cluster removes old requests by itself.
        }
    }

    /** Who signs the API server's client certificate, as every cluster tells its extensions. */
    private static String clientAuthorities(KubernetesClient client) {
        ConfigMap published = client.configMaps()
                .inNamespace("kube-system")
                .withName("extension-apiserver-authentication")
                .require();
        return published.getData().getOrDefault("client-ca-file", "");
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static PKCS10CertificationRequest pkcs10(String node, Collection<String> names, KeyPair keys)
            throws IOException, OperatorCreationException {
        var extensions = new ExtensionsGenerator();
        GeneralName[] alternatives = names.stream()
                .map(name -> new GeneralName(
                        name.matches("[0-9.]+|.*:.*") ? GeneralName.iPAddress : GeneralName.dNSName, name))
                .toArray(GeneralName[]::new);
        extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
        return new JcaPKCS10CertificationRequestBuilder(
                        new X500Name("O=system:nodes,CN=system:node:" + node), keys.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object instanceof PrivateKey key ? new JcaPKCS8Generator(key, null) : object);
        }
        return text.toString();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
