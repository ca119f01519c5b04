package dev.gyropilot.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.apiserver.resource.ApiError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonPatchTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    static JsonNode tree(String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {a: 1}                | [{op: add, path: /b, value: 2}]                         | {a: 1, b: 2}
                    {a: 1}                | [{op: add, path: /a, value: null}]                      | {a: null}
                    {a: [1, 3]}           | [{op: add, path: /a/1, value: 2}]                       | {a: [1, 2, 3]}
                    {a: [1]}              | [{op: add, path: /a/-, value: 2}]                       | {a: [1, 2]}
                    {a: [1, 2]}           | [{op: add, path: /a/-1, value: 3}]                      | {a: [1, 2, 3]}
                    {a: [1, 2]}           | [{op: remove, path: /a/0}]                              | {a: [2]}
                    {a: [1, 2]}           | [{op: replace, path: /a/-1, value: 9}]                  | {a: [1, 9]}
                    {a: 1}                | [{op: replace, path: /b, value: 2}]                     | {a: 1, b: 2}
                    {a: {b: 1}}           | [{op: move, from: /a/b, path: /c}]                      | {a: {}, c: 1}
                    {a: {b: [1]}}         | [{op: copy, from: /a, path: /c}, {op: add, path: /c/b/-, value: 2}] | {a: {b: [1]}, c: {b: [1, 2]}}
                    {a/b: 1, 'm~n': 2}    | [{op: remove, path: /a~1b}, {op: remove, path: /m~0n}]  | {}
                    {a: 1}                | [{op: test, path: /a, value: 1.0}]                      | {a: 1}
                    {a: 1}                | [{op: test, path: /b, value: null}]                     | {a: 1}
                    {a: 1}                | [{op: replace, path: '', value: {z: 1}}]                | {z: 1}
                    """)
    void applies(String document, String patch, String expected) {
        JsonNode original = tree(document);
        JsonNode untouched = original.deepCopy();
        assertThat(JsonPatch.apply(original, tree(patch))).isEqualTo(tree(expected));
        assertThat(original).isEqualTo(untouched);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {a: 1}   | [{op: test, path: /a, value: 2}]
                    {a: 1}   | [{op: remove, path: /b}]
                    {a: 1}   | [{op: add, path: /b/c, value: 1}]
                    {a: 1}   | [{op: add, path: /a/c, value: 1}]
                    {a: [1]} | [{op: add, path: /a/2, value: 1}]
                    {a: [1]} | [{op: add, path: /a/x, value: 1}]
                    {a: [1]} | [{op: remove, path: /a/1}]
                    {a: [1]} | [{op: remove, path: /a/-2}]
                    {a: [1]} | [{op: replace, path: /a/99999999999, value: 1}]
                    {a: 1}   | [{op: move, from: /b, path: /c}]
                    {a: 1}   | [{op: bogus, path: /a}]
                    {a: 1}   | [{op: add, path: a, value: 1}]
                    {a: 1}   | [{op: add, value: 1}]
                    {a: 1}   | [{op: replace, path: '', value: 1}]
                    """)
    void refuses(String document, String patch) {
        assertThatThrownBy(() -> JsonPatch.apply(tree(document), tree(patch)))
                .isInstanceOfSatisfying(ApiError.class, e -> {
                    assertThat(e.code()).isEqualTo(422);
                    assertThat(e).hasMessage("the server rejected our request due to an error in our request");
                });
    }

    @Test
    void boundsOperationsAndCopies() {
        ArrayNode many = YAML.createArrayNode();
        for (int i = 0; i <= JsonPatch.MAX_OPERATIONS; i++) {
            many.addObject().put("op", "add").put("path", "/a").put("value", 1);
        }
        assertThatThrownBy(() -> JsonPatch.apply(tree("{}"), many))
                .isInstanceOfSatisfying(
                        ApiError.class, e -> assertThat(e.code()).isEqualTo(413))
                .hasMessage(
                        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
        ArrayNode bomb = YAML.createArrayNode();
        bomb.addObject().put("op", "add").put("path", "/a").putArray("value").add("x".repeat(1000));
        for (int i = 0; i < 40; i++) {
            bomb.addObject().put("op", "copy").put("from", "/a").put("path", "/a/-");
        }
        assertThatThrownBy(() -> JsonPatch.apply(tree("{}"), bomb))
                .isInstanceOfSatisfying(
                        ApiError.class, e -> assertThat(e.code()).isEqualTo(422));
        assertThatThrownBy(() -> JsonPatch.apply(tree("{}"), tree("{op: add}")))
                .isInstanceOfSatisfying(
                        ApiError.class, e -> assertThat(e.code()).isEqualTo(400));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {a: b}             | {a: c}                | {a: c}
                    {a: b}             | {b: c}                | {a: b, b: c}
                    {a: b}             | {a: null}             | {}
                    {a: [b]}           | {a: c}                | {a: c}
                    {a: {b: c}}        | {a: {b: d, c: null}}  | {a: {b: d}}
                    {a: [{b: c}]}      | {a: [1]}              | {a: [1]}
                    {a: x}             | {a: {b: {c: null}}}   | {a: {b: {}}}
                    {}                 | {a: [{b: null, c: 1}]} | {a: [{c: 1}]}
                    {e: null}          | {a: 1}                | {e: null, a: 1}
                    """)
    void merges(String document, String patch, String expected) {
        assertThat(MergePatch.apply(tree(document), tree(patch))).isEqualTo(tree(expected));
    }
}
