package dev.gyropilot.apiserver.fields;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.crd.CustomTypes;
import dev.gyropilot.apiserver.fields.FieldManager.Manager;
import dev.gyropilot.apiserver.patch.JsonPatch;
import dev.gyropilot.apiserver.patch.MergePatch;
import dev.gyropilot.apiserver.patch.StrategicMergePatch;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Replays what a Kubernetes 1.36.4 API server answered: writes in a row on objects of seven kinds, and invalid objects. */
class RecordedTest {
    private static final JsonNode RECORDED = recorded();
    private static final Map<String, ResourceType> TYPES = types();
    private static final FieldManager MANAGER = new FieldManager(() -> Instant.EPOCH);

    /** What a server sets after it has noted who changed what. */
    private static final FieldSet ALLOCATED = FieldSet.of(
            "spec.clusterIP",
            "spec.clusterIPs",
            "spec.ipFamilies",
            "spec.ipFamilyPolicy",
            "spec.priority",
            "spec.preemptionPolicy");

    private static JsonNode recorded() {
        try (InputStream in = RecordedTest.class.getResourceAsStream("recorded.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, ResourceType> types() {
        Map<String, ResourceType> types = new HashMap<>();
        for (ResourceType type : BuiltinTypes.all()) {
            if (type.version().equals("v1")) {
                types.putIfAbsent(type.singular(), type);
            }
        }
        types.put("widget", CustomTypes.of((ObjectNode) RECORDED.path("crd")).getFirst());
        return types;
    }

    @TestFactory
    Stream<DynamicTest> writes() {
        Stream.Builder<DynamicTest> tests = Stream.builder();
        int number = 0;
        for (JsonNode step : RECORDED.path("steps")) {
            String name = number++ + " " + step.path("kind").asText() + " "
                    + step.path("op").asText() + " by " + step.path("manager").asText();
            tests.add(DynamicTest.dynamicTest(name, () -> replay(step)));
        }
        return tests.build();
    }

    private static void replay(JsonNode step) {
        ResourceType type = Objects.requireNonNull(TYPES.get(step.path("kind").asText()));
        @Nullable ObjectNode live = step.get("live") instanceof ObjectNode object ? object : null;
        ObjectNode result = (ObjectNode) step.path("result");
        Manager me = new Manager(step.path("manager").asText(), step.path("sub").asText());
        if (result.path("kind").asText().equals("Status")) {
            if (result.path("code").asInt() != 422 || step.path("op").asText().equals("json")) {
                refuse(step, type, live, me, result);
            }
            return;
        }
        ObjectNode next = write(step, type, live, me, result);
        assertThat(managed(next)).isEqualTo(managed(result));
    }

    private static ObjectNode write(
            JsonNode step, ResourceType type, @Nullable ObjectNode live, Manager me, ObjectNode result) {
        JsonNode body = step.path("body");
        boolean comparable = live != null && type.custom();
        if (step.path("op").asText().equals("apply")) {
            ObjectNode next = MANAGER.apply(
                    live, (ObjectNode) body, me, step.path("force").asBoolean(), type);
            if (comparable && me.subresource().isEmpty()) {
                type.strategy().defaults(next);
                assertThat(next.path("spec")).isEqualTo(result.path("spec"));
            }
            return next;
        }
        ObjectNode sent = result.deepCopy();
        if (body.path("metadata").has("managedFields")) {
            sent.withObject("/metadata")
                    .set("managedFields", body.path("metadata").path("managedFields"));
        } else {
            sent.withObject("/metadata").remove("managedFields");
        }
        ObjectNode stored = live == null ? new ObjectMapper().createObjectNode() : live;
        @Nullable
        JsonNode patched = switch (step.path("op").asText()) {
            case "strategic" -> StrategicMergePatch.apply(stored, (ObjectNode) body, type.schema());
            case "merge" -> MergePatch.apply(stored, body);
            case "json" -> JsonPatch.apply(stored, body);
            default -> null;
        };
        if (patched != null) {
            ObjectNode complete = (ObjectNode) patched;
            type.strategy().defaults(complete);
            assertThat(complete.path("spec")).isEqualTo(result.path("spec"));
            assertThat(complete.path("data")).isEqualTo(result.path("data"));
        }
        return MANAGER.update(live, sent, me, type);
    }

    private static void refuse(
            JsonNode step, ResourceType type, @Nullable ObjectNode live, Manager me, ObjectNode result) {
        ApiError error = catchThrowableOfType(ApiError.class, () -> {
            if (step.path("op").asText().equals("json")) {
                JsonPatch.apply(Objects.requireNonNull(live), step.path("body"));
            } else {
                MANAGER.apply(
                        live,
                        (ObjectNode) step.path("body"),
                        me,
                        step.path("force").asBoolean(),
                        type);
            }
        });
        assertThat(error).isNotNull();
        assertThat(error.getMessage()).isEqualTo(result.path("message").asText());
        assertThat(error.code()).isEqualTo(result.path("code").asInt());
        assertThat(error.reason()).isEqualTo(result.path("reason").asText());
        assertThat(error.details() == null ? new ObjectMapper().createObjectNode() : error.details())
                .isEqualTo(
                        result.path("details").isMissingNode()
                                ? new ObjectMapper().createObjectNode()
                                : result.path("details"));
    }

    /** Who owns what; times and the order that follows from them are left out. */
    private static String managed(ObjectNode object) {
        Map<String, String> entries = new TreeMap<>();
        for (JsonNode entry : object.path("metadata").path("managedFields")) {
            // Controllers of the recorded cluster wrote in between.
            if (entry.path("manager").asText().equals("kube-controller-manager")) {
                continue;
            }
            String who = entry.path("manager").asText() + " "
                    + entry.path("operation").asText() + " "
                    + entry.path("apiVersion").asText() + " "
                    + entry.path("subresource").asText() + " "
                    + (entry.has("time") ? "timed" : "untimed");
            FieldSet fields = FieldSet.fromJson(entry.path("fieldsV1")).difference(ALLOCATED);
            entries.put(who, fields.toString());
        }
        StringBuilder text = new StringBuilder();
        entries.forEach(
                (who, fields) -> text.append(who).append(":\n").append(fields).append('\n'));
        return text.toString();
    }

    @TestFactory
    Stream<DynamicTest> validations() {
        ResourceType type = Objects.requireNonNull(TYPES.get("widget"));
        Stream.Builder<DynamicTest> tests = Stream.builder();
        int number = 0;
        for (JsonNode each : RECORDED.path("validations")) {
            String name = "v" + number++;
            tests.add(DynamicTest.dynamicTest(each.path("spec").toString(), () -> {
                ObjectNode object = new ObjectMapper().createObjectNode();
                object.put("apiVersion", "demo.io/v1").put("kind", "Widget");
                object.putObject("metadata").put("name", name);
                object.set("spec", each.path("spec").deepCopy());
                type.strategy().defaults(object);
                var errors = type.strategy().validateCreate(object);
                if (each.path("result").path("kind").asText().equals("Status")) {
                    assertThat(ApiError.invalid("demo.io", "Widget", name, errors)
                                    .getMessage())
                            .isEqualTo(each.path("result").path("message").asText());
                } else {
                    assertThat(errors).isEmpty();
                    assertThat(object.path("spec"))
                            .isEqualTo(each.path("result").path("spec"));
                }
            }));
        }
        return tests.build();
    }
}
