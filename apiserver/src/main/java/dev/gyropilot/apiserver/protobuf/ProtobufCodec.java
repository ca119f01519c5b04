package dev.gyropilot.apiserver.protobuf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.builtin.Canonical;
import dev.gyropilot.apiserver.builtin.GoType;
import dev.gyropilot.apiserver.resource.ApiError;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Decodes bodies of {@code application/vnd.kubernetes.protobuf}: the four bytes {@code k8s\0}, then an envelope with
 * apiVersion, kind and the kind's own message. All built-in kinds, options and reviews are known; custom resources have no
 * such form. Thread-safe.
 */
public final class ProtobufCodec {
    public static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

    private static final byte[] MAGIC = {'k', '8', 's', 0};
    private static final int SHOWN_BYTES = 64;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private ProtobufCodec() {}

    private record Envelope(String apiVersion, String kind, ByteString raw, String contentType) {}

    /**
     * The object as its JSON form, with kind and apiVersion; without the defaults of the kind.
     *
     * @param expectedKind named in the refusal, such as {@code Pod}
     * @throws ApiError 400 when the body is no such message, 415 when its kind has no protobuf form
     */
    public static ObjectNode decode(byte[] body, String expectedKind) {
        if (body.length == 0) {
            throw ApiError.badRequest(
                    "the object provided is unrecognized (must be of type " + expectedKind + "): empty data");
        }
        if (!isProtobuf(body)) {
            throw unrecognized(
                    expectedKind,
                    "provided data does not appear to be a protobuf message, expected prefix "
                            + Arrays.toString(MAGIC).replace(",", ""),
                    body);
        }
        try {
            return decode(envelope(body), 0);
        } catch (IOException e) {
            throw unrecognized(expectedKind, String.valueOf(e.getMessage()), body);
        }
    }

    public static ObjectNode decode(byte[] body) {
        return decode(body, "a built-in kind");
    }

    /** Whether the bytes begin as such a message does. */
    public static boolean isProtobuf(byte[] body) {
        return body.length >= MAGIC.length && Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    private static ObjectNode decode(Envelope envelope, int depth) throws IOException {
        if (envelope.contentType().contains("json")) {
            return (ObjectNode) MAPPER.readTree(envelope.raw().newInput());
        }
        GoType.Struct type = type(envelope);
        Descriptor message = type == null ? null : Messages.of(type);
        if (type == null || message == null) {
            throw new ApiError(
                    415,
                    "UnsupportedMediaType",
                    "no protobuf form of kind \"" + envelope.kind() + "\" of \"" + envelope.apiVersion()
                            + "\" is known\nMaybe send application/json.",
                    null);
        }
        ObjectNode object =
                MAPPER.createObjectNode().put("kind", envelope.kind()).put("apiVersion", envelope.apiVersion());
        new MessageReader(depth).read(message, type, envelope.raw().newCodedInput(), object);
        Canonical.shape(type, object);
        return object;
    }

    private static GoType.@Nullable Struct type(Envelope envelope) {
        int slash = envelope.apiVersion().indexOf('/');
        String group = slash < 0 ? "" : envelope.apiVersion().substring(0, slash);
        return BuiltinTypes.goType(group, envelope.apiVersion().substring(slash + 1), envelope.kind());
    }

    private static Envelope envelope(byte[] body) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(body, MAGIC.length, body.length - MAGIC.length);
        String apiVersion = "";
        String kind = "";
        String contentType = "";
        ByteString raw = ByteString.EMPTY;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 10 -> {
                    CodedInputStream meta = CodedInputStream.newInstance(in.readByteArray());
                    for (int inner = meta.readTag(); inner != 0; inner = meta.readTag()) {
                        switch (inner) {
                            case 10 -> apiVersion = meta.readStringRequireUtf8();
                            case 18 -> kind = meta.readStringRequireUtf8();
                            default -> skip(meta, inner);
                        }
                    }
                }
                case 18 -> raw = in.readBytes();
                case 34 -> contentType = in.readStringRequireUtf8();
                default -> skip(in, tag);
            }
        }
        return new Envelope(apiVersion, kind, raw, contentType);
    }

    static void skip(CodedInputStream in, int tag) throws IOException {
        if (!in.skipField(tag)) {
            throw new InvalidProtocolBufferException("a group that ends without having begun");
        }
    }

    private static ApiError unrecognized(String kind, String why, byte[] body) {
        byte[] shown = Arrays.copyOf(body, Math.min(body.length, SHOWN_BYTES));
        return ApiError.badRequest("the object provided is unrecognized (must be of type " + kind + "): " + why + " ("
                + HexFormat.of().formatHex(shown) + (shown.length < body.length ? " ..." : "") + ")");
    }
}
