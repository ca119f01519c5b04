package dev.gyropilot.apiserver.fields;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.fields.FieldManager.Manager;
import dev.gyropilot.apiserver.patch.JsonPatch;
import dev.gyropilot.apiserver.patch.MergePatch;
import dev.gyropilot.apiserver.patch.StrategicMergePatch;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random configurations, writers and documents: the laws of apply hold, and no decoder fails other than by its own error. Lists
 * are not empty: an empty list that is merged by item is owned by nobody, so a later apply may take it away, as upstream.
 */
class FieldsSim {
    private static final Schema SCHEMA = Kinds.schema("""
            type: object
            properties:
              apiVersion: {type: string}
              kind: {type: string}
              metadata: {type: object, properties: {name: {type: string}, labels: {type: object, additionalProperties: {type: string}}}}
              spec:
                type: object
                properties:
                  a: {type: integer}
                  b: {type: string}
                  m: {type: object, additionalProperties: {type: integer}}
                  s: {type: array, items: {type: string}, x-kubernetes-list-type: set, x-kubernetes-patch-strategy: merge}
                  t: {type: array, items: {type: string}}
                  l:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [k]
                    x-kubernetes-patch-strategy: merge
                    x-kubernetes-patch-merge-key: k
                    items: {type: object, properties: {k: {type: string}, v: {type: integer}, w: {type: integer}}}
                  f: {type: object, x-kubernetes-preserve-unknown-fields: true}
            """);
    private static final ResourceType TYPE = Kinds.type("demo.io", "v1", "Thing", SCHEMA, true);
    private static final FieldManager MANAGER = new FieldManager(() -> Instant.EPOCH);

