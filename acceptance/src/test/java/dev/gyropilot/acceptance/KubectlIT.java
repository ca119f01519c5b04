package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kubectl as users have it, each verb that they know, against the embedded API and the process node. */
@Tag("process")
class KubectlIT {
    /** A Deployment of a program that every POSIX machine has; the image is in the node's table under its own name. */
    private static final String SLEEPERS = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: sleepers, labels: {app: sleepers}}
            spec:
              replicas: 2
              selector: {matchLabels: {app: sleepers}}
              template:
                metadata: {labels: {app: sleepers}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: local/sh
                    command: [sh, -c, 'echo started $GREETING; exec sleep 3600']
                    env: [{name: GREETING, value: hello}]
            """;

    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        Needs.program("kubectl");
        gyropilot.up().succeeded();
        apply(SLEEPERS);
        kubectl("rollout", "status", "deployment/sleepers", "--timeout=60s");
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    private static String kubectl(String... arguments) {
        return gyropilot.kubectl(arguments).succeeded().out();
    }

    private static String apply(String manifest, String... more) {
        String[] arguments = new String[3 + more.length];
        arguments[0] = "apply";
        arguments[1] = "-f";
        arguments[2] = "-";
        System.arraycopy(more, 0, arguments, 3, more.length);
        return gyropilot.kubectlWithInput(manifest, arguments).succeeded().out();
    }

    private static String onePod() {
        return kubectl("get", "pods", "-l", "app=sleepers", "-o", "jsonpath={.items[0].metadata.name}");
    }

    @Test
    void getPrintsTablesAndForms() {
        assertThat(kubectl("get", "deployments")).containsPattern("sleepers +2/2 +2 +2 ");
        assertThat(kubectl("get", "pods", "-o", "wide"))
                .contains("NODE")
                .containsPattern("(127|198)[.][0-9.]+")
                .contains("Running");
        assertThat(kubectl("get", "deploy", "sleepers", "-o", "yaml")).contains("kind: Deployment");
        assertThat(Gyropilot.json(kubectl("get", "deploy", "sleepers", "-o", "json"))
                        .path("spec")
                        .path("replicas")
                        .asInt())
                .isEqualTo(2);
        assertThat(kubectl("get", "pods", "-o", "custom-columns=N:.metadata.name,P:.status.phase"))
                .contains("Running");
        assertThat(kubectl("get", "pods", "-o", "name", "--sort-by=.metadata.name"))
                .contains("pod/sleepers-");
        assertThat(kubectl("get", "pods", "-l", "app=sleepers", "-o", "name").lines())
                .hasSize(2);
        assertThat(kubectl("get", "pods", "-l", "app in (other),x!=y", "-o", "name"))
                .isEmpty();
        assertThat(kubectl(
                        "get",
                        "pods",
                        "--field-selector=status.phase=Running,metadata.namespace=default",
                        "-o",
                        "name"))
                .contains("pod/sleepers-");
        assertThat(kubectl("get", "nodes")).contains("Ready");
        assertThat(kubectl("get", "all", "-A")).contains("deployment.apps/sleepers");
        assertThat(kubectl("get", "cm", "--chunk-size=1", "-A", "-o", "name")
                        .lines()
                        .count())
                .isGreaterThan(1);
    }

    @Test
    void watchShowsWhatChanges() throws Exception {
        kubectl("create", "configmap", "watched", "--from-literal=a=1");
        ProcessBuilder builder =
                new ProcessBuilder("kubectl", "get", "configmap", "watched", "-w", "-o", "jsonpath={.data.a}{'\\n'}");
        builder.environment()
                .put("KUBECONFIG", gyropilot.home().resolve("kubeconfig").toString());
        Process watch = builder.start();
        try (BufferedReader lines = watch.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("1");
            kubectl("patch", "configmap", "watched", "-p", "{\"data\":{\"a\":\"2\"}}");
            assertThat(lines.readLine()).isEqualTo("2");
        } finally {
            watch.destroy();
            watch.waitFor(10, TimeUnit.SECONDS);
            kubectl("delete", "configmap", "watched");
        }
    }

    @Test
    void describeTellsTheStory() {
        assertThat(kubectl("describe", "pod", onePod()))
                .contains("local/sh")
                .contains("Started")
                .contains("Scheduled");
        assertThat(kubectl("describe", "deployment", "sleepers"))
                .contains("RollingUpdate")
                .contains("ScalingReplicaSet");
        assertThat(kubectl("describe", "nodes")).contains("Capacity:").contains("Allocated resources:");
    }

    @Test
    void logsAndExecReachTheProcess() {
        String pod = onePod();
        assertThat(kubectl("logs", pod)).contains("started hello");
        assertThat(kubectl("logs", "-l", "app=sleepers", "--tail=1", "--prefix"))
                .contains("started hello");
        assertThat(kubectl("exec", pod, "--", "sh", "-c", "echo out; echo $GREETING"))
                .isEqualTo("out\nhello\n");
        assertThat(gyropilot
                        .kubectl("exec", pod, "--", "sh", "-c", "exit 7")
                        .failed()
                        .code())
                .isEqualTo(7);
        assertThat(gyropilot
                        .kubectlWithInput("from stdin", "exec", "-i", pod, "--", "cat")
                        .succeeded()
                        .out())
                .isEqualTo("from stdin");
    }

    @Test
    void followedLogsEndWithThePod() throws Exception {
        kubectl(
                "run",
                "counter",
                "--image=local/sh",
                "--restart=Never",
                "--command",
                "--",
                "sh",
                "-c",
                "for i in 1 2 3; do echo line $i; sleep 0.3; done");
        kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/counter", "--timeout=30s");
        assertThat(kubectl("logs", "-f", "counter")).isEqualTo("line 1\nline 2\nline 3\n");
        assertThat(kubectl("logs", "counter", "--tail=1")).isEqualTo("line 3\n");
        assertThat(kubectl("logs", "counter", "--timestamps")
                        .lines()
                        .findFirst()
                        .orElse(""))
                .matches("\\d{4}-.*Z line 1");
        kubectl("delete", "pod", "counter");
    }

    @Test
    void applyKeepsWhatOthersOwn() {
        String manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: '1', b: '1'}\n";
        assertThat(apply(manifest)).contains("configmap/applied created");
        assertThat(apply(manifest)).contains("unchanged");
        kubectl("patch", "configmap", "applied", "--type=merge", "-p", "{\"data\":{\"c\":\"3\"}}");
        assertThat(apply(manifest.replace(", b: '1'", ""))).contains("configured");
        assertThat(Gyropilot.json(kubectl("get", "configmap", "applied", "-o", "json"))
                        .path("data"))
                .isEqualTo(Gyropilot.json("{\"a\":\"1\",\"c\":\"3\"}"));
        kubectl("delete", "configmap", "applied");
    }

    @Test
    void serverSideApplyFindsConflicts() {
        String manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {a: '1'}\n";
        assertThat(apply(manifest, "--server-side", "--field-manager=one")).contains("serverside-applied");
        var conflict = gyropilot
                .kubectlWithInput(
                        manifest.replace("'1'", "'2'"), "apply", "-f", "-", "--server-side", "--field-manager=two")
                .failed();
        assertThat(conflict.err()).contains("conflict with \"one\"").contains(".data.a");
        apply(manifest.replace("'1'", "'2'"), "--server-side", "--field-manager=two", "--force-conflicts");
        assertThat(kubectl("get", "configmap", "owned", "-o", "yaml", "--show-managed-fields"))
                .contains("manager: two");
        kubectl("delete", "configmap", "owned");
    }

    @Test
    void diffShowsTheChangeAndChangesNothing() {
        apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: diffed}\ndata: {a: before}\n");
        var diff = gyropilot.kubectlWithInput(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: diffed}\ndata: {a: after}\n", "diff", "-f", "-");
        assertThat(diff.code()).as(diff.toString()).isEqualTo(1);
        assertThat(diff.out()).contains("-  a: before").contains("+  a: after");
        assertThat(kubectl("get", "configmap", "diffed", "-o", "jsonpath={.data.a}"))
                .isEqualTo("before");
        kubectl("delete", "configmap", "diffed");
    }

    @Test
    void editWritesWhatTheEditorLeft() throws Exception {
        kubectl("create", "configmap", "edited", "--from-literal=a=before");
        Path editor = folder.resolve("editor");
        Files.writeString(editor, "#!/bin/sh\nsed -i s/before/after/ \"$1\"\n");
        assertThat(editor.toFile().setExecutable(true)).isTrue();
        Command.run(
                        Map.of(
                                "KUBECONFIG",
                                        gyropilot.home().resolve("kubeconfig").toString(),
                                "KUBE_EDITOR", editor.toString()),
                        List.of("kubectl", "edit", "configmap", "edited"))
                .succeeded();
        assertThat(kubectl("get", "configmap", "edited", "-o", "jsonpath={.data.a}"))
                .isEqualTo("after");
        kubectl("delete", "configmap", "edited");
    }

    @Test
    void allPatchTypesWork() {
        apply(SLEEPERS.replace("sleepers", "patched").replace("replicas: 2", "replicas: 0"));
        kubectl(
                "patch",
                "deployment",
                "patched",
                "-p",
                "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"env\":[{\"name\":\"MORE\",\"value\":\"x\"}]}]}}}}");
        JsonNode env = Gyropilot.json(kubectl("get", "deployment", "patched", "-o", "json"))
                .at("/spec/template/spec/containers/0/env");
        assertThat(env.findValuesAsText("name")).containsExactlyInAnyOrder("GREETING", "MORE");
        kubectl(
                "patch",
                "deployment",
                "patched",
                "--type=json",
                "-p",
                "[{\"op\":\"replace\",\"path\":\"/spec/minReadySeconds\",\"value\":3}]".replace("replace", "add"));
        kubectl("patch", "deployment", "patched", "--type=merge", "-p", "{\"spec\":{\"revisionHistoryLimit\":4}}");
        JsonNode spec = Gyropilot.json(kubectl("get", "deployment", "patched", "-o", "json"))
                .path("spec");
        assertThat(spec.path("minReadySeconds").asInt()).isEqualTo(3);
        assertThat(spec.path("revisionHistoryLimit").asInt()).isEqualTo(4);
        kubectl("delete", "deployment", "patched");
    }

    @Test
    void labelsAnnotationsAndScale() {
        kubectl("label", "deployment", "sleepers", "tier=test");
        assertThat(kubectl("get", "deployments", "-l", "tier=test", "-o", "name"))
                .contains("sleepers");
        kubectl("label", "deployment", "sleepers", "tier-");
        kubectl("annotate", "deployment", "sleepers", "note=hello");
        assertThat(kubectl("get", "deployment", "sleepers", "-o", "jsonpath={.metadata.annotations.note}"))
                .isEqualTo("hello");
        apply(SLEEPERS.replace("sleepers", "scaled").replace("replicas: 2", "replicas: 1"));
        kubectl("scale", "deployment", "scaled", "--replicas=3");
        kubectl("wait", "deployment/scaled", "--for=jsonpath={.status.readyReplicas}=3", "--timeout=60s");
        kubectl("delete", "deployment", "scaled");
        kubectl("wait", "--for=delete", "pod", "-l", "app=scaled", "--timeout=60s");
    }

    @Test
    void rolloutRestartsAndUndoes() {
        apply(SLEEPERS.replace("sleepers", "rolled"));
        kubectl("rollout", "status", "deployment/rolled", "--timeout=60s");
        kubectl("set", "env", "deployment/rolled", "GREETING=again");
        kubectl("rollout", "status", "deployment/rolled", "--timeout=60s");
        kubectl("rollout", "restart", "deployment/rolled");
        kubectl("rollout", "status", "deployment/rolled", "--timeout=60s");
        assertThat(kubectl("rollout", "history", "deployment/rolled").lines().filter(l -> l.matches("\\d+ .*")))
                .hasSize(3);
        kubectl("rollout", "undo", "deployment/rolled", "--to-revision=1");
        kubectl("rollout", "status", "deployment/rolled", "--timeout=60s");
        assertThat(kubectl(
                        "get",
                        "deployment",
                        "rolled",
                        "-o",
                        "jsonpath={.spec.template.spec.containers[0].env[0].value}"))
                .isEqualTo("hello");
        kubectl("delete", "deployment", "rolled", "--wait=false");
    }

    @Test
    void createMakesEachKind() {
        kubectl("create", "namespace", "made");
        for (String[] what : new String[][] {
            {"configmap", "c", "--from-literal=a=1"},
            {"secret", "generic", "s", "--from-literal=a=1"},
            {"serviceaccount", "sa"},
            {"deployment", "d", "--image=local/sh", "--replicas=0"},
            {"service", "clusterip", "svc", "--tcp=80:8080"},
            {"role", "r", "--verb=get", "--resource=pods"},
            {"rolebinding", "rb", "--role=r", "--serviceaccount=made:sa"},
            {"quota", "q", "--hard=pods=10"},
            {"poddisruptionbudget", "pdb", "--selector=a=b", "--min-available=1"},
            {"job", "j", "--image=local/sh", "--", "true"},
            {"cronjob", "cj", "--image=local/sh", "--schedule=0 0 1 1 *", "--", "true"},
            {"ingress", "i", "--rule=a.example/=svc:80"},
            {"priorityclass", "acceptance", "--value=10"},
        }) {
            String[] command = new String[what.length + 3];
            command[0] = "create";
            command[1] = "--namespace=made";
            System.arraycopy(what, 0, command, 2, what.length);
            command[command.length - 1] = "--namespace=made";
            int separator = List.of(what).indexOf("--");
            if (separator >= 0) {
                command = java.util.Arrays.copyOf(command, command.length - 1);
            }
            assertThat(kubectl(command)).contains("created");
        }
        assertThat(kubectl("create", "token", "sa", "-n", "made").split("\\.")).hasSize(3);
        assertThat(kubectl("auth", "can-i", "get", "pods", "-n", "made", "--as=system:serviceaccount:made:sa"))
                .contains("yes");
        assertThat(gyropilot
                        .kubectl("auth", "can-i", "delete", "pods", "-n", "made", "--as=system:serviceaccount:made:sa")
                        .out())
                .contains("no");
        kubectl("delete", "namespace", "made", "--timeout=60s");
        assertThat(gyropilot.kubectl("get", "namespace", "made").failed().err()).contains("(NotFound)");
        kubectl("delete", "priorityclass", "acceptance");
    }

    @Test
    void explainAndDiscoveryKnowAllKinds() {
        assertThat(kubectl("explain", "deployment.spec.strategy")).contains("rollingUpdate", "pods", "new ones.");
        assertThat(kubectl("explain", "modelservice.spec.model"))
                .contains("uri")
                .contains("Where the model lies");
        assertThat(kubectl("api-resources"))
                .contains("modelservices")
                .contains("resourceclaims")
                .contains("deployments");
        assertThat(kubectl("api-resources", "--categories=gyropilot", "-o", "name"))
                .contains("modelservices.gyropilot.dev");
        assertThat(kubectl("api-versions")).contains("gyropilot.dev/v1alpha1").contains("resource.k8s.io/v1");
        assertThat(kubectl("version")).contains("Server Version");
        assertThat(kubectl("cluster-info")).contains("is running at");
    }

    @Test
    void topSaysThatMetricsAreAbsent() {
        assertThat(gyropilot.kubectl("top", "nodes").failed().err()).contains("Metrics API not available");
    }

    @Test
    void errorsReadAsOnACluster() {
        assertThat(gyropilot.kubectl("get", "pod", "absent").failed().err())
                .contains("Error from server (NotFound): pods \"absent\" not found");
        assertThat(gyropilot.kubectl("get", "unicorns").failed().err())
                .contains("the server doesn't have a resource type");
        assertThat(gyropilot
                        .kubectlWithInput(SLEEPERS.replace("replicas: 2", "replicaz: 2"), "apply", "-f", "-")
                        .failed()
                        .err())
                .contains("unknown field \"spec.replicaz\"");
        assertThat(gyropilot
                        .kubectlWithInput(
                                "apiVersion: gyropilot.dev/v1alpha1\nkind: ModelService\nmetadata: {name: bad}\nspec: {model: {}}\n",
                                "apply",
                                "-f",
                                "-")
                        .failed()
                        .err())
                .contains("set exactly one of model.name");
    }

    @Test
    void portForwardReachesThePod() throws Exception {
        Needs.program("python3");
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: web}
                spec:
                  restartPolicy: Never
                  containers:
                  - name: web
                    image: local/sh
                    command: [sh, -c, 'exec python3 -m http.server 8000 --bind $POD_IP']
                    readinessProbe: {tcpSocket: {port: 8000}, periodSeconds: 1}
                """);
        kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=30s");
        ProcessBuilder builder = new ProcessBuilder("kubectl", "port-forward", "pod/web", ":8000");
        builder.environment()
                .put("KUBECONFIG", gyropilot.home().resolve("kubeconfig").toString());
        Process forward = builder.start();
        try (BufferedReader lines = forward.inputReader()) {
            String line = lines.readLine();
            assertThat(line).startsWith("Forwarding from 127.0.0.1:");
            int port = Integer.parseInt(line.replaceAll(".*127.0.0.1:(\\d+) .*", "$1"));
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
        } finally {
            forward.destroy();
            kubectl("delete", "pod", "web", "--wait=false");
        }
    }
}
