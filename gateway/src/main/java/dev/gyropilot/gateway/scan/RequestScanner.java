package dev.gyropilot.gateway.scan;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON request body as it arrives, in pieces cut anywhere: checks that it is one JSON object (RFC 8259) and notes the
 * few members that routing needs, with their places, so that a change can be spliced in without writing the body anew.
 *
 * <p>Implementation: a push automaton over bytes. {@code state} is what may come next, {@code containers} a bit per open
 * container (1 for an object), so nesting costs nothing up to {@link #DEPTH_LIMIT}. Bytes inside strings, which are nearly all
 * bytes of a prompt, are skipped eight at a time. Keys and strings are captured only at the two depths where a member of
 * interest can be.
 */
public final class RequestScanner {
    /** Deeper nesting is refused. */
    public static final int DEPTH_LIMIT = 512;

    /** Longer model names are refused. */
    public static final int MODEL_LIMIT_BYTES = 512;

    private static final int CAPTURE_LIMIT = MODEL_LIMIT_BYTES + 8;

    /** What may come next. */
    private enum State {
        VALUE,
        VALUE_OR_END,
        KEY,
        KEY_OR_END,
        COLON,
        COMMA_OR_END,
        STRING,
        ESCAPE,
        UNICODE,
        LITERAL,
        NUMBER,
        DONE
    }

    /** The kinds of JSON values. */
    public enum Kind {
        ABSENT,
        NULL,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        OBJECT,
        ARRAY
    }

    /** The members that are noted. */
    private enum Member {
        OTHER,
        MODEL,
        STREAM,
        STREAM_OPTIONS,
        INCLUDE_USAGE,
        INPUT,
        MESSAGES
    }

    private State state = State.VALUE;
    private final long[] containers = new long[DEPTH_LIMIT / 64];
    private int depth;
    private long position;
    private boolean keyString;

    private boolean capturing;
    private boolean overflow;
    private final byte[] capture = new byte[CAPTURE_LIMIT];
    private int captured;

    private int unicodeDigits;
    private int unicode;
    private int highSurrogate;
    private byte[] literal = TRUE;
    private int literalAt;
    private int numberState;

    private Member member = Member.OTHER;
    private Member inner = Member.OTHER;
    private String topKey = "";
    private final EnumMap<Member, Kind> kinds = new EnumMap<>(Member.class);

    private @Nullable String model;
    private long modelStart;
    private long modelEnd;
    private long streamOptionsStart;
    private boolean streamOptionsEmpty = true;
    private long includeUsageStart;
    private long includeUsageEnd;
    private long objectEnd;
    private @Nullable BodyFault fault;

    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    /** Reads the readable bytes without consuming them; false once the body is known to be bad. */
    public boolean feed(ByteBuf bytes) {
        int index = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (index < end && fault == null) {
            if (state == State.STRING) {
                int plain = Bytes.stringEnd(bytes, index, end);
                if (plain > index) {
                    if (capturing) {
                        captureBytes(bytes, index, plain - index);
                    }
                    highSurrogate = 0;
                    position += plain - index;
                    index = plain;
                    continue;
                }
            }
            step(bytes.getByte(index) & 0xff);
            index++;
            position++;
        }
        return fault == null;
    }

    /** To be called after the last byte; the fault of the whole body, or null when it is sound JSON with a model. */
    public @Nullable BodyFault finish() {
        if (fault != null) {
            return fault;
        }
        if (state != State.DONE) {
            String message = position == 0
                    ? "the request has no body: send a JSON object"
                    : "the body is not valid JSON: it ends after " + position + " bytes, before the object is closed";
            fault = new BodyFault(message, currentField());
            return fault;
        }
        return null;
    }

    /** The {@code model} asked for; null when absent or not a string. */
    public @Nullable String model() {
        return model;
    }

    /** Kind of the member {@code model}. */
    public Kind modelKind() {
        return kind(Member.MODEL);
    }

    /** Kind of the member {@code stream}. */
    public Kind streamKind() {
        return kind(Member.STREAM);
    }

    /** Kind of the member {@code input}. */
    public Kind inputKind() {
        return kind(Member.INPUT);
    }

    /** Kind of the member {@code messages}. */
    public Kind messagesKind() {
        return kind(Member.MESSAGES);
    }

    /** Kind of the member {@code stream_options}. */
    public Kind streamOptionsKind() {
        return kind(Member.STREAM_OPTIONS);
    }

    /** Whether the client wants a stream. */
    public boolean stream() {
        return streamKind() == Kind.TRUE;
    }

    /** Whether the client wants the usage at the end of a stream. */
    public boolean includeUsage() {
        return kind(Member.INCLUDE_USAGE) == Kind.TRUE;
    }

    /** The change that puts another model name into the body. */
    public Edit replaceModel(String name) {
        return new Edit(modelStart, modelEnd, Bytes.quoted(name));
    }

    /** The change that asks the engine for the usage at the end of a stream, however little of it the body has. */
    public Edit requestUsage() {
        return switch (streamOptionsKind()) {
            case ABSENT -> new Edit(objectEnd, objectEnd, Bytes.ascii(",\"stream_options\":{\"include_usage\":true}"));
            case OBJECT -> {
                if (kind(Member.INCLUDE_USAGE) != Kind.ABSENT) {
                    yield new Edit(includeUsageStart, includeUsageEnd, TRUE);
                }
                long at = streamOptionsStart + 1;
                yield new Edit(
                        at, at, Bytes.ascii(streamOptionsEmpty ? "\"include_usage\":true" : "\"include_usage\":true,"));
            }
            // Only null is let through: see the checks on the request.
            default -> new Edit(streamOptionsStart, streamOptionsStart + 4, Bytes.ascii("{\"include_usage\":true}"));
        };
    }

    private Kind kind(Member asked) {
        return kinds.getOrDefault(asked, Kind.ABSENT);
    }

    private void step(int b) {
        switch (state) {
            case VALUE -> value(b, false);
            case VALUE_OR_END -> value(b, true);
            case KEY -> key(b, false);
            case KEY_OR_END -> key(b, true);
            case COLON -> {
                if (b == ':') {
                    state = State.VALUE;
                } else if (!isSpace(b)) {
                    bad("expected ':' after the name of a field", b);
                }
            }
            case COMMA_OR_END -> commaOrEnd(b);
            case STRING -> string(b);
            case ESCAPE -> escape(b);
            case UNICODE -> unicode(b);
            case LITERAL -> {
                if (b != literal[literalAt]) {
                    bad("expected true, false or null", b);
                } else if (++literalAt == literal.length) {
                    valueEnded(position + 1);
                }
            }
            case NUMBER -> number(b);
            case DONE -> {
                if (!isSpace(b)) {
                    bad("expected nothing after the object", b);
                }
            }
        }
    }

    private void value(int b, boolean orEnd) {
        if (isSpace(b)) {
            return;
        }
        if (depth == 0 && b != '{') {
            fault = new BodyFault("the body must be a JSON object, it begins with " + show(b), null);
            return;
        }
        switch (b) {
            case '{' -> open(true);
            case '[' -> open(false);
            case '"' -> {
                begin(Kind.STRING);
                state = State.STRING;
                keyString = false;
                startCapture(depth == 1 && member == Member.MODEL);
            }
            case 't' -> literal(Kind.TRUE, TRUE);
            case 'f' -> literal(Kind.FALSE, FALSE);
            case 'n' -> literal(Kind.NULL, NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
                begin(Kind.NUMBER);
                state = State.NUMBER;
                numberState = b == '-' ? 0 : b == '0' ? 1 : 2;
            }
            case ']' -> {
                if (orEnd) {
                    close(false);
                } else {
                    bad("expected a value", b);
                }
            }
            default -> bad("expected a value", b);
        }
    }

    private void key(int b, boolean orEnd) {
        if (b == '"') {
            state = State.STRING;
            keyString = true;
            startCapture(depth == 1 || (depth == 2 && member == Member.STREAM_OPTIONS));
        } else if (b == '}' && orEnd) {
            close(true);
        } else if (!isSpace(b)) {
            bad("expected the name of a field in double quotes", b);
        }
    }

    private void commaOrEnd(int b) {
        if (isSpace(b)) {
            return;
        }
        boolean object = inObject();
        if (b == ',') {
            state = object ? State.KEY : State.VALUE;
        } else if (b == (object ? '}' : ']')) {
            close(object);
        } else {
            bad(object ? "expected ',' or '}'" : "expected ',' or ']'", b);
        }
    }

    private void string(int b) {
        if (b == '"') {
            if (keyString) {
                keyEnded();
            } else {
                if (capturing && depth == 1 && member == Member.MODEL) {
                    model = capturedText();
                    if (overflow) {
                        fault = new BodyFault("model is longer than " + MODEL_LIMIT_BYTES + " bytes", "model");
                        return;
                    }
                }
                valueEnded(position + 1);
            }
        } else if (b == '\\') {
            state = State.ESCAPE;
        } else {
            bad("expected no control character inside a string", b);
        }
    }

    private void escape(int b) {
        int plain = switch (b) {
            case '"', '\\', '/' -> b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> -2;
            default -> -1;
        };
        if (plain == -1) {
            bad("expected an escape such as \\n or \\u00e9", b);
        } else if (plain == -2) {
            state = State.UNICODE;
            unicodeDigits = 0;
            unicode = 0;
        } else {
            state = State.STRING;
            captureCodePoint(plain);
            highSurrogate = 0;
        }
    }

    private void unicode(int b) {
        int digit = Character.digit(b, 16);
        if (digit < 0) {
            bad("expected four hexadecimal digits after \\u", b);
            return;
        }
        unicode = (unicode << 4) | digit;
        if (++unicodeDigits < 4) {
            return;
        }
        state = State.STRING;
        if (Character.isHighSurrogate((char) unicode)) {
            highSurrogate = unicode;
        } else if (Character.isLowSurrogate((char) unicode) && highSurrogate != 0) {
            captureCodePoint(Character.toCodePoint((char) highSurrogate, (char) unicode));
            highSurrogate = 0;
        } else {
            captureCodePoint(unicode);
            highSurrogate = 0;
        }
    }

    /** States: 0 after the minus, 1 after a leading zero, 2 integer, 3 after the point, 4 fraction, 5 after e, 6 after its sign, 7 exponent. */
    private void number(int b) {
        boolean digit = b >= '0' && b <= '9';
        int next = switch (numberState) {
            case 0 -> b == '0' ? 1 : digit ? 2 : -1;
            case 1 -> b == '.' ? 3 : b == 'e' || b == 'E' ? 5 : digit ? -1 : -2;
            case 2 -> digit ? 2 : b == '.' ? 3 : b == 'e' || b == 'E' ? 5 : -2;
            case 3 -> digit ? 4 : -1;
            case 4 -> digit ? 4 : b == 'e' || b == 'E' ? 5 : -2;
            case 5 -> digit ? 7 : b == '+' || b == '-' ? 6 : -1;
            case 6 -> digit ? 7 : -1;
            default -> digit ? 7 : -2;
        };
        if (next == -1) {
            bad("expected a digit", b);
        } else if (next == -2) {
            valueEnded(position);
            // The byte behind a number belongs to what follows.
            step(b);
        } else {
            numberState = next;
        }
    }

    private void literal(Kind kind, byte[] text) {
        begin(kind);
        state = State.LITERAL;
        literal = text;
        literalAt = 1;
    }

    private void open(boolean object) {
        if (depth == DEPTH_LIMIT) {
            fault = new BodyFault("the body is nested deeper than " + DEPTH_LIMIT + " levels", currentField());
            return;
        }
        if (depth > 0) {
            begin(object ? Kind.OBJECT : Kind.ARRAY);
        }
        if (object) {
            containers[depth >> 6] |= 1L << depth;
        } else {
            containers[depth >> 6] &= ~(1L << depth);
        }
        depth++;
        state = object ? State.KEY_OR_END : State.VALUE_OR_END;
    }

    private void close(boolean object) {
        depth--;
        if (depth == 0) {
            objectEnd = position;
            state = State.DONE;
        } else {
            valueEnded(position + 1);
        }
        assert object == (((containers[depth >> 6] >> depth) & 1) == 1);
    }

    private boolean inObject() {
        return ((containers[(depth - 1) >> 6] >> (depth - 1)) & 1) == 1;
    }

    /** A value begins: notes its kind if it is of interest. */
    private void begin(Kind kind) {
        if (depth == 1) {
            if (member != Member.OTHER) {
                kinds.put(member, kind);
                if (member == Member.MODEL) {
                    modelStart = position;
                } else if (member == Member.STREAM_OPTIONS) {
                    streamOptionsStart = position;
                }
            }
        } else if (depth == 2 && member == Member.STREAM_OPTIONS && inObject()) {
            streamOptionsEmpty = false;
            if (inner == Member.INCLUDE_USAGE) {
                kinds.put(inner, kind);
                includeUsageStart = position;
            }
        }
    }

    private void valueEnded(long end) {
        state = State.COMMA_OR_END;
        capturing = false;
        if (depth == 1) {
            if (member == Member.MODEL) {
                modelEnd = end;
            }
            member = Member.OTHER;
            topKey = "";
        } else if (depth == 2 && inner == Member.INCLUDE_USAGE) {
            includeUsageEnd = end;
            inner = Member.OTHER;
        }
    }

    private void keyEnded() {
        state = State.COLON;
        if (!capturing) {
            return;
        }
        capturing = false;
        String key = overflow ? "" : capturedText();
        Member found = switch (key) {
            case "model" -> Member.MODEL;
            case "stream" -> Member.STREAM;
            case "stream_options" -> Member.STREAM_OPTIONS;
            case "include_usage" -> Member.INCLUDE_USAGE;
            case "input" -> Member.INPUT;
            case "messages" -> Member.MESSAGES;
            default -> Member.OTHER;
        };
        if (depth == 1) {
            topKey = key;
            member = found == Member.INCLUDE_USAGE ? Member.OTHER : found;
        } else {
            inner = found == Member.INCLUDE_USAGE ? found : Member.OTHER;
        }
        Member noted = depth == 1 ? member : inner;
        if (noted != Member.OTHER && kind(noted) != Kind.ABSENT) {
            fault = new BodyFault("the field " + key + " appears twice: keep one", key);
        }
    }

    private void startCapture(boolean wanted) {
        capturing = wanted;
        captured = 0;
        overflow = false;
        highSurrogate = 0;
    }

    private void captureBytes(ByteBuf bytes, int index, int length) {
        if (captured + length > CAPTURE_LIMIT) {
            overflow = true;
            return;
        }
        bytes.getBytes(index, capture, captured, length);
        captured += length;
    }

    private void captureCodePoint(int codePoint) {
        if (!capturing) {
            return;
        }
        byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        if (captured + utf8.length > CAPTURE_LIMIT) {
            overflow = true;
            return;
        }
        System.arraycopy(utf8, 0, capture, captured, utf8.length);
        captured += utf8.length;
    }

    private String capturedText() {
        if (captured > MODEL_LIMIT_BYTES) {
            overflow = true;
        }
        return new String(capture, 0, captured, StandardCharsets.UTF_8);
    }

    private void bad(String expectation, int b) {
        fault = new BodyFault(
                "the body is not valid JSON: " + expectation + " at byte " + position + ", found " + show(b),
                currentField());
    }

    private @Nullable String currentField() {
        return topKey.isEmpty() ? null : topKey;
    }

    private static boolean isSpace(int b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static String show(int b) {
        return b > 0x20 && b < 0x7f
                ? "'" + (char) b + "'"
                : "0x" + Integer.toHexString(b | 0x100).substring(1);
    }
}