    private static ObjectNode thing(Random random) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("apiVersion", "demo.io/v1").put("kind", "Thing");
        object.putObject("metadata").put("name", "n");
        ObjectNode spec = object.putObject("spec");
        if (random.nextBoolean()) {
            spec.put("a", random.nextInt(3));
        }
        if (random.nextBoolean()) {
            spec.put("b", "b" + random.nextInt(3));
        }
        if (random.nextBoolean()) {
            spec.putObject("m").put("k" + random.nextInt(3), random.nextInt(2));
        }
        for (String name : List.of("s", "t")) {
            if (random.nextBoolean()) {
                ArrayNode list = spec.putArray(name);
                random.ints(1 + random.nextInt(4), 0, 5).distinct().forEach(i -> list.add("x" + i));
            }
        }
        if (random.nextBoolean()) {
            ArrayNode list = spec.putArray("l");
            random.ints(1 + random.nextInt(4), 0, 5)
                    .distinct()
                    .forEach(i -> list.addObject()
                            .put("k", "k" + i)
                            .put(random.nextBoolean() ? "v" : "w", random.nextInt(3)));
        }
        if (random.nextBoolean()) {
            spec.putObject("f").putObject("x").put("y" + random.nextInt(2), random.nextInt(3));
        }
        return object;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void lawsOfApply(long seed) {
        Random random = new Random(seed);
        ObjectNode live = null;
        for (int i = 0; i < 200; i++) {
            ObjectNode config = thing(random);
            Manager me = new Manager("m" + random.nextInt(3));
            if (live != null && random.nextInt(4) == 0) {
                ObjectNode next = config.deepCopy();
                live = MANAGER.update(live, next, me, TYPE);
                assertThat(live.path("spec")).isEqualTo(config.path("spec"));
                continue;
            }
            ObjectNode applied = MANAGER.apply(live, config, me, true, TYPE);
            String where = "seed " + seed + ", step " + i;
            // What was applied is there, and the applier owns it.
            Shape shape = Shape.of(SCHEMA);
            JsonNode again = Objects.requireNonNull(Merge.of(shape, applied, config));
            assertThat(again.path("spec")).as(where + " " + config.path("spec")).isEqualTo(applied.path("spec"));
            FieldSet mine = Managed.lenient(applied).entries().entrySet().stream()
                    .filter(each -> each.getKey().name().equals(me.name())
                            && each.getKey().operation() == Managed.Operation.APPLY)
                    .map(each -> each.getValue().fields())
                    .findFirst()
                    .orElseGet(FieldSet::new);
            FieldSet wanted = Typed.fieldSet(shape, config);
            wanted.forEach(path -> {
                if (FieldSet.text(path).startsWith(".spec")) {
                    assertThat(mine.has(path))
                            .as(where + " " + FieldSet.text(path))
                            .isTrue();
                }
            });
            // The same again changes nothing, also without force.
            assertThat(MANAGER.apply(applied, config, me, false, TYPE))
                    .as(where)
                    .isEqualTo(applied);
            // Sets survive their JSON form.
            JsonNode entries = applied.path("metadata").path("managedFields");
            assertThat(Managed.decode(entries).encode()).isEqualTo(entries);
            live = applied;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void decodersFailOnlyByTheirOwnErrors(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            JsonNode value = junk(random, 4);
            try {
                FieldSet.fromJson(value);
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
            ObjectNode document = thing(random);
            try {
                JsonPatch.apply(
                        document,
                        random.nextBoolean()
                                ? value
                                : JsonNodeFactory.instance.arrayNode().add(value));
            } catch (ApiError expected) {
                assertThat(expected.code()).isBetween(400, 500);
            }
            MergePatch.apply(document, value);
            if (value instanceof ObjectNode patch) {
                try {
                    StrategicMergePatch.apply(document, patch, SCHEMA);
                } catch (ApiError expected) {
                    assertThat(expected.code()).isBetween(400, 500);
                }
                ObjectNode config =
                        patch.deepCopy().put("apiVersion", "demo.io/v1").put("kind", "Thing");
                try {
                    MANAGER.apply(document, config, new Manager("a"), random.nextBoolean(), TYPE);
                } catch (ApiError expected) {
                    assertThat(expected.code()).isBetween(400, 500);
                }
                MANAGER.update(document, config, new Manager("a"), TYPE);
            }
        }
    }

    private static final List<String> NAMES = List.of(
            "spec",
            "metadata",
            "a",
            "b",
            "m",
            "s",
            "t",
            "l",
            "f",
            "k",
            "$patch",
            "$retainKeys",
            "$setElementOrder/l",
            "$deleteFromPrimitiveList/s",
            "op",
            "path",
            "value",
            "from",
            "f:a",
            "k:{\"k\":1}",
            "k:{",
            "v:1",
            "v:",
            "i:x",
            ".",
            "managedFields");
    private static final List<String> TEXTS = List.of(
            "",
            "x0",
            "k1",
            "/spec/l/0",
            "/spec/l/-",
            "/spec/a",
            "/x/y",
            "add",
            "remove",
            "copy",
            "move",
            "test",
            "replace",
            "delete",
            "merge");

    private static JsonNode junk(Random random, int depth) {
        ObjectMapper json = new ObjectMapper();
        return switch (random.nextInt(depth > 0 ? 9 : 5)) {
            case 0 -> json.getNodeFactory().numberNode(random.nextInt(5) - 1);
            case 1 -> json.getNodeFactory().textNode(TEXTS.get(random.nextInt(TEXTS.size())));
            case 2 -> json.getNodeFactory().booleanNode(random.nextBoolean());
            case 3 -> json.getNodeFactory().nullNode();
            case 4 -> json.getNodeFactory().numberNode(random.nextDouble());
            case 5, 6 -> {
                ArrayNode list = json.createArrayNode();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(junk(random, depth - 1));
                }
                yield list;
            }
            default -> {
                ObjectNode object = json.createObjectNode();
                for (int i = random.nextInt(5); i > 0; i--) {
                    object.set(NAMES.get(random.nextInt(NAMES.size())), junk(random, depth - 1));
                }
                yield object;
            }
        };
    }
}
