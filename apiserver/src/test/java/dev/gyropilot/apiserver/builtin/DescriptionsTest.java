package dev.gyropilot.apiserver.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DescriptionsTest {
    @Test
    void everyLineSpeaksOfATypeAndFieldThatExist() {
        List<String> unknown = new ArrayList<>();
        Descriptions.byType()
                .forEach((type, texts) -> texts.keySet().forEach(field -> {
                    JsonNode schema = KubernetesDocuments.schemas().path(type);
                    if (schema.isMissingNode()
                            || (!field.isEmpty()
                                    && schema.path("properties").path(field).isMissingNode())) {
                        unknown.add(type + "." + field);
                    }
                }));
        assertThat(unknown).isEmpty();
    }

    @Test
    void theDocumentsCarryThemAndTheSharedSchemasStayAsTheyAre() {
        JsonNode pod = KubernetesDocuments.openApiV3("api/v1")
                .at("/components/schemas")
                .path("io.k8s.api.core.v1.Pod");
        assertThat(pod.path("description").asText()).contains("containers");
        assertThat(pod.at("/properties/spec/description").asText()).isNotEmpty();
        assertThat(KubernetesDocuments.schemas().path("io.k8s.api.core.v1.Pod").has("description"))
                .isFalse();
    }
}
