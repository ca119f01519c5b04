package dev.gyropilot.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.schema.OpenApiSchemas;
import dev.gyropilot.apiserver.schema.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cases after those of Kubernetes' package strategicpatch. */
class StrategicMergePatchTest {
    private static final Schema ITEM = schema();

    private static Schema schema() {
        ObjectNode schemas = JsonNodeFactory.instance.objectNode();
        schemas.set("Item", JsonPatchTest.tree("""
                        type: object
                        properties:
                          name: {type: string}
                          value: {type: string}
                          simpleMap: {type: object, additionalProperties: {type: string}}
                          replacingItem: {type: object, x-kubernetes-patch-strategy: replace, additionalProperties: {type: string}}
                          retainKeysMap: {x-kubernetes-patch-strategy: retainKeys, allOf: [{$ref: '#/components/schemas/Item'}]}
                          atomic: {type: array, items: {type: integer}}
                          set: {type: array, items: {type: integer}, x-kubernetes-patch-strategy: merge}
                          list:
                            type: array
                            items: {allOf: [{$ref: '#/components/schemas/Item'}]}
                            x-kubernetes-patch-strategy: merge
                            x-kubernetes-patch-merge-key: name
                          plain: {type: array, items: {allOf: [{$ref: '#/components/schemas/Item'}]}}
                          keyless: {type: array, items: {type: object}, x-kubernetes-patch-strategy: merge}
                        """));
        return new OpenApiSchemas(schemas).schema("Item");
    }

