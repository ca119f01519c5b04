package dev.gyropilot.apiserver.fields;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.fields.FieldManager.Manager;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FieldManagerTest {
    private static final ResourceType WIDGET = Kinds.type("demo.io", "v1", "Widget", Kinds.schema("""
                    type: object
                    properties:
                      apiVersion: {type: string}
                      kind: {type: string}
                      metadata:
                        type: object
                        properties:
                          name: {type: string}
                          namespace: {type: string}
                          uid: {type: string}
                          labels: {type: object, additionalProperties: {type: string}}
                          annotations: {type: object, additionalProperties: {type: string}}
                          finalizers: {type: array, items: {type: string}, x-kubernetes-list-type: set}
                          managedFields: {type: array, items: {type: object}}
                      spec:
                        type: object
                        properties:
                          size: {type: integer}
                          name: {type: string}
                          on: {type: boolean}
                          free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                          whole: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: string}}
                          list: {type: array, items: {type: string}}
                          items:
                            type: array
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [name]
                            items: {type: object, properties: {name: {type: string}, v: {type: integer}, w: {type: integer}}}
                          ports:
                            type: array
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [port, protocol]
                            items:
                              type: object
                              properties: {port: {type: integer}, protocol: {type: string, default: TCP}, label: {type: string}}
                      status:
                        type: object
                        properties: {state: {type: string}}
                    """), true);

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final FieldManager manager = new FieldManager(() -> now);

    private static ObjectNode widget(String spec) {
        return Kinds.yaml(
                "{apiVersion: demo.io/v1, kind: Widget, metadata: {name: n, namespace: ns}, spec: " + spec + "}");
    }

    private ObjectNode apply(ObjectNode live, String who, String spec) {
        return manager.apply(live, widget(spec), new Manager(who), false, WIDGET);
    }

    private ObjectNode created(String who, String spec) {
        ObjectNode object = manager.apply(null, widget(spec), new Manager(who), false, WIDGET);
        object.withObject("/metadata").put("uid", "u");
        return object;
    }

    private static JsonNode spec(ObjectNode object) {
        return object.path("spec");
    }

    private static JsonNode tree(String text) {
        return Kinds.tree(text);
    }

    private static String owned(ObjectNode object, String who) {
        List<String> sets = new ArrayList<>();
        for (JsonNode entry : object.path("metadata").path("managedFields")) {
            if (entry.path("manager").asText().equals(who)) {
                sets.add(FieldSet.fromJson(entry.path("fieldsV1")).toString());
            }
        }
        return String.join("\n--\n", sets);
    }

    @Test
    void createsWhatIsAppliedAndOwnsIt() {
        ObjectNode object = created("a", "{size: 1, items: [{name: x, v: 1}]}");
        assertThat(spec(object)).isEqualTo(tree("{size: 1, items: [{name: x, v: 1}]}"));
        assertThat(object.path("metadata").path("managedFields").get(0)).isEqualTo(tree("""
                                manager: a
                                operation: Apply
                                apiVersion: demo.io/v1
                                time: "2026-01-01T00:00:00Z"
                                fieldsType: FieldsV1
                                fieldsV1: {"f:spec": {"f:size": {}, "f:items": {'k:{"name":"x"}': {".": {}, "f:name": {}, "f:v": {}}}}}
                                """));
    }

    @Test
    void removesWhatIsNoLongerAppliedUnlessOthersOwnIt() {
        ObjectNode object = created("a", "{size: 1, name: x, items: [{name: x, v: 1}, {name: y, v: 2}]}");
        object = apply(object, "b", "{name: x, items: [{name: y, w: 5}]}");
        object = apply(object, "a", "{size: 1}");
        assertThat(spec(object)).isEqualTo(tree("{size: 1, name: x, items: [{name: y, w: 5}]}"));
        assertThat(owned(object, "a")).isEqualTo(".spec.size");
    }

    @Test
    void refusesToChangeWhatOthersOwn() {
        ObjectNode object = created("a", "{size: 1, items: [{name: x, v: 1}]}");
        assertThatThrownBy(() -> apply(object, "b", "{size: 2}")).isInstanceOfSatisfying(ApiError.class, e -> {
            assertThat(e.code()).isEqualTo(409);
            assertThat(e.status()).isEqualTo(tree("""
                                            kind: Status
                                            apiVersion: v1
                                            metadata: {}
                                            status: Failure
                                            message: 'Apply failed with 1 conflict: conflict with "a": .spec.size'
                                            reason: Conflict
                                            details: {causes: [{reason: FieldManagerConflict, message: 'conflict with "a"', field: .spec.size}]}
                                            code: 409
                                            """));
        });
        assertThatThrownBy(() -> apply(object, "b", "{size: 2, items: [{name: x, v: 2}]}"))
                .hasMessage(
                        "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.size\n- .spec.items[name=\"x\"].v");
    }

    @Test
    void namesVersionAndSubresourceOfAnUpdaterInAConflict() {
        ObjectNode object = manager.update(null, widget("{size: 1}"), new Manager("u"), WIDGET);
        assertThatThrownBy(() -> apply(object, "b", "{size: 2}"))
                .hasMessage("Apply failed with 1 conflict: conflict with \"u\" using demo.io/v1: .spec.size");
        ObjectNode ready = object.deepCopy();
        ready.putObject("status").put("state", "up");
        ObjectNode written = manager.update(object, ready, new Manager("s", "status"), WIDGET);
        ObjectNode config = widget("{}");
        config.putObject("status").put("state", "down");
        assertThatThrownBy(() -> manager.apply(written, config, new Manager("t", "status"), false, WIDGET))
                .hasMessage(
                        "Apply failed with 1 conflict: conflict with \"s\" with subresource \"status\" using demo.io/v1: .status.state");
    }

    @Test
    void forceTakesFieldsFromTheirOwners() {
        ObjectNode object = created("a", "{size: 1, name: x}");
        object = manager.apply(object, widget("{size: 2}"), new Manager("b"), true, WIDGET);
        assertThat(spec(object)).isEqualTo(tree("{size: 2, name: x}"));
        assertThat(owned(object, "a")).isEqualTo(".spec.name");
        assertThat(owned(object, "b")).isEqualTo(".spec.size");
    }

    @Test
    void sharesFieldsThatAllApplyAlike() {
        ObjectNode object = created("a", "{size: 1}");
        object = apply(object, "b", "{size: 1}");
        assertThat(owned(object, "a")).isEqualTo(".spec.size");
        assertThat(owned(object, "b")).isEqualTo(".spec.size");
        object = apply(object, "a", "{}");
        assertThat(spec(object)).isEqualTo(tree("{size: 1}"));
    }

    @Test
    void changesNothingWhenTheSameIsAppliedAgain() {
        ObjectNode object = created("a", "{size: 1, list: [x]}");
        now = now.plusSeconds(60);
        assertThat(apply(object, "a", "{size: 1, list: [x]}")).isEqualTo(object);
        now = now.plusSeconds(60);
        assertThat(manager.update(object, object, new Manager("u"), WIDGET)).isEqualTo(object);
    }

    @Test
    void updatesTakeWhatTheyChange() {
        ObjectNode object = created("a", "{size: 1, name: x, on: true}");
        ObjectNode next = object.deepCopy();
        next.withObject("/spec").put("size", 3).remove("on");
        now = now.plusSeconds(60);
        ObjectNode written = manager.update(object, next, new Manager("u"), WIDGET);
        assertThat(owned(written, "a")).isEqualTo(".spec.name");
        assertThat(owned(written, "u")).isEqualTo(".spec.size");
        assertThat(written.path("metadata")
                        .path("managedFields")
                        .get(1)
                        .path("time")
                        .asText())
                .isEqualTo("2026-01-01T00:01:00Z");
        assertThat(written.path("metadata")
                        .path("managedFields")
                        .get(0)
                        .path("time")
                        .asText())
                .isEqualTo("2026-01-01T00:00:00Z");
    }

    @Test
    void ownsAtomicListsAndMapsAsAWhole() {
        ObjectNode object = created("a", "{list: [x, y], whole: {k: v}}");
        assertThat(owned(object, "a")).isEqualTo(".spec.list\n.spec.whole");
        assertThatThrownBy(() -> apply(object, "b", "{list: [x, y, z], whole: {k: v, l: w}}"))
                .hasMessage("Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.list\n- .spec.whole");
    }

    @Test
    void deducesTypesWhereTheSchemaKnowsNone() {
        ObjectNode object = created("a", "{free: {a: {b: 1}, l: [1]}}");
        assertThat(owned(object, "a")).isEqualTo(".spec.free.a\n.spec.free.l\n.spec.free.a.b");
        object = apply(object, "b", "{free: {a: {c: 2}}}");
        assertThat(spec(object)).isEqualTo(tree("{free: {a: {b: 1, c: 2}, l: [1]}}"));
    }

    @Test
    void keyDefaultsCount() {
        ObjectNode object = created("a", "{ports: [{port: 80}]}");
        object = apply(object, "b", "{ports: [{port: 80, protocol: TCP, label: web}, {port: 80, protocol: UDP}]}");
        assertThat(spec(object))
                .isEqualTo(tree("{ports: [{port: 80, protocol: TCP, label: web}, {port: 80, protocol: UDP}]}"));
        assertThat(owned(object, "a")).contains(".spec.ports[port=80,protocol=\"TCP\"].port");
    }

    @Test
    void keepsTheOrderOfTheConfiguration() {
        ObjectNode object = created("a", "{items: [{name: x}, {name: y}, {name: z}]}");
        object = apply(object, "b", "{items: [{name: z}, {name: w}, {name: x}]}");
        assertThat(spec(object).path("items")).isEqualTo(tree("[{name: y}, {name: z}, {name: w}, {name: x}]"));
    }

    @Test
    void refusesWhatDoesNotFitTheSchema() {
        assertThatThrownBy(() -> created("a", "{bogus: 1}"))
                .hasMessage(
                        "failed to create typed patch object (ns/n; demo.io/v1, Kind=Widget): .spec.bogus: field not"
                                + " declared in schema");
        assertThatThrownBy(() -> created("a", "{size: x, items: [{name: q}, {name: q}]}"))
                .hasMessage("""
                        failed to create typed patch object (ns/n; demo.io/v1, Kind=Widget): errors:
                          .spec.items: duplicate entries for key [name="q"]
                          .spec.size: expected numeric (int or float), got string""");
        ObjectNode config = widget("{}");
        config.withObject("/metadata").putArray("managedFields");
        assertThatThrownBy(() -> manager.apply(null, config, new Manager("a"), false, WIDGET))
                .hasMessage("metadata.managedFields must be nil");
    }

    @Test
    void creditsWhatIsThereBeforeTheFirstApply() {
        ObjectNode object = widget("{size: 1, name: x}");
        object.withObject("/metadata").put("uid", "u");
        assertThat(manager.update(object, object, new Manager("u"), WIDGET)).isEqualTo(object);
        ObjectNode next = apply(object, "a", "{name: x}");
        assertThat(owned(next, "before-first-apply")).isEqualTo(".spec\n.spec.name\n.spec.size");
        assertThat(owned(next, "a")).isEqualTo(".spec.name");
    }

    @Test
    void honoursManagedFieldsOfTheClient() {
        ObjectNode object = created("a", "{size: 1}");
        ObjectNode without = object.deepCopy();
        without.withObject("/metadata").remove("managedFields");
        assertThat(manager.update(object, without, new Manager("u"), WIDGET)).isEqualTo(object);
        ObjectNode cleared = object.deepCopy();
        cleared.withObject("/metadata").putArray("managedFields").addObject();
        assertThat(manager.update(object, cleared, new Manager("u"), WIDGET)
                        .path("metadata")
                        .has("managedFields"))
                .isFalse();
    }

    @Test
    void keepsAtMostTenUpdaters() {
        ObjectNode object = manager.update(null, widget("{size: 1}"), new Manager("u0"), WIDGET);
        object.withObject("/metadata").put("uid", "u");
        for (int i = 1; i < 15; i++) {
            now = now.plusSeconds(1);
            ObjectNode next = object.deepCopy();
            next.withObject("/metadata").withObject("/labels").put("l" + i, "v");
            object = manager.update(object, next, new Manager("u" + i), WIDGET);
        }
        assertThat(object.path("metadata").path("managedFields")).hasSize(10);
        assertThat(owned(object, "ancient-changes")).contains(".spec.size", ".metadata.labels.l4");
        assertThat(owned(object, "u14")).isEqualTo(".metadata.labels.l14");
    }

    @Test
    void kubectlUpgradesFromClientSideApply() {
        ObjectNode object = widget("{size: 1, name: x}");
        object.withObject("/metadata")
                .withObject("/annotations")
                .put(
                        "kubectl.kubernetes.io/last-applied-configuration",
                        "{\"apiVersion\":\"demo.io/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"n\",\"namespace\":\"ns\"},\"spec\":{\"size\":1}}");
        ObjectNode live = manager.update(null, object, new Manager("kubectl-client-side-apply"), WIDGET);
        ObjectNode next = apply(live, "kubectl", "{size: 2}");
        assertThat(spec(next)).isEqualTo(tree("{size: 2, name: x}"));
        assertThat(next.path("metadata")
                        .path("annotations")
                        .path("kubectl.kubernetes.io/last-applied-configuration")
                        .asText())
                .isEqualTo(
                        "{\"apiVersion\":\"demo.io/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"n\",\"namespace\":\"ns\"},\"spec\":{\"size\":2}}\n");
        assertThatThrownBy(() -> apply(live, "kubectl", "{name: y}"))
                .hasMessageContaining("conflict with \"kubectl-client-side-apply\" using demo.io/v1: .spec.name");
    }

    @Test
    void scaleOwnsReplicasOnly() {
        ObjectNode object = created("a", "{size: 1, name: x}");
        var entries = ScaleFields.toScale(object, "spec.size");
        assertThat(entries.get(0).path("fieldsV1")).isEqualTo(tree("{'f:spec': {'f:replicas': {}}}"));
        entries.removeAll();
        entries.add(tree("""
                        {manager: k, operation: Update, apiVersion: autoscaling/v1, subresource: scale, fieldsType: FieldsV1,
                         fieldsV1: {'f:spec': {'f:replicas': {}}}}
                        """));
        object.withObject("/metadata").set("managedFields", ScaleFields.toParent(object, entries, "spec.size"));
        assertThat(owned(object, "a")).isEqualTo(".spec.name");
        assertThat(owned(object, "k")).isEqualTo(".spec.size");
    }
}
