package dev.gyropilot.apiserver.auth;

import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate authority of one installation and what it signs: EC P-256 keys, in files that only their owner may read.
 * Made at first start; the same directory gives the same authority again.
 */
public final class Pki {
    private static final int RSA_BITS = 2048;
    private static final Logger LOG = LoggerFactory.getLogger(Pki.class);
    private static final Duration CA_LIFE = Duration.ofDays(3650);
    private static final Duration LEAF_LIFE = Duration.ofDays(365);
    /** A certificate with less time left than this is made anew. */
    private static final Duration RENEW_BEFORE = Duration.ofDays(30);
    /** Clocks of clients may be a little behind. */
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);

    private final Path directory;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Identity authority;

    private Pki(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
        PrivateFiles.createFolder(directory);
        this.authority = stored("ca", existing -> true, this::newAuthority);
    }

    /**
     * Opens the authority of the directory, or makes it.
     *
     * @throws IllegalStateException if a file there is damaged; the message names it
     */
    public static Pki open(Path directory, InstantSource clock) {
        return new Pki(directory, clock);
    }

    public X509Certificate authority() {
        return authority.certificate();
    }

    public String authorityPem() {
        return authority.certificatePem();
    }

    /**
     * The serving identity of that purpose, kept in files; made anew when near its end, for other names, or by another
     * authority.
     *
     * @param purpose such as {@code apiserver} or {@code node}; names the files
     * @param names DNS names and IP addresses
     */
    public Identity serving(String purpose, Collection<String> names) {
        Set<String> wanted = new TreeSet<>(names);
        return stored(
                purpose,
                existing -> signedHere(existing) && namesOf(existing).equals(wanted),
                () -> issue(new X500Name("CN=" + purpose), newKeys(), KeyPurposeId.id_kp_serverAuth, wanted));
    }

    /** A new client identity for a kubeconfig, not kept: the name becomes the user's, the organizations his groups. */
    public Identity client(String name, Collection<String> groups) {
        return issue(subject(name, groups), newRsaKeys(), KeyPurposeId.id_kp_clientAuth, Set.of());
    }

    /** A client identity that is kept in files of that purpose and renewed like {@link #serving}. */
    public Identity client(String purpose, String name, Collection<String> groups) {
        return stored(
                purpose,
                existing -> signedHere(existing)
                        && CertificateAndTokenAuthenticator.commonName(existing).equals(name),
                () -> issue(subject(name, groups), newKeys(), KeyPurposeId.id_kp_clientAuth, Set.of()));
    }

    /** The keys that sign service account tokens. */
    public KeyPair serviceAccountKeys() {
        Identity identity = stored("service-account", existing -> true, () -> newSelfSigned("service-account", false));
        return new KeyPair(identity.certificate().getPublicKey(), identity.key());
    }

    private static X500Name subject(String name, Collection<String> groups) {
        X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
        groups.forEach(group -> builder.addRDN(BCStyle.O, group));
        return builder.addRDN(BCStyle.CN, name).build();
    }

    private interface Check {
        boolean good(X509Certificate existing);
    }

    private interface Maker {
        Identity make();
    }

    private Identity stored(String name, Check check, Maker maker) {
        Path keyFile = directory.resolve(name + ".key");
        Path certificateFile = directory.resolve(name + ".crt");
        if (Files.exists(keyFile) && Files.exists(certificateFile)) {
            Identity identity = read(keyFile, certificateFile);
            boolean fresh = identity.certificate()
                    .getNotAfter()
                    .toInstant()
                    .isAfter(clock.instant().plus(RENEW_BEFORE));
            if (fresh && check.good(identity.certificate())) {
                return identity;
            }
            LOG.info("Renewing the certificate {}", certificateFile);
        }
        Identity made = maker.make();
        // The key first: a certificate without its key would be taken for damage, a key alone is only made anew.
        PrivateFiles.write(keyFile, made.keyPem());
        PrivateFiles.write(certificateFile, made.certificatePem());
        return made;
    }

    private static Identity read(Path keyFile, Path certificateFile) {
        try {
            return new Identity(
                    Pem.key(PrivateFiles.read(keyFile)),
                    Pem.certificates(PrivateFiles.read(certificateFile)).getFirst());
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new IllegalStateException(
                    "cannot read the key " + keyFile + " with its certificate " + certificateFile.getFileName()
                            + "\nMaybe restore both files from a backup, or remove them to have new ones made.",
                    e);
        }
    }

    private boolean signedHere(X509Certificate certificate) {
        try {
            certificate.verify(authority.certificate().getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static Set<String> namesOf(X509Certificate certificate) {
        Set<String> names = new TreeSet<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                all.forEach(name -> names.add(String.valueOf(name.get(1))));
            }
        } catch (GeneralSecurityException e) {
            LOG.debug("A certificate with unreadable names is made anew", e);
        }
        return names;
    }

    private Identity newAuthority() {
        return newSelfSigned("gyropilot-ca", true);
    }

    private Identity newSelfSigned(String name, boolean authority) {
        try {
            KeyPair keys = newKeys();
            X500Name subject = new X500Name("CN=" + name);
            X509v3CertificateBuilder builder = builder(subject, subject, CA_LIFE, keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            int usage = authority
                    ? KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature
                    : KeyUsage.digitalSignature;
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
            return sign(builder, keys.getPrivate(), keys.getPrivate());
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot make the certificate " + name, e);
        }
    }

    private Identity issue(X500Name subject, KeyPair keys, KeyPurposeId purpose, Set<String> names) {
        try {
            X500Name issuer = X500Name.getInstance(
                    authority.certificate().getSubjectX500Principal().getEncoded());
            X509v3CertificateBuilder builder = builder(issuer, subject, LEAF_LIFE, keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            if (!names.isEmpty()) {
                builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(names));
            }
            return sign(builder, keys.getPrivate(), authority.key());
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot make the certificate " + subject, e);
        }
    }

    private static GeneralNames alternativeNames(Set<String> names) {
        List<GeneralName> all = new ArrayList<>();
        for (String name : names) {
            boolean address = isAddress(name);
            all.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name));
        }
        return new GeneralNames(all.toArray(GeneralName[]::new));
    }

    private static boolean isAddress(String name) {
        try {
            return !InetAddress.ofLiteral(name).getHostAddress().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, Duration life, PublicKey key) {
        Instant now = clock.instant();
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, random).add(BigInteger.ONE),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(life)),
                subject,
                key);
    }

    private KeyPair newKeys() {
        return newKeys("EC", new ECGenParameterSpec("secp256r1"));
    }

    /** Not every client of Kubernetes reads another key than RSA from a kubeconfig; fabric8 takes PKCS #8 for RSA unless told. */
    private KeyPair newRsaKeys() {
        return newKeys("RSA", new RSAKeyGenParameterSpec(RSA_BITS, RSAKeyGenParameterSpec.F4));
    }

    private KeyPair newKeys(String algorithm, AlgorithmParameterSpec parameters) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(parameters, random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot make " + algorithm + " keys", e);
        }
    }

    private static Identity sign(X509v3CertificateBuilder builder, PrivateKey own, PrivateKey signer)
            throws GeneralSecurityException, OperatorCreationException {
        return new Identity(
                own,
                new JcaX509CertificateConverter()
                        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer))));
    }
}
