package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The schema of {@code metadata}, which a CRD leaves out. */
public final class ObjectMetaSchema {
    /** Its name in OpenAPI documents. */
    public static final String NAME = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

    private static final String JSON = """
            {"type": "object", "description": "Standard object's metadata.", "properties": {
              "annotations": {"type": "object", "additionalProperties": {"type": "string", "default": ""}},
              "creationTimestamp": {"type": "string", "format": "date-time", "nullable": true},
              "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
              "deletionTimestamp": {"type": "string", "format": "date-time", "nullable": true},
              "finalizers": {"type": "array", "items": {"type": "string", "default": ""},
                "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"},
              "generateName": {"type": "string"},
              "generation": {"type": "integer", "format": "int64"},
              "labels": {"type": "object", "additionalProperties": {"type": "string", "default": ""}},
              "managedFields": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object", "properties": {
                "apiVersion": {"type": "string"}, "fieldsType": {"type": "string"},
                "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                "manager": {"type": "string"}, "operation": {"type": "string"}, "subresource": {"type": "string"},
                "time": {"type": "string", "format": "date-time"}}}},
              "name": {"type": "string"},
              "namespace": {"type": "string"},
              "ownerReferences": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
                "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge",
                "items": {"type": "object", "x-kubernetes-map-type": "atomic", "required": ["apiVersion", "kind", "name", "uid"],
                  "properties": {"apiVersion": {"type": "string", "default": ""}, "blockOwnerDeletion": {"type": "boolean"},
                    "controller": {"type": "boolean"}, "kind": {"type": "string", "default": ""},
                    "name": {"type": "string", "default": ""}, "uid": {"type": "string", "default": ""}}}},
              "resourceVersion": {"type": "string"},
              "selfLink": {"type": "string"},
              "uid": {"type": "string"}}}
            """;

    private ObjectMetaSchema() {}

    /** A copy of its own. */
    public static ObjectNode json() {
        return Holder.SCHEMA.deepCopy();
    }

    private static final class Holder {
        static final ObjectNode SCHEMA = parse();

        private static ObjectNode parse() {
            try {
                return (ObjectNode) new ObjectMapper().readTree(JSON);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("the schema of metadata is no JSON", e);
            }
        }
    }
}
