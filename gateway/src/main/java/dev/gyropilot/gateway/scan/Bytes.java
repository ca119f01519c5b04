package dev.gyropilot.gateway.scan;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Byte searches, eight at a time where it pays, and JSON strings. */
public final class Bytes {
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    private Bytes() {}

    /** The first index of a double quote, a backslash or a control character; {@code end} if there is none. */
    static int stringEnd(ByteBuf bytes, int index, int end) {
        int i = index;
        for (; i + 8 <= end; i += 8) {
            long word = bytes.getLongLE(i);
            // A zero byte shows as a high bit after (x - ones) & ~x; bytes below a space the same way. The lowest hit
            // is exact.
            long quotes = word ^ QUOTES;
            long backslashes = word ^ BACKSLASHES;
            long hits =
                    (((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes) | ((word - SPACES) & ~word))
                            & HIGHS;
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        for (; i < end; i++) {
            int b = bytes.getByte(i) & 0xff;
            if (b == '"' || b == '\\' || b < ' ') {
                return i;
            }
        }
        return end;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] quoted(String text) {
        return quote(text).getBytes(StandardCharsets.UTF_8);
    }

    /** The text as a JSON string, quotes included. */
    public static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
