package dev.gyropilot.install.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.gyropilot.api.serving.Crds;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartTest {
    private static final Path CHART = Path.of("chart").toAbsolutePath();
    private static final YAMLMapper YAML = YAMLMapper.builder().build();
    private static final Map<String, Object> MUCH = Map.of(
            "apiKeyHash", "ab".repeat(32),
            "ledger", Map.of("url", "jdbc:postgresql://db/usage", "secretName", "ledger"),
            "nodeSelector", Map.of("kubernetes.io/os", "linux"),
            "tolerations",
                    List.of(Map.of("key", "a", "operator", "Exists"), Map.of("key", "b", "effect", "NoSchedule")),
            "serviceMonitor", Map.of("enabled", true),
            "gateway", Map.of("replicas", 5, "serviceType", "LoadBalancer"),
            "node", Map.of("enabled", true, "nodeSelector", Map.of("accelerator", "yes")),
            "config",
                    Map.of("gateway", Map.of("retries", 3), "operator", Map.of("idleSeconds", 60, "modelsClaim", "m")));

    @TempDir
    Path folder;

    @Test
    void carriesAllTemplatesOfTheChart() throws IOException {
        try (Stream<Path> files = Files.list(CHART.resolve("templates"))) {
            assertThat(files.map(file -> file.getFileName().toString())).hasSameElementsAs(Chart.TEMPLATES);
        }
    }

    @Test
    void bringsTheResourceDefinitionsAsTheyAreAndKeepsThem() throws IOException {
        for (CustomResourceDefinition definition : Crds.all()) {
            String plural = definition.getSpec().getNames().getPlural();
            ObjectNode ours = (ObjectNode) YAML.readTree(Chart.read("templates/crd-" + plural + ".yaml"));
            assertThat(ours.at("/metadata/annotations/helm.sh~1resource-policy").asText())
                    .isEqualTo("keep");
            ObjectNode metadata = (ObjectNode) ours.path("metadata");
            ((ObjectNode) metadata.path("annotations")).remove("helm.sh/resource-policy");
            ObjectNode generated = (ObjectNode) YAML.readTree(generated(plural));
            if (metadata.path("annotations").isEmpty()) {
                metadata.remove("annotations");
            }
            assertThat(ours)
                    .as("install/chart/templates/crd-%s.yaml must follow api/src/main/resources/crds", plural)
                    .isEqualTo(generated);
        }
    }

    @Test
    void refusesValuesThatItDoesNotHave() {
        assertThatThrownBy(() -> Chart.values(Map.of("gatway", Map.of())))
                .hasMessage("gatway is not a value of the chart; maybe you meant gateway");
        assertThatThrownBy(() -> Chart.values(Map.of("gateway", Map.of("replicas", "many"))))
                .hasMessageContaining("gateway.replicas is many");
    }

    @Test
    void refusesTemplatesThatOnlyHelmUnderstands() {
        assertThatThrownBy(() -> Template.render("x.yaml", "a: {{ include \"b\" . }}", Map.of()))
                .isInstanceOf(ChartException.class)
                .hasMessageContaining("x.yaml");
        assertThatThrownBy(() -> Template.render("x.yaml", "{{ if .A }}", Map.of()))
                .hasMessageContaining("no end");
    }

    @Test
    void rendersWhatHelmRenders() throws Exception {
        String helm = helm();
        for (Map<String, Object> changes : List.of(Map.<String, Object>of(), MUCH)) {
            Path values = Files.writeString(
                    folder.resolve("values.yaml"), JsonMapper.builder().build().writeValueAsString(changes));
            String rendered = run(helm, "template", "gyropilot", CHART.toString(), "-n", "ai", "-f", values.toString());
            Map<String, JsonNode> theirs = byName(List.of(rendered.split("(?m)^---\\s*$", -1)));
            Map<String, JsonNode> ours = byName(Chart.render("ai", Chart.values(changes)).stream()
                    .map(text -> text.replace("managed-by: gyro\n", "managed-by: Helm\n"))
                    .toList());
            assertThat(ours.keySet()).isEqualTo(theirs.keySet());
            ours.forEach((name, object) -> assertThat(object).as(name).isEqualTo(theirs.get(name)));
        }
    }

    @Test
    void helmFindsNothingToCriticizeAndRefusesBadValues() throws Exception {
        String helm = helm();
        assertThat(run(helm, "lint", "--strict", CHART.toString())).contains("0 chart(s) failed");
        assertThatThrownBy(() -> run(helm, "template", "g", CHART.toString(), "--set", "gateway.replicas=many"))
                .hasMessageContaining("replicas");
        assertThatThrownBy(() -> run(helm, "template", "g", CHART.toString(), "--set", "gatway.replicas=1"))
                .hasMessageContaining("gatway");
    }

    private static byte[] generated(String plural) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(ChartTest.class.getResourceAsStream("/crds/" + plural + ".yaml"))) {
            return in.readAllBytes();
        }
    }

    private static Map<String, JsonNode> byName(List<String> documents) throws IOException {
        Map<String, JsonNode> objects = new TreeMap<>();
        for (String document : documents) {
            JsonNode object = YAML.readTree(document);
            if (object != null && object.has("kind")) {
                // The settings are a YAML text: how it quotes does not matter.
                if (object.path("data") instanceof ObjectNode data && data.has("config.yaml")) {
                    data.set(
                            "config.yaml",
                            YAML.readTree(data.path("config.yaml").asText()));
                }
                objects.put(
                        object.path("kind").asText() + "/"
                                + object.at("/metadata/name").asText(),
                        object);
            }
        }
        return objects;
    }

    private static String helm() {
        List<String> folders =
                new ArrayList<>(Arrays.asList(System.getenv("PATH").split(":", -1)));
        String cache = System.getenv("KUBE_HOME");
        folders.add((cache == null ? System.getProperty("user.home") + "/.cache/real-kubernetes" : cache) + "/bin");
        String found = folders.stream()
                .map(name -> Path.of(name, "helm"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("");
        Assumptions.assumeFalse(
                found.isEmpty(), "left out: there is no helm (acceptance/kubernetes/build.sh helm builds it)");
        return found;
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(said);
        }
        return said;
    }
}
