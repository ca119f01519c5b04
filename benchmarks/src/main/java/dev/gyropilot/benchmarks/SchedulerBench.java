package dev.gyropilot.benchmarks;

import dev.gyropilot.cli.Main;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The live scheduler and kube-scheduler, one after the other on the same real API server with the same nodes and the same work:
 * pods that wait before the scheduler starts. Reported are how soon the first is bound after the start of the process, how many
 * are bound a second from the first to the last, and the CPU time of scheduler and API server for each.
 */
final class SchedulerBench {
    private static final int CLIENTS = 16;
    private static final int DEVICES = 8;
    private static final long LIMIT_SECONDS = 600;

    /**
     * What is scheduled where.
     *
     * @param deviceNodes how many of the nodes have eight devices each
     * @param claims whether each pod claims one device
     */
    private record Shape(String name, int nodes, int deviceNodes, int pods, boolean claims) {}

    private static final List<Shape> SHAPES = List.of(
            new Shape("plain-500", 500, 0, 2_000, false),
            new Shape("plain-5000", 5_000, 0, 2_000, false),
            new Shape("claims-500", 500, 500, 1_000, true),
            new Shape("claims-5000", 5_000, 500, 500, true));

    /** How a scheduler is started on a cluster. */
    private record Candidate(String name, String schedulerName, Start start) {}

    @FunctionalInterface
    private interface Start {
        BenchProcess on(Path kubeconfig) throws IOException;
    }

    private record Figures(double firstBind, double bindsPerSecond, double cpuMillis, double apiServerCpuMillis) {}

    /** Nothing acts on the objects, so that nodes need no heartbeat and pods wait for the scheduler that is measured. */
    private static final Map<String, String> BARE =
            Map.of("CONTROLLERS", "no", "API_ARGS", "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition");

    private SchedulerBench() {}

