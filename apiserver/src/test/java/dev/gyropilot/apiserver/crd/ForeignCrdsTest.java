package dev.gyropilot.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The CRDs of other projects, as their Go modules carry them, are accepted without a finding. Left out where the module cache
 * has none of them; {@code go mod download} fetches them.
 */
@Tag("slow")
class ForeignCrdsTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final List<String> FOLDERS = List.of(
            "github.com/kserve/kserve@v0.19.0/config/crd/full",
            "github.com/kserve/kserve@v0.19.0/test/crds",
            "github.com/ray-project/kuberay/ray-operator@v1.6.2/config/crd/bases",
            "sigs.k8s.io/kueue@v0.19.2/config/components/crd/bases",
            "volcano.sh/volcano@v1.15.0/config/crd",
            "github.com/kubeflow/trainer/v2@v2.3.0/manifests/base/crds",
            "github.com/kubernetes-sigs/kro@v0.9.4/helm/crds",
            "github.com/argoproj/argo-rollouts@v1.10.1/manifests/crds",
            "knative.dev/serving@v0.51.0/config/core/300-resources",
            "sigs.k8s.io/jobset@v0.12.0/config",
            "sigs.k8s.io/lws@v0.9.0/config",
            "sigs.k8s.io/gateway-api-inference-extension@v1.5.0/config",
            "sigs.k8s.io/karpenter@v1.14.1/pkg/apis/crds");

    @Test
    void acceptsThemAll() throws IOException {
        Path modules =
                Path.of(System.getenv().getOrDefault("GOMODCACHE", System.getProperty("user.home") + "/go/pkg/mod"));
        List<String> findings = new ArrayList<>();
        int seen = 0;
        for (String folder : FOLDERS) {
            for (Path file : yamlFiles(modules.resolve(folder))) {
                for (ObjectNode crd : crds(file)) {
                    seen++;
                    check(crd, modules.relativize(file).toString(), findings);
                }
            }
        }
        assumeTrue(seen > 0, "no CRDs of other projects in the Go module cache");
        System.out.println(seen + " CRDs");
        assertThat(findings).isEmpty();
    }

    private static void check(ObjectNode crd, String file, List<String> findings) {
        Crds.defaults(crd);
        for (FieldError error : Crds.validateCreate(crd)) {
            findings.add(file + ": " + error);
        }
        for (ResourceType type : CustomTypes.of(crd)) {
            ObjectNode document = CustomOpenApi.document(type.group(), type.version(), List.of(crd));
            assertThat(document.path("components").path("schemas").size()).isGreaterThan(5);
            type.strategy().defaults(YAML.createObjectNode().put("kind", type.kind()));
        }
    }

    private static List<Path> yamlFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static List<ObjectNode> crds(Path file) throws IOException {
        List<ObjectNode> crds = new ArrayList<>();
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
            while (documents.hasNext()) {
                JsonNode document = documents.next();
                if (document instanceof ObjectNode object
                        && object.path("kind").asText().equals("CustomResourceDefinition")
                        && object.path("apiVersion").asText().equals("apiextensions.k8s.io/v1")
                        && object.path("spec").has("group")) {
                    crds.add(object);
                }
            }
        } catch (RuntimeException | com.fasterxml.jackson.core.JsonProcessingException e) {
            return crds;
        }
        return crds;
    }
}