    private static JsonNode patched(String document, String patch) {
        return StrategicMergePatch.apply(
                (ObjectNode) JsonPatchTest.tree(document), (ObjectNode) JsonPatchTest.tree(patch), ITEM);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {name: a}                          | {value: b}                                   | {name: a, value: b}
                    {name: a, value: b}                | {value: null}                                | {name: a}
                    {name: a}                          | {value: null, simpleMap: {x: null, y: z}}    | {name: a, simpleMap: {y: z}}
                    {simpleMap: {a: b}}                | {simpleMap: {c: d}}                          | {simpleMap: {a: b, c: d}}
                    {simpleMap: {a: b}}                | {simpleMap: {$patch: replace, c: d}}         | {simpleMap: {c: d}}
                    {simpleMap: {a: b}}                | {simpleMap: {$patch: delete}}                | {simpleMap: {}}
                    {replacingItem: {a: b}}            | {replacingItem: {c: d}}                      | {replacingItem: {c: d}}
                    {atomic: [1, 2]}                   | {atomic: [3]}                                | {atomic: [3]}
                    {set: [1, 2]}                      | {set: [2, 3]}                                | {set: [1, 2, 3]}
                    {set: [1, 2, 3]}                   | {$deleteFromPrimitiveList/set: [1, 3]}       | {set: [2]}
                    {name: a}                          | {$deleteFromPrimitiveList/set: [1]}          | {name: a}
                    {set: [1, 2, 3]}                   | {$setElementOrder/set: [3, 1, 2]}            | {set: [3, 1, 2]}
                    {set: [1, 2, 3]}                   | {$setElementOrder/set: [4, 2, 1], set: [4], $deleteFromPrimitiveList/set: [3]} | {set: [4, 2, 1]}
                    {list: [{name: a, value: x}]}      | {list: [{name: a, value: y}, {name: b}]}     | {list: [{name: a, value: y}, {name: b}]}
                    {list: [{name: a}, {name: b}]}     | {list: [{name: a, $patch: delete}]}          | {list: [{name: b}]}
                    {list: [{name: a}, {name: b}]}     | {list: [{$patch: replace}, {name: c}]}       | {list: [{name: c}]}
                    {list: [{name: a}, {name: b}]}     | {list: [{$patch: replace}]}                  | {list: []}
                    {list: [{name: a, value: x}]}      | {list: [{name: a, $patch: replace}]}         | {list: []}
                    {name: n}                          | {list: [{name: a, $patch: delete}, {name: b}]} | {name: n, list: [{name: b}]}
                    {list: [{name: a}, {name: b}, {name: c}]} | {$setElementOrder/list: [{name: c}, {name: a}], list: [{name: c, value: x}]} | {list: [{name: b}, {name: c, value: x}, {name: a}]}
                    {list: [{name: s}, {name: a}]}     | {$setElementOrder/list: [{name: n}, {name: a}], list: [{name: n}]} | {list: [{name: n}, {name: s}, {name: a}]}
                    {plain: [{name: a}]}               | {plain: [{name: b}]}                         | {plain: [{name: b}]}
                    {retainKeysMap: {name: a, value: b}} | {retainKeysMap: {$retainKeys: [name], name: c}} | {retainKeysMap: {name: c}}
                    {retainKeysMap: {name: a, value: b}} | {retainKeysMap: {$retainKeys: [name, value], value: null}} | {retainKeysMap: {name: a}}
                    {list: [{name: a, list: [{name: x, value: '1'}]}]} | {list: [{name: a, list: [{name: x, value: '2'}, {name: y}]}]} | {list: [{name: a, list: [{name: x, value: '2'}, {name: y}]}]}
                    {list: [{name: 1}]}                | {list: [{name: 1, value: x}]}                | {list: [{name: 1, value: x}]}
                    """)
    void applies(String document, String patch, String expected) {
        assertThat(patched(document, patch)).isEqualTo(JsonPatchTest.tree(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    400 | {}                  | {retainKeysMap: {}, $retainKeys: x}               | invalid patch format of retainKeys
                    400 | {simpleMap: {a: b}} | {simpleMap: {$retainKeys: [a], c: d}}              | invalid patch format of retainKeys
                    400 | {}                  | {$setElementOrder: [1]}                            | invalid patch format of setElementOrder list
                    400 | {}                  | {$deleteFromPrimitiveList: [1]}                    | invalid patch format of primitive list
                    500 | {}                  | {$patch: bogus}                                    | unknown patch type: bogus in map: map[$patch:bogus]
                    500 | {list: [{name: a}]} | {list: [{value: x}]}                               | map: map[value:x] does not contain declared merge key: name
                    500 | {list: [{name: a}]} | {list: [{name: a, $patch: merge}]}                 | merging lists cannot yet be specified in the patch
                    500 | {keyless: [{a: 1}]} | {keyless: [{a: 2}]}                                | cannot merge lists without merge key for object
                    500 | {set: [1]}          | {set: [x]}                                         | list element types are not identical: [[1] [x]]
                    422 | {set: [[1]]}        | {set: [[2]]}                                       | the server rejected our request due to an error in our request
                    """)
    void refuses(int code, String document, String patch, String message) {
        assertThatThrownBy(() -> patched(document, patch))
                .hasMessage(message)
                .isInstanceOfSatisfying(
                        ApiError.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void refusesAnOrderThatContradictsThePatch() {
        assertThatThrownBy(() -> patched(
                        "{list: [{name: a}]}",
                        "{$setElementOrder/list: [{name: a}, {name: b}], list: [{name: b}, {name: a}]}"))
                .hasMessageContaining("doesn't match $setElementOrder list");
    }

    @Test
    void leavesItsArgumentsAlone() {
        ObjectNode document = (ObjectNode) JsonPatchTest.tree("{list: [{name: a, simpleMap: {x: y}}]}");
        ObjectNode patch =
                (ObjectNode) JsonPatchTest.tree("{list: [{name: a, simpleMap: {x: null}}], $retainKeys: [list]}");
        ObjectNode documentBefore = document.deepCopy();
        ObjectNode patchBefore = patch.deepCopy();
        StrategicMergePatch.apply(document, patch, ITEM);
        assertThat(document).isEqualTo(documentBefore);
        assertThat(patch).isEqualTo(patchBefore);
    }
}