    private static KubernetesClient client(Path kubeconfig) throws IOException {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.fromKubeconfig(Files.readString(kubeconfig)))
                        .withMaxConcurrentRequests(256)
                        .withMaxConcurrentRequestsPerHost(256)
                        .build())
                .build();
    }

    static List<Row> run() throws IOException, InterruptedException {
        if (!RealControlPlane.isBuilt()) {
            System.err.println("scheduler: left out, as acceptance/kubernetes/build.sh plane has not been run");
            return List.of();
        }
        Candidate peer = new Candidate("kube-scheduler", "default-scheduler", SchedulerBench::kubeScheduler);
        Candidate ours = new Candidate("gyropilot", "gyropilot", SchedulerBench::gyropilot);
        List<Row> rows = new ArrayList<>();
        for (Shape shape : SHAPES) {
            System.err.println("scheduler: " + shape.name() + ", making " + shape.nodes() + " nodes");
            Path folder = Files.createTempDirectory("gyropilot-bench");
            try (RealControlPlane plane = RealControlPlane.start(folder, BARE);
                    KubernetesClient client = client(plane.kubeconfig())) {
                furnish(client, shape);
                Figures theirs = measure(plane, client, shape, peer);
                Figures own = measure(plane, client, shape, ours);
                String name = "scheduler/" + shape.name() + "/";
                System.err.println("scheduler: " + shape.name() + ", ours " + own + ", kube-scheduler " + theirs);
                rows.add(row(name + "start-to-first-bind", own.firstBind, "s", theirs.firstBind));
                rows.add(row(name + "binds", own.bindsPerSecond, "1/s", theirs.bindsPerSecond));
                rows.add(row(name + "cpu", own.cpuMillis, "ms/pod", theirs.cpuMillis));
                rows.add(row(name + "api-server-cpu", own.apiServerCpuMillis, "ms/pod", theirs.apiServerCpuMillis));
            }
        }
        return rows;
    }

    private static Row row(String name, double value, String unit, double peer) {
        return new Row(name, value, unit, "kube-scheduler", peer);
    }

    private static BenchProcess gyropilot(Path kubeconfig) throws IOException {
        int port = BenchProcess.freePort();
        return BenchProcess.java(
                Main.class,
                port,
                List.of("-XX:+UseSerialGC", "-Xmx1g"),
                List.of(
                        "run",
                        "scheduler",
                        "--kubeconfig",
                        kubeconfig.toString(),
                        "--state",
                        kubeconfig.resolveSibling("state").toString(),
                        "--health-address",
                        "127.0.0.1",
                        "--health-port",
                        Integer.toString(port)));
    }

    private static BenchProcess kubeScheduler(Path kubeconfig) throws IOException {
        int port = BenchProcess.freePort();
        return BenchProcess.start(
                List.of(
                        "sh",
                        "-c",
                        "exec \"$0\" \"$@\" 2>" + kubeconfig.resolveSibling("kube-scheduler.log"),
                        RealControlPlane.program("kube-scheduler").toString(),
                        "--kubeconfig=" + kubeconfig,
                        "--authentication-kubeconfig=" + kubeconfig,
                        "--authorization-kubeconfig=" + kubeconfig,
                        "--bind-address=127.0.0.1",
                        "--secure-port=" + port,
                        "--leader-elect=false",
                        // Its own limits would be measured otherwise.
                        "--kube-api-qps=10000",
                        "--kube-api-burst=10000"),
                port);
    }

    private static Figures measure(RealControlPlane plane, KubernetesClient client, Shape shape, Candidate candidate)
            throws IOException, InterruptedException {
        System.err.println("scheduler: " + shape.name() + ", " + candidate.name() + ", " + shape.pods() + " pods");
        String namespace = candidate.name();
        post(client, "/api/v1/namespaces", """
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "%s"}}""".formatted(namespace));
        forAll(shape.pods(), i -> submit(client, namespace, candidate.schedulerName(), shape.claims(), i));
        var arrivals = new Arrivals(shape.pods());
        try (Watch _ = client.pods().inNamespace(namespace).watch(arrivals)) {
            double apiServerBefore = plane.apiServerCpuSeconds();
            long begin = System.nanoTime();
            try (BenchProcess scheduler = candidate.start().on(plane.kubeconfig())) {
                arrivals.awaitFirst();
                double cpuBefore = scheduler.cpuSeconds();
                arrivals.awaitAll();
                double cpu = scheduler.cpuSeconds() - cpuBefore;
                double apiServer = plane.apiServerCpuSeconds() - apiServerBefore;
                return new Figures(
                        (arrivals.first() - begin) / 1e9,
                        (shape.pods() - 1) / ((arrivals.last() - arrivals.first()) / 1e9),
                        1e3 * cpu / shape.pods(),
                        1e3 * apiServer / shape.pods());
            }
        } finally {
            String none = "{\"gracePeriodSeconds\": 0}";
            client.raw("/api/v1/namespaces/" + namespace + "/pods", "DELETE", none);
            if (shape.claims()) {
                client.raw("/apis/resource.k8s.io/v1/namespaces/" + namespace + "/resourceclaims", "DELETE", none);
            }
        }
    }

    /** Nodes, and on the first of them devices. */
    private static void furnish(KubernetesClient client, Shape shape) throws InterruptedException {
        post(client, "/api/v1/namespaces", """
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gyropilot-system"}}""");
        post(client, "/apis/resource.k8s.io/v1/deviceclasses", """
                {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"},
                 "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.example.com'"}}]}}""");
        forAll(shape.nodes(), i -> {
            post(client, "/api/v1/nodes", """
                    {"apiVersion": "v1", "kind": "Node",
                     "metadata": {"name": "node-%1$d", "labels": {"kubernetes.io/hostname": "node-%1$d"}},
                     "status": {
                       "capacity": {"cpu": "64", "memory": "512Gi", "pods": "110"},
                       "allocatable": {"cpu": "64", "memory": "512Gi", "pods": "110"},
                       "conditions": [{"type": "Ready", "status": "True", "reason": "Bench", "message": "",
                         "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}""".formatted(i));
            if (i < shape.deviceNodes()) {
                String devices = IntStream.range(0, DEVICES)
                        .mapToObj(d -> "{\"name\": \"gpu-" + d + "\"}")
                        .collect(Collectors.joining(", "));
                post(client, "/apis/resource.k8s.io/v1/resourceslices", """
                        {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "node-%1$d-gpu"},
                         "spec": {"driver": "gpu.example.com", "nodeName": "node-%1$d",
                          "pool": {"name": "node-%1$d", "generation": 1, "resourceSliceCount": 1},
                          "devices": [%2$s]}}""".formatted(i, devices));
            }
        });
    }

    private static void submit(KubernetesClient client, String namespace, String scheduler, boolean claim, int i) {
        if (claim) {
            post(client, "/apis/resource.k8s.io/v1/namespaces/" + namespace + "/resourceclaims", """
                    {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "claim-%d"},
                     "spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]}}}""".formatted(i));
        }
        post(client, "/api/v1/namespaces/" + namespace + "/pods", """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod-%1$d", "labels": {"app": "bench"}},
                 "spec": {"schedulerName": "%2$s", "resourceClaims": %3$s,
                  "containers": [{"name": "main", "image": "none",
                   "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}, "claims": %4$s}}]}}""".formatted(
                        i,
                        scheduler,
                        claim ? "[{\"name\": \"gpu\", \"resourceClaimName\": \"claim-" + i + "\"}]" : "[]",
                        claim ? "[{\"name\": \"gpu\"}]" : "[]"));
    }

    private static void post(KubernetesClient client, String path, String body) {
        client.raw(path, "POST", body);
    }

    private static void forAll(int count, IntConsumer action) throws InterruptedException {
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> done = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                int first = c;
                done.add(clients.submit(() -> {
                    for (int i = first; i < count; i += CLIENTS) {
                        action.accept(i);
                    }
                }));
            }
            for (Future<?> future : done) {
                future.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** When the first and the last pod was bound, as a watch shows it. */
    private static final class Arrivals implements Watcher<Pod> {
        private final Set<String> bound = ConcurrentHashMap.newKeySet();
        private final int expected;
        private final CountDownLatch some = new CountDownLatch(1);
        private final CountDownLatch all = new CountDownLatch(1);
        private volatile long first;
        private volatile long last;

        Arrivals(int expected) {
            this.expected = expected;
        }

        @Override
        public void eventReceived(Action action, Pod pod) {
            if (action != Action.DELETED
                    && pod.getSpec().getNodeName() != null
                    && bound.add(pod.getMetadata().getName())) {
                last = System.nanoTime();
                if (some.getCount() > 0) {
                    first = last;
                    some.countDown();
                }
                if (bound.size() == expected) {
                    all.countDown();
                }
            }
        }

        @Override
        public void onClose(WatcherException cause) {
            System.err.println("scheduler: the watch of the bench ended: " + cause.getMessage());
        }

        void awaitFirst() throws InterruptedException {
            await(some);
        }

        void awaitAll() throws InterruptedException {
            await(all);
        }

        private void await(CountDownLatch latch) throws InterruptedException {
            if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        bound.size() + " of " + expected + " pods were bound within " + LIMIT_SECONDS + " s");
            }
        }

        long first() {
            return first;
        }

        long last() {
            return last;
        }
    }
}
