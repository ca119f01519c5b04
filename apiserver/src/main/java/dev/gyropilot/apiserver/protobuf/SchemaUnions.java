package dev.gyropilot.apiserver.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.gyropilot.apiserver.builtin.GoType;
import dev.gyropilot.apiserver.builtin.GoTypes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The places in a CRD's schema where JSON allows a schema or something else. */
final class SchemaUnions {
    private static final String SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

    private SchemaUnions() {}

    static @Nullable JsonNode read(MessageReader reader, Descriptor message, CodedInputStream in) throws IOException {
        GoType.Struct type = GoTypes.recorded().struct(SCHEMA);
        ArrayNode list = null;
        JsonNode single = null;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            FieldDescriptor field = message.findFieldByNumber(tag >>> 3);
            if (field == null) {
                ProtobufCodec.skip(in, tag);
                continue;
            }
            switch (field.getType()) {
                case MESSAGE -> {
                    ObjectNode schema = JsonNodeFactory.instance.objectNode();
                    reader.read(field.getMessageType(), type, CodedInputStream.newInstance(in.readByteArray()), schema);
                    if (field.isRepeated()) {
                        list = list == null ? JsonNodeFactory.instance.arrayNode() : list;
                        list.add(schema);
                    } else {
                        single = schema;
                    }
                }
                case STRING -> {
                    list = list == null ? JsonNodeFactory.instance.arrayNode() : list;
                    list.add(in.readStringRequireUtf8());
                }
                case BOOL -> {
                    boolean allowed = in.readBool();
                    single = single == null ? BooleanNode.valueOf(allowed) : single;
                }
                default -> ProtobufCodec.skip(in, tag);
            }
        }
        return single == null ? list : single;
    }
}
