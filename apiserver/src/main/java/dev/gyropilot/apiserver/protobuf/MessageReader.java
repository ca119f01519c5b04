package dev.gyropilot.apiserver.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gyropilot.apiserver.builtin.GoType;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one message into JSON, guided by its descriptor (which fields have which number) and its Go type (what they are in
 * JSON). Structs that Go embeds are messages of their own here and lie flat in JSON. Not thread-safe.
 */
final class MessageReader {
    private static final int MAX_DEPTH = 100;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** JSON names that are no protobuf names; all but one in the schemas of CRDs. */
    private static final Map<String, String> JSON_NAMES = Map.ofEntries(
            Map.entry("aPIGroup", "apiGroup"),
            Map.entry("ref", "$ref"),
            Map.entry("schema", "$schema"),
            Map.entry("xPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields"),
            Map.entry("xEmbeddedResource", "x-kubernetes-embedded-resource"),
            Map.entry("xIntOrString", "x-kubernetes-int-or-string"),
            Map.entry("xKubernetesPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields"),
            Map.entry("xKubernetesEmbeddedResource", "x-kubernetes-embedded-resource"),
            Map.entry("xKubernetesIntOrString", "x-kubernetes-int-or-string"),
            Map.entry("xKubernetesListMapKeys", "x-kubernetes-list-map-keys"),
            Map.entry("xKubernetesListType", "x-kubernetes-list-type"),
            Map.entry("xKubernetesMapType", "x-kubernetes-map-type"),
            Map.entry("xKubernetesValidations", "x-kubernetes-validations"));

    private int depth;

    MessageReader(int depth) {
        this.depth = depth;
    }

