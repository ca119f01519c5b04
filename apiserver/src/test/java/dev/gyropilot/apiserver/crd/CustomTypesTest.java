package dev.gyropilot.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.UnknownFields;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CustomTypesTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    static ObjectNode yaml(String text) {
        try {
            return (ObjectNode) YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static ObjectNode crd(String specSchema) {
        ObjectNode crd = yaml("""
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.demo.io}
                spec:
                  group: demo.io
                  scope: Namespaced
                  names: {plural: widgets, kind: Widget, shortNames: [wd]}
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      subresources:
                        status: {}
                        scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
                      selectableFields: [{jsonPath: .spec.color}]
                      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
                      schema:
                        openAPIV3Schema:
                          type: object
                          properties:
                            spec: {}
                            status: {type: object, properties: {replicas: {type: integer}, state: {type: string}}}
                """);
        ObjectNode schema = (ObjectNode)
                crd.path("spec").path("versions").path(0).path("schema").path("openAPIV3Schema");
        schema.withObject("/properties").set("spec", yaml(specSchema));
        return crd;
    }

    private static final String SPEC = """
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 10}
              replicas: {type: integer, format: int32, default: 1}
              color: {type: string, enum: [red, green], default: red}
              name: {type: string, minLength: 2, maxLength: 5, pattern: '^[a-z]+$'}
              at: {type: string, format: date-time}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string}, maxProperties: 2}
              set: {type: array, items: {type: string}, x-kubernetes-list-type: set, maxItems: 3}
              nullable: {type: string, nullable: true}
              one: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}
              items:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    v: {type: integer, default: 7}
                  x-kubernetes-validations: [{rule: self.v < 100, message: v too big, fieldPath: .v}]
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
            x-kubernetes-validations:
              - {rule: self.size < 9, message: size too big}
              - {rule: "!has(self.name) || self.name != 'bad'", messageExpression: "'no ' + self.name"}
              - {rule: self.color == oldSelf.color, message: color is immutable, reason: FieldValueForbidden, fieldPath: .color}
            """;

    private static final ResourceType WIDGET = type();

    private static ResourceType type() {
        ObjectNode crd = crd(SPEC);
        Crds.defaults(crd);
        assertThat(Crds.validateCreate(crd)).isEmpty();
        return CustomTypes.of(crd).getFirst();
    }

    private static ObjectNode widget(String spec) {
        return yaml("{apiVersion: demo.io/v1, kind: Widget, metadata: {name: n}, spec: " + spec + "}");
    }

    @Test
    void describesTheKind() {
        assertThat(WIDGET.apiVersion()).isEqualTo("demo.io/v1");
        assertThat(WIDGET.listKind()).isEqualTo("WidgetList");
        assertThat(WIDGET.singular()).isEqualTo("widget");
        assertThat(WIDGET.shortNames()).containsExactly("wd");
        assertThat(WIDGET.subresources().keySet()).containsExactly("status", "scale");
        assertThat(WIDGET.columns()).extracting(ResourceType.Column::name).containsExactly("Name", "Size");
        assertThat(WIDGET.strategy().selectableFields(widget("{color: red}"))).containsEntry("spec.color", "red");
    }

    @Test
    void prunesAndDefaults() {
        ObjectNode object = widget(
                "{size: 1, bogus: 1, free: {x: 1}, items: [{name: a, y: 2}], labels: {a: b, c: null}, name: null, nullable: null,"
                        + " template: {apiVersion: v1, kind: Pod, metadata: {name: p, wrong: 1}, spec: {}}}");
        assertThat(UnknownFields.find(object, WIDGET.schema()))
                .containsExactly(
                        "unknown field \"spec.bogus\"",
                        "unknown field \"spec.items[0].y\"",
                        "unknown field \"spec.template.metadata.wrong\"");
        WIDGET.strategy().defaults(object);
        assertThat(object.path("spec")).isEqualTo(yaml("""
                                size: 1
                                free: {x: 1}
                                items: [{name: a, v: 7}]
                                labels: {a: b}
                                nullable: null
                                template: {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {}}
                                replicas: 1
                                color: red
                                """));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {size: x} | spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
                    {size: 0} | spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1
                    {size: 11} | spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10
                    {} | spec.size: Required value
                    {size: 1, color: blue} | spec.color: Unsupported value: "blue": supported values: "red", "green"
                    {size: 1, name: a} | spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long
                    {size: 1, name: abcdef} | spec.name: Too long: may not be more than 5 bytes
                    {size: 1, name: ABC} | spec.name: Invalid value: "ABC": spec.name in body should match '^[a-z]+$'
                    {size: 1, at: now} | spec.at: Invalid value: "now": spec.at in body must be of type date-time: "now"
                    {size: 1, port: true} | spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"
                    {size: 1, labels: {a: 1}} | spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"
                    {size: 1, labels: {a: b, c: d, e: f}} | spec.labels: Too many: 3: must have at most 2 items
                    {size: 1, set: [a, a]} | spec.set[1]: Duplicate value: "a"
                    {size: 1, set: [a, b, c, d]} | spec.set: Too many: 4: must have at most 3 items
                    {size: 1, items: [{name: q}, {name: q}]} | spec.items[1]: Duplicate value: {"name":"q"}
                    {size: 1, items: [{v: 1}]} | spec.items[0].name: Required value
                    {size: 9} | spec: Invalid value: size too big
                    {size: 1, name: bad} | spec: Invalid value: no bad
                    {size: 1, items: [{name: q, v: 100}]} | spec.items[0].v: Invalid value: v too big
                    {size: 1, template: {metadata: {}}} | spec.template.apiVersion: Required value
                    {size: 1, replicas: -1} | .spec.replicas: Invalid value: -1: should be a non-negative integer
                    {size: 1, one: {a: x, b: y}} | "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives
                    """)
    void saysWhatIsWrong(String spec, String finding) {
        ObjectNode object = widget(spec);
        WIDGET.strategy().defaults(object);
        assertThat(WIDGET.strategy().validateCreate(object).stream()
                        .map(FieldError::toString)
                        .toList())
                .anySatisfy(text -> assertThat(text).contains(finding));
    }

    @Test
    void leavesRulesUncheckedForObjectsThatAreInvalidAnyway() {
        assertThat(WIDGET.strategy().validateCreate(widget("{size: x}")).stream()
                        .map(FieldError::toString)
                        .toList())
                .containsExactly(
                        "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"",
                        "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
                                + " correct the existing errors to complete validation");
    }

    @Test
    void comparesWithTheStoredObject() {
        ObjectNode before = widget("{size: 1, color: red, name: BAD, items: [{name: a, v: 200}]}");
        ObjectNode after = widget("{size: 2, color: green, name: BAD, items: [{name: b, v: 1}, {name: a, v: 200}]}");
        assertThat(WIDGET.strategy().validateUpdate(before, after, "").stream()
                        .map(FieldError::toString)
                        .toList())
                .containsExactly("spec.color: Forbidden: color is immutable");
    }

    @Test
    void keepsStatusAndTheRestApart() {
        ObjectNode before = widget("{size: 1}");
        before.putObject("status").put("state", "up");
        ObjectNode main = widget("{size: 2}");
        main.putObject("status").put("state", "down");
        WIDGET.strategy().prepareForUpdate(before, main, "");
        assertThat(main.path("status").path("state").asText()).isEqualTo("up");
        ObjectNode status = widget("{size: 3}");
        status.putObject("status").put("state", "down");
        status.withObject("/metadata").put("resourceVersion", "5").put("generateName", "x");
        WIDGET.strategy().prepareForUpdate(before, status, "status");
        assertThat(status)
                .isEqualTo(
                        yaml(
                                "{apiVersion: demo.io/v1, kind: Widget, metadata: {name: n, resourceVersion: '5'}, spec: {size: 1}, status: {state: down}}"));
        WIDGET.strategy().prepareForCreate(status);
        assertThat(status.has("status")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {type: object, properties: {a: {}}} | properties[spec].properties[a].type: Required value: must not be empty for specified object fields
                    {type: array} | properties[spec].items: Required value: must be specified
                    {type: object, properties: {a: {type: bogus}}} | properties[a].type: Unsupported value: "bogus": supported values
                    {type: object, properties: {a: {type: string, default: 1}}} | properties[a].default: Invalid value: "integer"
                    {type: object, properties: {a: {type: array, uniqueItems: true, items: {type: string}}}} | uniqueItems cannot be set to true
                    {type: object, anyOf: [{properties: {b: {minimum: 1}}}]} | properties[spec].properties[b]: Required value: because it is defined in
                    {type: object, properties: {a: {type: string}}, anyOf: [{properties: {a: {type: string}}}]} | anyOf[0].properties[a].type: Forbidden: must be empty to be structural
                    {type: object, properties: {a: {type: string, pattern: '('}}} | pattern: Invalid value: "(": must be a valid regular expression
                    {type: object, properties: {b: {type: integer}}, x-kubernetes-validations: [{rule: self.a == 1}]} | undefined field 'a'
                    {type: object, properties: {b: {type: integer}}, x-kubernetes-validations: [{rule: self.b + 1}]} | must evaluate to bool
                    {type: object, properties: {b: {type: array, items: {type: string, x-kubernetes-validations: [{rule: self == oldSelf}]}}}} | oldSelf cannot be used on the uncorrelatable portion
                    {type: object, properties: {b: {type: array, x-kubernetes-list-type: map, items: {type: object}}}} | x-kubernetes-list-map-keys: Required value
                    {type: object, properties: {a: {type: string, x-kubernetes-int-or-string: true}}} | must be empty if x-kubernetes-int-or-string is true
                    """)
    void refusesSchemas(String spec, String finding) {
        ObjectNode crd = crd(spec);
        Crds.defaults(crd);
        ((ObjectNode) crd.path("spec").path("versions").path(0)).remove("selectableFields");
        List<String> findings =
                Crds.validateCreate(crd).stream().map(FieldError::toString).toList();
        assertThat(findings).anySatisfy(text -> assertThat(text).contains(finding));
    }

    @Test
    void refusesNamesAndVersionsThatDoNotFit() {
        ObjectNode crd = crd(SPEC);
        crd.withObject("/metadata").put("name", "other.demo.io");
        crd.withObject("/spec").put("scope", "Galaxy");
        crd.withObject("/spec").withObject("/names").put("plural", "Widgets");
        ((ObjectNode) crd.path("spec").path("versions").path(0)).put("storage", false);
        Crds.defaults(crd);
        List<String> findings =
                Crds.validateCreate(crd).stream().map(FieldError::toString).toList();
        assertThat(String.join("\n", findings))
                .contains("metadata.name: Invalid value: \"other.demo.io\": must be spec.names.plural+\".\"+spec.group")
                .contains("spec.scope: Unsupported value: \"Galaxy\"")
                .contains("spec.names.plural: Invalid value: \"Widgets\": a DNS-1035 label must consist")
                .contains("must have exactly one version marked as storage version");
    }

    @Test
    void documentsItsKinds() {
        JsonNode document = CustomOpenApi.document("demo.io", "v1", List.of(crd(SPEC)));
        JsonNode schema = document.path("components").path("schemas").path("io.demo.v1.Widget");
        assertThat(schema.path("x-kubernetes-group-version-kind").get(0))
                .isEqualTo(yaml("{group: demo.io, kind: Widget, version: v1}"));
        assertThat(schema.path("properties")
                        .path("spec")
                        .path("properties")
                        .path("size")
                        .path("maximum")
                        .asInt())
                .isEqualTo(10);
        JsonNode patch = document.path("paths")
                .path("/apis/demo.io/v1/namespaces/{namespace}/widgets/{name}")
                .path("patch");
        assertThat(patch.path("parameters").findValuesAsText("name"))
                .contains("dryRun", "fieldManager", "fieldValidation", "force");
        assertThat(patch.path("requestBody").path("content").size()).isEqualTo(3);
        assertThat(patch.path("operationId").asText()).isEqualTo("patchDemoIoV1NamespacedWidget");
    }
}
