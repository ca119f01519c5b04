package dev.gyropilot.cli;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.serving.Crds;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.install.chart.Chart;
import io.fabric8.kubernetes.api.Pluralize;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Checks one cluster by what it says of itself: by discovery, not by the number of its version. */
final class Checkup {
    private static final Duration CLOCK_LIMIT = Duration.ofSeconds(5);
    private static final int BUSY = 429;
    private static final List<String> ROLES = List.of("operator", "scheduler", "gateway");

    private final KubernetesClient client;
    private final String namespace;

    Checkup(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    private Finding noAnswer(KubernetesClientException failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof CertificateExpiredException)) {
            cause = cause.getCause();
        }
        if (cause instanceof CertificateExpiredException) {
            return Finding.bad(
                    "API",
                    "the certificate of " + client.getMasterUrl() + " has expired, " + cause.getMessage(),
                    "Renew it, with kubeadm by kubeadm certs renew apiserver, and restart the API server.");
        }
        return Finding.bad(
                "API",
                "the API at " + client.getMasterUrl() + " does not answer: "
                        + (cause.getMessage() == null ? cause.toString() : cause.getMessage()),
                "Check --kubeconfig, the network, and kubectl version.");
    }

    /** All findings; when the API does not answer, only that. */
    List<Finding> all() {
        List<Finding> findings = new ArrayList<>();
        try {
            var version = client.getKubernetesVersion();
            findings.add(Finding.good("API", "Kubernetes " + version.getGitVersion() + " at " + client.getMasterUrl()));
        } catch (KubernetesClientException e) {
            return List.of(noAnswer(e));
        }
        for (Supplier<Finding> check : List.<Supplier<Finding>>of(
                this::permissions,
                this::nodes,
                this::dynamicResources,
                this::wishes,
                this::resize,
                this::streamedLists,
                this::metrics,
                this::storage,
                this::clock,
                this::dns,
                this::webHooks,
                this::definitions)) {
            findings.add(safely(check));
        }
        ROLES.forEach(role -> findings.add(safely(() -> role(role))));
        findings.add(safely(this::nodeAgents));
        return findings;
    }

    private static Finding safely(Supplier<Finding> check) {
        try {
            return check.get();
        } catch (KubernetesClientException e) {
            return Finding.note(
                    "access",
                    "a check was not possible: " + e.getMessage(),
                    e.getCode() == BUSY
                            ? "The API is busy or has just begun to serve this kind: run gyro doctor again."
                            : "Run gyro doctor as an administrator of the cluster.");
        }
    }

    /** Everything that an installation writes. */
    private Finding permissions() {
        List<String> missing = Chart.render(namespace, Chart.values(Map.of())).stream()
                .map(text -> Chart.map(text))
                .map(object -> object.get("apiVersion") + " " + object.get("kind"))
                .distinct()
                .filter(kind -> !may(kind))
                .map(kind -> kind.replaceFirst(".* ", ""))
                .toList();
        return missing.isEmpty()
                ? Finding.good("permissions", "you may install")
                : Finding.bad(
                        "permissions",
                        "you may not write " + String.join(", ", missing),
                        "Install as an administrator of the cluster; the roles themselves get far less.");
    }

    private boolean may(String kind) {
        String group = kind.contains("/") ? kind.substring(0, kind.indexOf('/')) : "";
        String plural = Pluralize.toPlural(kind.replaceFirst(".* ", "").toLowerCase(Locale.ROOT));
        var review = new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withGroup(group)
                .withResource(plural)
                .withVerb("patch")
                .withNamespace(namespace)
                .endResourceAttributes()
                .endSpec()
                .build();
        return Boolean.TRUE.equals(client.authorization()
                .v1()
                .selfSubjectAccessReview()
                .create(review)
                .getStatus()
                .getAllowed());
    }

    private Finding nodes() {
        List<Node> nodes = client.nodes().list().getItems();
        List<String> unready = nodes.stream()
                .filter(node -> node.getStatus().getConditions().stream()
                        .noneMatch(c ->
                                c.getType().equals("Ready") && c.getStatus().equals("True")))
                .map(node -> node.getMetadata().getName())
                .toList();
        if (nodes.isEmpty()) {
            return Finding.bad("nodes", "the cluster has no nodes", "Add one.");
        }
        return unready.isEmpty()
                ? Finding.good("nodes", nodes.size() + " ready")
                : Finding.note(
                        "nodes",
                        String.join(", ", unready) + " not ready",
                        "See kubectl describe node " + unready.getFirst());
    }

    private Finding dynamicResources() {
        if (!serves("resource.k8s.io", "v1")) {
            return Finding.note(
                    "devices",
                    "the cluster has no resource.k8s.io/v1: services that ask for devices will wait",
                    "Use Kubernetes 1.34 or newer; services without devices work.");
        }
        int slices = client.resources(ResourceSlice.class).list().getItems().size();
        return slices > 0
                ? Finding.good("devices", "resource.k8s.io/v1, " + slices + " resource slices")
                : Finding.note(
                        "devices",
                        "resource.k8s.io/v1, but no driver has published devices",
                        "For GPUs install their DRA driver, such as NVIDIA's k8s-dra-driver-gpu.");
    }

    /** What services and queues ask for and the cluster has not, as their own conditions say. */
    private Finding wishes() {
        Map<String, List<Condition>> told = new TreeMap<>();
        if (client.supports(ModelService.class)) {
            for (ModelService service :
                    client.resources(ModelService.class).inAnyNamespace().list().getItems()) {
                if (service.getStatus() != null) {
                    told.put(
                            "modelservice " + service.getMetadata().getNamespace() + "/"
                                    + service.getMetadata().getName(),
                            service.getStatus().conditions());
                }
            }
        }
        if (client.supports(Queue.class)) {
            for (Queue queue : client.resources(Queue.class).list().getItems()) {
                if (queue.getStatus() != null) {
                    told.put(
                            "queue " + queue.getMetadata().getName(),
                            queue.getStatus().conditions());
                }
            }
        }
        return unmet(told);
    }

    /** The verdict over the conditions of each object, by its kind and name. */
    static Finding unmet(Map<String, List<Condition>> told) {
        Map<String, Condition> lacking = new TreeMap<>();
        told.forEach((name, conditions) -> Conditions.find(conditions, Conditions.SUPPORTED)
                .filter(c -> "False".equals(c.getStatus()))
                .ifPresent(c -> lacking.put(name, c)));
        return lacking.isEmpty()
                ? Finding.good("wishes", "nothing is asked for that the cluster lacks")
                : Finding.bad(
                        "wishes",
                        String.join(", ", lacking.keySet()) + " ask for what the cluster lacks",
                        lacking.values().iterator().next().getMessage());
    }

    private Finding resize() {
        var core = client.getApiResources("v1");
        boolean served = core != null
                && core.getResources().stream()
                        .anyMatch(resource -> resource.getName().equals("pods/resize"));
        return served
                ? Finding.good("resize", "pods change their cpu and memory while they run")
                : Finding.note(
                        "resize",
                        "pods/resize is not served: pods change their cpu and memory only by a restart",
                        "Use Kubernetes 1.33 or newer to change them in place.");
    }

    /** No resource tells of this ability: one watch that ends at once does. */
    private Finding streamedLists() {
        try {
            client.raw("/api/v1/namespaces?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                    + "&allowWatchBookmarks=true&timeoutSeconds=1&fieldSelector=metadata.name%3Ddefault");
            return Finding.good("streamed lists", "the API sends lists as streams");
        } catch (KubernetesClientException e) {
            return Finding.note(
                    "streamed lists",
                    "the API does not send lists as streams: each starting client costs it the memory of whole lists",
                    "Use Kubernetes 1.34 or newer on large clusters; Gyropilot works without.");
        }
    }

    private Finding metrics() {
        return serves("metrics.k8s.io", "v1beta1")
                ? Finding.good("metrics", "metrics.k8s.io is served")
                : Finding.note(
                        "metrics",
                        "there is no metrics-server: use of nodes and pods is not shown",
                        "Install metrics-server; serving works without it.");
    }

    private Finding storage() {
        var classes = client.storage().v1().storageClasses().list().getItems();
        return classes.isEmpty()
                ? Finding.note(
                        "storage",
                        "there is no storage class: each pod fetches its model anew",
                        "Add a storage class and name a claim by config.operator.modelsClaim.")
                : Finding.good("storage", classes.size() + " storage classes");
    }

    private Finding clock() {
        Instant before = Instant.now();
        String date = serverDate();
        if (date.isEmpty()) {
            return Finding.note("clock", "the API does not tell its time", "");
        }
        Duration off = Duration.between(
                        before,
                        ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                                .toInstant())
                .abs();
        return off.compareTo(CLOCK_LIMIT) <= 0
                ? Finding.good("clock", "as the API server's, within " + CLOCK_LIMIT.toSeconds() + " s")
                : Finding.note(
                        "clock",
                        "this machine and the API server differ by " + off.toSeconds() + " s",
                        "Set both by NTP: certificates and tokens depend on it.");
    }

    private String serverDate() {
        var http = client.getHttpClient();
        var request = http.newHttpRequestBuilder()
                .uri(client.getMasterUrl() + "version")
                .build();
        return http.sendAsync(request, String.class).join().headers("Date").stream()
                .findFirst()
                .orElse("");
    }

    private Finding dns() {
        var service = client.services()
                .inNamespace("kube-system")
                .withLabel("k8s-app", "kube-dns")
                .list()
                .getItems();
        return service.isEmpty()
                ? Finding.note(
                        "DNS",
                        "there is no cluster DNS: clients in pods need the address of the Service gyropilot-gateway",
                        "Install CoreDNS; Gyropilot's own parts work without it.")
                : Finding.good("DNS", service.getFirst().getMetadata().getName());
    }

    /** Web hooks that may refuse or delay what we write. */
    private Finding webHooks() {
        List<String> failing = Stream.concat(
                        client.admissionRegistration().v1().validatingWebhookConfigurations().list().getItems().stream()
                                .flatMap(c -> c.getWebhooks().stream())
                                .filter(w -> "Fail".equals(w.getFailurePolicy()))
                                .map(w -> w.getName()),
                        client.admissionRegistration().v1().mutatingWebhookConfigurations().list().getItems().stream()
                                .flatMap(c -> c.getWebhooks().stream())
                                .filter(w -> "Fail".equals(w.getFailurePolicy()))
                                .map(w -> w.getName()))
                .toList();
        return failing.isEmpty()
                ? Finding.good("web hooks", "none that would stop a write when it is away")
                : Finding.note(
                        "web hooks",
                        String.join(", ", failing) + " stop writes when they are away",
                        "Keep them available, or leave the namespace " + namespace + " out of them.");
    }

    private Finding definitions() {
        List<String> missing = Crds.all().stream()
                .map(crd -> crd.getMetadata().getName())
                .filter(name -> client.apiextensions()
                                .v1()
                                .customResourceDefinitions()
                                .withName(name)
                                .get()
                        == null)
                .toList();
        return missing.isEmpty()
                ? Finding.good("definitions", "all kinds are defined")
                : Finding.note("definitions", String.join(", ", missing) + " not defined", "Run gyro install.");
    }

    private Finding role(String role) {
        String name = "gyropilot-" + role;
        Deployment deployment = client.apps()
                .deployments()
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (deployment == null) {
            return Finding.note(role, "not installed in namespace " + namespace, "Run gyro install.");
        }
        int wanted = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        int ready = deployment.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(deployment.getStatus().getReadyReplicas(), 0);
        if (ready < wanted) {
            return Finding.bad(
                    role,
                    ready + " of " + wanted + " replicas ready",
                    "See kubectl -n " + namespace + " describe pods -l app.kubernetes.io/component=" + role);
        }
        boolean kept = role.equals("gateway")
                && deployment.getSpec().getTemplate().getSpec().getContainers().stream()
                        .flatMap(c -> c.getEnv().stream())
                        .anyMatch(e -> e.getName().equals("GYROPILOT_LEDGER_URL")
                                && (e.getValue() == null || e.getValue().isEmpty()));
        return kept
                ? Finding.note(
                        role,
                        ready + " replicas ready; usage ends with their pods",
                        "Name a PostgreSQL by ledger.url to keep it.")
                : Finding.good(role, ready + " replicas ready");
    }

    /** The agents that label nodes, which an installation may have or not. */
    private Finding nodeAgents() {
        DaemonSet agents = client.apps()
                .daemonSets()
                .inNamespace(namespace)
                .withName("gyropilot-node")
                .get();
        if (agents == null) {
            return Finding.good("node", "no agents: nodes are not labelled with their GPUs (value node.enabled)");
        }
        var status = agents.getStatus();
        int wanted = status == null ? 0 : Objects.requireNonNullElse(status.getDesiredNumberScheduled(), 0);
        int ready = status == null ? 0 : Objects.requireNonNullElse(status.getNumberReady(), 0);
        return ready < wanted
                ? Finding.bad(
                        "node",
                        ready + " of " + wanted + " agents ready",
                        "See kubectl -n " + namespace + " describe pods -l app.kubernetes.io/component=node")
                : Finding.good("node", ready + " agents ready");
    }

    private boolean serves(String group, String version) {
        return client.getApiGroups().getGroups().stream()
                .filter(g -> g.getName().equals(group))
                .flatMap(g -> g.getVersions().stream())
                .anyMatch(v -> v.getVersion().equals(version));
    }
}