    void read(Descriptor message, GoType.Struct type, CodedInputStream in, ObjectNode object) throws IOException {
        if (++depth > MAX_DEPTH) {
            throw new InvalidProtocolBufferException("nested deeper than " + MAX_DEPTH + " messages");
        }
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            FieldDescriptor field = message.findFieldByNumber(tag >>> 3);
            if (field == null) {
                ProtobufCodec.skip(in, tag);
            } else {
                field(field, type, in, tag, object);
            }
        }
        depth--;
    }

    private void field(FieldDescriptor field, GoType.Struct type, CodedInputStream in, int tag, ObjectNode object)
            throws IOException {
        GoType.Field known = type.fields().get(jsonName(field, type));
        boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
        if ((tag & 7) != (message ? 2 : wireType(field)) && (tag & 7) != 2) {
            throw new InvalidProtocolBufferException("field " + field.getFullName() + " has another wire type");
        }
        if (known == null) {
            if (message && !field.isRepeated()) {
                // Embedded in Go: its fields are those of the object itself.
                read(field.getMessageType(), type, part(in), object);
            } else {
                ProtobufCodec.skip(in, tag);
            }
            return;
        }
        if (field.isMapField() && known.type() instanceof GoType.MapOf map) {
            ObjectNode entries =
                    object.get(known.name()) instanceof ObjectNode present ? present : object.putObject(known.name());
            mapEntry(field.getMessageType(), map, part(in), entries);
        } else if (field.isRepeated() && known.type() instanceof GoType.ListOf list) {
            ArrayNode items =
                    object.get(known.name()) instanceof ArrayNode present ? present : object.putArray(known.name());
            items(field, list, in, tag, items);
        } else {
            JsonNode value = value(field, known.type(), in);
            if (value != null) {
                object.set(known.name(), value);
            }
        }
    }

    static String jsonName(FieldDescriptor field, GoType.Struct type) {
        return type.fields().containsKey(field.getName())
                ? field.getName()
                : JSON_NAMES.getOrDefault(field.getName(), "");
    }

    private static int wireType(FieldDescriptor field) {
        return field.getLiteType().getWireType();
    }

    /** The bytes of a message inside, as a stream of its own, bounded by what there is. */
    private static CodedInputStream part(CodedInputStream in) throws IOException {
        return CodedInputStream.newInstance(in.readByteArray());
    }

    private void items(FieldDescriptor field, GoType.ListOf list, CodedInputStream in, int tag, ArrayNode items)
            throws IOException {
        boolean packed = (tag & 7) == 2 && wireType(field) != 2;
        if (packed) {
            CodedInputStream values = part(in);
            while (!values.isAtEnd()) {
                add(items, value(field, list.item(), values));
            }
        } else {
            add(items, value(field, list.item(), in));
        }
    }

    private static void add(ArrayNode items, @Nullable JsonNode value) {
        items.add(value == null ? NullNode.getInstance() : value);
    }

    private void mapEntry(Descriptor entry, GoType.MapOf map, CodedInputStream in, ObjectNode entries)
            throws IOException {
        String key = "";
        JsonNode value = null;
        FieldDescriptor valueField = entry.findFieldByNumber(2);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag >>> 3) {
                case 1 -> key = in.readStringRequireUtf8();
                case 2 -> value = value(valueField, map.value(), in);
                default -> ProtobufCodec.skip(in, tag);
            }
        }
        entries.set(key, value == null ? TextNode.valueOf("") : value);
    }

    private @Nullable JsonNode value(FieldDescriptor field, GoType type, CodedInputStream in) throws IOException {
        return switch (field.getType()) {
            case MESSAGE -> message(field.getMessageType(), type, part(in));
            case STRING -> TextNode.valueOf(in.readStringRequireUtf8());
            case BYTES -> bytes(in.readByteArray());
            case BOOL -> BooleanNode.valueOf(in.readBool());
            case INT32 -> IntNode.valueOf(in.readInt32());
            case INT64 -> whole(in.readInt64());
            case UINT32 -> IntNode.valueOf(in.readUInt32());
            case UINT64 -> whole(in.readUInt64());
            case DOUBLE -> DoubleNode.valueOf(in.readDouble());
            case FLOAT -> DoubleNode.valueOf(in.readFloat());
            default -> throw new InvalidProtocolBufferException("field " + field.getFullName() + " has an unused type");
        };
    }

    /** The node that a JSON parser makes of the number: trees from both must be equal. */
    private static JsonNode whole(long value) {
        return value == (int) value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }

    private static JsonNode bytes(byte[] bytes) {
        return TextNode.valueOf(Base64.getEncoder().encodeToString(bytes));
    }

    private @Nullable JsonNode message(Descriptor message, GoType type, CodedInputStream in) throws IOException {
        return switch (type) {
            case GoType.Struct struct -> {
                ObjectNode object = MAPPER.createObjectNode();
                read(message, struct, in, object);
                yield object;
            }
            case GoType.Quantity ignored -> {
                String text = first(in);
                yield TextNode.valueOf(text.isEmpty() ? "0" : text);
            }
            case GoType.IntOrString ignored -> intOrString(in);
            case GoType.Time time -> time(in, time.micro());
            case GoType.ListOf list -> wrappedList(message, list, in);
            case GoType.Any ignored -> raw(message, in);
            case GoType.Text _, GoType.Whole _, GoType.Real _, GoType.Bool _, GoType.Bytes _, GoType.MapOf _ ->
                throw new InvalidProtocolBufferException(
                        "message " + message.getFullName() + " where a plain value belongs");
        };
    }

    /** The string in field 1. */
    private static String first(CodedInputStream in) throws IOException {
        String text = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == 10) {
                text = in.readStringRequireUtf8();
            } else {
                ProtobufCodec.skip(in, tag);
            }
        }
        return text;
    }

    private static JsonNode intOrString(CodedInputStream in) throws IOException {
        long kind = 0;
        int number = 0;
        String text = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 8 -> kind = in.readInt64();
                case 16 -> number = in.readInt32();
                case 26 -> text = in.readStringRequireUtf8();
                default -> ProtobufCodec.skip(in, tag);
            }
        }
        return kind == 0 ? IntNode.valueOf(number) : TextNode.valueOf(text);
    }

    /** Null for the zero time, which has no fields. */
    private static @Nullable JsonNode time(CodedInputStream in, boolean micro) throws IOException {
        long seconds = 0;
        int nanos = 0;
        boolean set = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            set = true;
            switch (tag) {
                case 8 -> seconds = in.readInt64();
                case 16 -> nanos = in.readInt32();
                default -> ProtobufCodec.skip(in, tag);
            }
        }
        try {
            return set
                    ? TextNode.valueOf(
                            Instant.ofEpochSecond(seconds, micro ? nanos : 0).toString())
                    : null;
        } catch (DateTimeException | ArithmeticException e) {
            throw new InvalidProtocolBufferException("a time out of range: " + seconds + " s");
        }
    }

    /** A list that is a message of its own, because a map's value cannot repeat. */
    private ArrayNode wrappedList(Descriptor message, GoType.ListOf list, CodedInputStream in) throws IOException {
        ArrayNode items = MAPPER.createArrayNode();
        FieldDescriptor field = message.findFieldByNumber(1);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag >>> 3 == 1) {
                items(field, list, in, tag, items);
            } else {
                ProtobufCodec.skip(in, tag);
            }
        }
        return items;
    }

    /** Values that may be any JSON, or one of two forms. */
    private @Nullable JsonNode raw(Descriptor message, CodedInputStream in) throws IOException {
        return switch (message.getName()) {
            case "JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray" ->
                SchemaUnions.read(this, message, in);
            default -> {
                byte[] bytes = {};
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (tag == 10) {
                        bytes = in.readByteArray();
                    } else {
                        ProtobufCodec.skip(in, tag);
                    }
                }
                if (bytes.length == 0) {
                    yield null;
                }
                yield ProtobufCodec.isProtobuf(bytes) ? ProtobufCodec.decode(bytes) : MAPPER.readTree(bytes);
            }
        };
    }
}
