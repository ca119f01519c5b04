package dev.gyropilot.gateway.scan;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Finds the token usage in an answer as it passes, be it one JSON object or a stream of events: the member {@code usage}
 * wherever it stands. Of several, the last non-zero value of each field counts, so cumulative reports are not added up.
 *
 * <p>The eight bytes {@code "usage"} can stand in JSON text only where a string begins and ends (inside a string the quotes
 * would be escaped), so searching for them needs no parse of what is around; a colon behind makes it a member's name.
 */
public final class UsageFinder {
    private static final byte[] NAME = "\"usage\"".getBytes(StandardCharsets.US_ASCII);
    private static final int SEARCH = 0;
    private static final int AFTER_NAME = 1;
    private static final int AFTER_COLON = 2;
    private static final int INSIDE = 3;
    private static final int OBJECT_LIMIT_BYTES = 8192;

    private int state = SEARCH;
    private int matched;
    private int depth;
    private int objectBytes;
    private boolean inString;
    private boolean escaped;
    private int nameHash;
    private boolean inNumber;
    private long number;
    private int found;
    private long inputTokens;
    private long outputTokens;
    private long cachedTokens;

    private static final int PROMPT_TOKENS = hash("prompt_tokens");
    private static final int INPUT_TOKENS = hash("input_tokens");
    private static final int COMPLETION_TOKENS = hash("completion_tokens");
    private static final int OUTPUT_TOKENS = hash("output_tokens");
    private static final int CACHED_TOKENS = hash("cached_tokens");

    /** Reads the readable bytes without consuming them. */
    public void feed(ByteBuf bytes) {
        int index = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (index < end) {
            if (state == SEARCH && matched == 0) {
                index = bytes.indexOf(index, end, NAME[0]);
                if (index < 0) {
                    return;
                }
            }
            step(bytes.getByte(index));
            index++;
        }
    }

    /** How many usage objects were seen. */
    public int found() {
        return found;
    }

    public long inputTokens() {
        return inputTokens;
    }

    public long outputTokens() {
        return outputTokens;
    }

    public long cachedTokens() {
        return cachedTokens;
    }

    private void step(byte b) {
        switch (state) {
            case SEARCH -> {
                if (b == NAME[matched]) {
                    if (++matched == NAME.length) {
                        state = AFTER_NAME;
                        matched = 0;
                    }
                } else {
                    matched = b == NAME[0] ? 1 : 0;
                }
            }
            case AFTER_NAME -> {
                if (b == ':') {
                    state = AFTER_COLON;
                } else if (!isSpace(b)) {
                    restart(b);
                }
            }
            case AFTER_COLON -> {
                if (b == '{') {
                    state = INSIDE;
                    depth = 1;
                    objectBytes = 0;
                    inString = false;
                    inNumber = false;
                    nameHash = 0;
                } else if (!isSpace(b)) {
                    restart(b);
                }
            }
            default -> inside(b);
        }
    }

    private void inside(byte b) {
        if (++objectBytes > OBJECT_LIMIT_BYTES) {
            restart(b);
            return;
        }
        if (inString) {
            if (escaped) {
                escaped = false;
            } else if (b == '\\') {
                escaped = true;
            } else if (b == '"') {
                inString = false;
            } else {
                nameHash = nameHash * 31 + b;
            }
            return;
        }
        if (b >= '0' && b <= '9') {
            number = inNumber ? Math.min(number * 10 + (b - '0'), Long.MAX_VALUE / 100) : b - '0';
            inNumber = true;
            return;
        }
        if (inNumber) {
            inNumber = false;
            take();
        }
        switch (b) {
            case '"' -> {
                inString = true;
                nameHash = 0;
            }
            case '{', '[' -> depth++;
            case '}', ']' -> {
                if (--depth == 0) {
                    found++;
                    restart(b);
                }
            }
            // A fraction or an exponent: not a count.
            case '.', 'e', 'E', '-', '+' -> nameHash = 0;
            default -> {}
        }
    }

    private void take() {
        if (number == 0) {
            return;
        }
        // The hashes are compared only among the few names that usage objects have; nested details share the object.
        if (depth == 1 && (nameHash == PROMPT_TOKENS || nameHash == INPUT_TOKENS)) {
            inputTokens = number;
        } else if (depth == 1 && (nameHash == COMPLETION_TOKENS || nameHash == OUTPUT_TOKENS)) {
            outputTokens = number;
        } else if (nameHash == CACHED_TOKENS) {
            cachedTokens = number;
        }
    }

    private void restart(byte b) {
        state = SEARCH;
        matched = b == NAME[0] ? 1 : 0;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static int hash(String name) {
        int hash = 0;
        for (int i = 0; i < name.length(); i++) {
            hash = hash * 31 + name.charAt(i);
        }
        return hash;
    }
}
