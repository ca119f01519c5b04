package dev.gyropilot.apiserver;

import dev.gyropilot.api.tls.Tls;
import dev.gyropilot.apiserver.admission.AdmissionChain;
import dev.gyropilot.apiserver.auth.Authenticator;
import dev.gyropilot.apiserver.auth.BootstrapObjects;
import dev.gyropilot.apiserver.auth.CertificateAndTokenAuthenticator;
import dev.gyropilot.apiserver.auth.Credentials;
import dev.gyropilot.apiserver.auth.Identity;
import dev.gyropilot.apiserver.auth.Kubeconfig;
import dev.gyropilot.apiserver.auth.Pki;
import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.auth.ServiceAccountTokens;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.discovery.Metrics;
import dev.gyropilot.apiserver.discovery.SelfDescription;
import dev.gyropilot.apiserver.fields.FieldManager;
import dev.gyropilot.apiserver.http.HttpLimits;
import dev.gyropilot.apiserver.http.HttpServer;
import dev.gyropilot.apiserver.inprocess.InProcessTransport;
import dev.gyropilot.apiserver.registry.CustomDefinitions;
import dev.gyropilot.apiserver.registry.DefinitionStrategy;
import dev.gyropilot.apiserver.registry.FirstObjects;
import dev.gyropilot.apiserver.registry.Registry;
import dev.gyropilot.apiserver.rest.Api;
import dev.gyropilot.apiserver.rest.Engine;
import dev.gyropilot.apiserver.rest.Identities;
import dev.gyropilot.apiserver.rest.NodeProxy;
import dev.gyropilot.apiserver.rest.Resources;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.table.Tables;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;

/**
 * A Kubernetes API server inside this process: storage, REST, watch and access control, without controllers, scheduler or
 * nodes, which are its clients.
 */
public final class ApiServer implements AutoCloseable {
    /** The user with all rights. */
    public static final String ADMIN = "kubernetes-admin";

    private static final int REQUEST_TIMEOUT_MILLIS = 30_000;

    private final Store store;
    private final Pki pki;
    private final Credentials credentials;
    private final Path keyFolder;
    private final CustomDefinitions definitions;
    private final HttpServer http;
    private final InProcessTransport transport;

    private ApiServer(
            Store store,
            Pki pki,
            Credentials credentials,
            Path keyFolder,
            CustomDefinitions definitions,
            HttpServer http,
            InProcessTransport transport) {
        this.store = store;
        this.pki = pki;
        this.credentials = credentials;
        this.keyFolder = keyFolder;
        this.definitions = definitions;
        this.http = http;
        this.transport = transport;
    }

