package dev.gyropilot.apiserver.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.admission.Admission;
import dev.gyropilot.apiserver.admission.AdmissionChain;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.BootstrapObjects;
import dev.gyropilot.apiserver.auth.FakeObjects;
import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.protobuf.ProtobufCodec;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.table.Tables;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with what a real API server answered to the same requests ({@code src/test/record-oracle.py}). */
class OracleTest {
    private static final JsonNode ORACLE = read();
    private static final User ADMIN = new User("admin", "", List.of("system:masters"), Map.of());
    private static final Set<String> SERVER_METADATA =
            Set.of("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields");

    private static JsonNode read() {
        try (InputStream packed = OracleTest.class.getResourceAsStream("/oracle/oracle.json.gz")) {
            return new ObjectMapper().readTree(new GZIPInputStream(packed));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Arguments> valid() {
        return cases("valid");
    }

    static Stream<Arguments> invalid() {
        return cases("invalid");
    }

    private static Stream<Arguments> cases(String name) {
        List<Arguments> cases = new ArrayList<>();
        for (JsonNode item : ORACLE.path(name)) {
            String title = item.path("path").asText() + " " + Tree.text(item, "input", "metadata", "name");
            cases.add(Arguments.of(Named.of(title, item)));
        }
        return cases.stream();
    }

    private static ResourceType type(JsonNode item) {
        ObjectNode input = (ObjectNode) item.path("input");
        return BuiltinTypes.all().stream()
                .filter(type -> type.apiVersion().equals(Tree.text(input, "apiVersion"))
                        && type.kind().equals(Tree.text(input, "kind")))
                .findFirst()
                .orElseThrow();
    }

    private static FakeObjects cluster() {
        FakeObjects objects = new FakeObjects();
        BootstrapObjects.all().forEach(object -> {
            switch (Tree.text(object, "kind")) {
                case "Namespace" -> objects.add("", "namespaces", object);
                case "PriorityClass" -> objects.add("scheduling.k8s.io", "priorityclasses", object);
                default -> {}
            }
        });
        for (JsonNode item : ORACLE.path("valid")) {
            ResourceType type = type(item);
            if (Set.of("namespaces", "serviceaccounts").contains(type.plural())) {
                objects.add(type.group(), type.plural(), (ObjectNode) item.path("created"));
            }
        }
        return objects;
    }

    /** As the server creates: defaults, preparation, admission. */
    private static ObjectNode create(JsonNode item, ResourceType type) {
        ObjectNode object = item.path("input").deepCopy();
        object.withObject("/metadata")
                .put("uid", Tree.at(item, "created", "metadata", "uid").asText("u"));
        type.strategy().defaults(object);
        type.strategy().prepareForCreate(object);
        Attributes asked = new Attributes(
                ADMIN,
                "create",
                type.group(),
                type.version(),
                type.plural(),
                "",
                Tree.text(object, "metadata", "namespace"),
                "",
                "");
        FakeObjects objects = cluster();
        AdmissionChain.standard(objects, new RbacAuthorizer(objects))
                .admit(new Admission.Request("CREATE", asked, type, object, null, false));
        return object;
    }

    /**
     * Without what is decided elsewhere, and without what we leave out on purpose: the nulls that Go writes for absent
     * times and lists, the taint and the finalizers that only controllers of a real cluster take away again.
     */
    private static ObjectNode plain(JsonNode object) {
        ObjectNode copy = withoutNulls(object);
        if (copy.get("spec") instanceof ObjectNode spec
                && copy.path("kind").asText().equals("Node")) {
            spec.remove("taints");
        }
        if (copy.path("kind").asText().startsWith("PersistentVolume")) {
            copy.withObject("/metadata").remove("finalizers");
            copy.withObject("/status").remove("lastPhaseTransitionTime");
        }
        copy.withObject("/metadata").remove(SERVER_METADATA);
        return withoutRandomNames(copy);
    }

    private static ObjectNode withoutNulls(JsonNode object) {
        ObjectNode copy = object.deepCopy();
        removeNulls(copy);
        return copy;
    }

    private static void removeNulls(JsonNode node) {
        if (node instanceof ObjectNode object && !object.path("kind").asText().equals("ControllerRevision")) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            names.stream().filter(name -> object.path(name).isNull()).forEach(object::remove);
        }
        if (!node.path("kind").asText().equals("ControllerRevision")) {
            node.forEach(OracleTest::removeNulls);
        }
    }

    private static ObjectNode withoutRandomNames(ObjectNode object) {
        try {
            String text = object.toString()
                    .replaceAll("kube-api-access-[a-z0-9]{5}", "kube-api-access-x")
                    .replaceAll("\"uid\":\"[-0-9a-f]{36}\"", "\"uid\":\"u\"");
            return (ObjectNode) new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("valid")
    void anObjectIsStoredAsTheRealServerStoresIt(JsonNode item) {
        ResourceType type = type(item);
        ObjectNode object = create(item, type);
        assertThat(type.strategy().validateCreate(object)).isEmpty();
        assertThat(plain(object)).isEqualTo(plain(item.path("created")));
    }

    @ParameterizedTest
    @MethodSource("valid")
    void aStoredObjectStaysAsItIs(JsonNode item) {
        ResourceType type = type(item);
        ObjectNode stored = item.path("stored").deepCopy();
        type.strategy().defaults(stored);
        assertThat(stored).isEqualTo(withoutNulls(item.path("stored")));
        ObjectNode same = stored.deepCopy();
        type.strategy().prepareForUpdate(stored, same, "");
        assertThat(same).isEqualTo(stored);
        assertThat(type.strategy().validateUpdate(stored, same, "")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("valid")
    void protobufIsReadAsJsonIs(JsonNode item) {
        ObjectNode read = ProtobufCodec.decode(Base64.getDecoder().decode(Tree.text(item, "protobuf")));
        ResourceType type = type(item);
        type.strategy().defaults(read);
        assertThat(read).isEqualTo(withoutNulls(item.path("stored")));
    }

    @ParameterizedTest
    @MethodSource("valid")
    void aRowShowsWhatTheRealServerShows(JsonNode item) {
        ResourceType type = type(item);
        Tables tables = new Tables(() -> Instant.parse(Tree.text(item, "now")));
        ObjectNode table =
                tables.table(type, List.of((ObjectNode) item.path("stored")), Tables.IncludeObject.NONE, null);
        JsonNode row = table.path("rows").path(0);
        List<String> wanted = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        for (int i = 0; i < type.columns().size(); i++) {
            String column = type.columns().get(i).name();
            // The answer's clock has whole seconds, so an age may differ by one.
            if (!column.equals("Age")) {
                wanted.add(column + "=" + item.path("row").path("cells").path(i));
                shown.add(column + "=" + row.path("cells").path(i));
            }
        }
        assertThat(shown).isEqualTo(wanted);
        assertThat(row.path("conditions")).isEqualTo(item.path("row").path("conditions"));
    }

    /** The same fields are refused for the same kind of reason; the texts where we say them as upstream does. */
    @ParameterizedTest
    @MethodSource("invalid")
    void aBadObjectIsRefusedAsTheRealServerRefusesIt(JsonNode item) {
        ResourceType type = type(item);
        Set<String> refused = new TreeSet<>();
        try {
            List<FieldError> errors;
            if (item.path("update").asBoolean()) {
                ObjectNode before = stored(item);
                ObjectNode object = item.path("input").deepCopy();
                type.strategy().defaults(object);
                type.strategy().prepareForUpdate(before, object, "");
                errors = type.strategy().validateUpdate(before, object, "");
            } else {
                errors = type.strategy().validateCreate(create(item, type));
            }
            errors.forEach(error -> refused.add(comparable(error.field() + ": " + error.body())));
        } catch (ApiError error) {
            refused.add(String.valueOf(error.getMessage()));
        }
        Set<String> wanted = new TreeSet<>();
        Tree.objects(item, "answer", "details", "causes")
                .forEach(cause ->
                        wanted.add(comparable(Tree.text(cause, "field") + ": " + Tree.text(cause, "message"))));
        if (wanted.isEmpty()) {
            wanted.add(Tree.text(item, "answer", "message"));
        }
        assertThat(refused).isEqualTo(wanted);
    }

    /** Go prints structs by the names of its own fields, and some enumerations in no order. */
    private static String comparable(String finding) {
        int list = finding.indexOf("supported values: ");
        if (list >= 0) {
            Set<String> values =
                    new TreeSet<>(List.of(finding.substring(list + 18).split(", ")));
            return finding.substring(0, list) + values;
        }
        return finding.replaceAll("Invalid value: (\\{.*}|null|\\[]): ", "Invalid value: ?: ");
    }

    private static ObjectNode stored(JsonNode item) {
        for (JsonNode valid : ORACLE.path("valid")) {
            boolean same = Tree.text(valid, "input", "kind").equals(Tree.text(item, "input", "kind"))
                    && Tree.text(valid, "input", "metadata", "name")
                            .equals(Tree.text(item, "input", "metadata", "name"));
            if (same) {
                return valid.path("stored").deepCopy();
            }
        }
        throw new IllegalArgumentException("no such object: " + item);
    }
}