    /**
     * Opens the data directory and answers requests when this returns.
     *
     * @throws IOException when the address cannot be bound
     * @throws dev.gyropilot.apiserver.store.StoreException when the directory is in use, not ours, or damaged
     */
    public static ApiServer start(ApiServerConfig config) throws IOException {
        Store store = Store.open(config.directory(), config.storeLimits());
        try {
            return start(config, store);
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static ApiServer start(ApiServerConfig config, Store store) throws IOException {
        Pki pki = Pki.open(config.directory().resolve("pki"), config.clock());
        Registry registry = new Registry(DefinitionStrategy.into(BuiltinTypes.all()));
        FirstObjects.create(store, registry, config.clock(), BootstrapObjects.all());
        CustomDefinitions definitions = new CustomDefinitions(store, registry, config.clock()).start();
        ServiceAccountTokens tokens = new ServiceAccountTokens(pki.serviceAccountKeys(), store, config.clock());
        Credentials credentials = Credentials.open(config.directory().resolve("tokens"));
        Authenticator authenticator = new CertificateAndTokenAuthenticator(credentials, tokens);
        RbacAuthorizer access = new RbacAuthorizer(store);
        Engine engine = new Engine(
                store,
                registry,
                new FieldManager(config.clock()),
                AdmissionChain.standard(store, access),
                access,
                new Tables(config.clock()),
                config.clock());
        NodeProxy nodes = new NodeProxy(store, towardsNodes(pki), InetAddress::isLoopbackAddress);
        Resources resources = new Resources(engine, new Identities(authenticator, tokens, access), nodes);
        Metrics metrics = new Metrics();
        SelfDescription pages = new SelfDescription(store, registry, definitions, metrics, resources::runningWatches);
        Api api = new Api(engine, authenticator, resources, pages, metrics);
        HttpLimits limits = httpLimits(config);
        HttpServer http = HttpServer.start(
                new InetSocketAddress(config.bindAddress(), config.port()),
                tls(pki, pki.serving("apiserver", names(config))),
                limits,
                api);
        // The port may be another than at the last start.
        FirstObjects.keep(
                store,
                registry,
                config.clock(),
                BootstrapObjects.kubernetesService(
                        config.bindAddress().getHostAddress(), http.address().getPort()));
        return new ApiServer(
                store,
                pki,
                credentials,
                config.directory().resolve("pki"),
                definitions,
                http,
                new InProcessTransport(api, limits));
    }

    public int port() {
        return http.address().getPort();
    }

    public String url() {
        return "https://127.0.0.1:" + port();
    }

    /** The authority that signed the server's and all clients' certificates. */
    public X509Certificate caCertificate() {
        return pki.authority();
    }

    public String caPem() {
        return pki.authorityPem();
    }

    /** A new client certificate for a component; the groups decide on its rights. */
    public Identity issue(String name, Collection<String> groups) {
        return pki.client(name, groups);
    }

    /** A serving certificate for another endpoint of this installation, such as a node's. */
    public Identity servingIdentity(String purpose, Collection<String> names) {
        return pki.serving(purpose, names);
    }

    /** The text of a kubeconfig with all rights. */
    public String adminKubeconfig() {
        return kubeconfig(ADMIN, List.of(User.GROUP_MASTERS)).text();
    }

    /** Writes a kubeconfig, readable by its owner only; {@link #ADMIN} has all rights, any other user what roles give him. */
    public void writeKubeconfig(Path file, String user) {
        kubeconfig(user, user.equals(ADMIN) ? List.of(User.GROUP_MASTERS) : List.of())
                .write(file);
    }

    /**
     * A client with all rights for parts of this process: no network and no TLS lie between, all else is as for every other
     * client. Without exec, attach and port-forward.
     */
    public KubernetesClient client() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withOauthToken(token(ADMIN, List.of(User.GROUP_MASTERS)))
                .withOnlyHttpWatches(true)
                .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
                .withRequestRetryBackoffLimit(0)
                // There is no TLS in which to trust anyone; else the client reads the JDK's list of authorities.
                .withTrustCerts(true)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(transport)
                .build();
    }

    /** Read access to the stored objects without a request. */
    public Store store() {
        return store;
    }

    private Kubeconfig kubeconfig(String user, List<String> groups) {
        return new Kubeconfig(
                "gyropilot", url(), pki.authorityPem(), new Kubeconfig.Login.ByToken(token(user, groups)), "");
    }

    private String token(String user, List<String> groups) {
        return credentials.kept(keyFolder.resolve("token-" + user), user, groups);
    }

    /** The server as a client of node agents: with a certificate that they know, trusting this installation's only. */
    private static SSLContext towardsNodes(Pki pki) {
        return tls(
                pki,
                pki.client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", List.of(User.GROUP_MASTERS)));
    }

    private static SSLContext tls(Pki pki, Identity identity) {
        try {
            return Tls.context(identity.key(), List.of(identity.certificate()), List.of(pki.authority()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot do TLS with the keys of the data directory", e);
        }
    }

    private static Set<String> names(ApiServerConfig config) {
        Set<String> names = new TreeSet<>(config.names());
        names.addAll(List.of(
                "localhost",
                "127.0.0.1",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local"));
        names.add(config.bindAddress().getHostAddress());
        return names;
    }

    private static HttpLimits httpLimits(ApiServerConfig config) {
        HttpLimits limits = config.httpLimits();
        Set<String> hosts = names(config);
        hosts.addAll(limits.hosts());
        return new HttpLimits(
                limits.bodyBytes(),
                limits.connections(),
                limits.bodyTimeout(),
                limits.idleTimeout(),
                limits.writeTimeout(),
                hosts);
    }

    /** Ends the connections, finishes the writes at hand and releases the directory. */
    @Override
    public void close() {
        http.close();
        transport.close();
        definitions.close();
        store.close();
    }
}
