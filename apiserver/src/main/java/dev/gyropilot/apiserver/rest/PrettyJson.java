package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.http.Exchange;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** JSON for people: who asks with a browser or curl, or with {@code pretty}, gets lines and indents as from any API server. */
final class PrettyJson {
    private static final List<String> PEOPLE = List.of("curl", "Wget", "Mozilla/5.0");
    private static final byte[] INDENT = "  ".getBytes(StandardCharsets.US_ASCII);

    private final byte[] compact;
    private final ByteArrayOutputStream out;
    private int depth;

    private PrettyJson(byte[] compact) {
        this.compact = compact;
        this.out = new ByteArrayOutputStream(2 * compact.length);
    }

    static boolean wanted(Exchange exchange) {
        String asked = exchange.query().text("pretty");
        if (!asked.isEmpty()) {
            return asked.equals("1") || asked.equals("true");
        }
        String agent = exchange.header("User-Agent");
        return PEOPLE.stream().anyMatch(agent::startsWith);
    }

    /** @param compact valid JSON without spaces between its tokens */
    static byte[] indent(byte[] compact) {
        return new PrettyJson(compact).indented();
    }

    private byte[] indented() {
        for (int i = 0; i < compact.length; i++) {
            byte b = compact[i];
            switch (b) {
                case '"' -> i = text(i);
                case '{', '[' -> {
                    out.write(b);
                    if (compact[i + 1] == b + 2) {
                        out.write(compact[++i]);
                    } else {
                        depth++;
                        line();
                    }
                }
                case '}', ']' -> {
                    depth--;
                    line();
                    out.write(b);
                }
                case ',' -> {
                    out.write(b);
                    line();
                }
                case ':' -> {
                    out.write(b);
                    out.write(' ');
                }
                default -> out.write(b);
            }
        }
        return out.toByteArray();
    }

    /** Copies the string that begins at a quote; the place of its last quote. */
    private int text(int start) {
        int end = start + 1;
        while (compact[end] != '"') {
            end += compact[end] == '\\' ? 2 : 1;
        }
        out.write(compact, start, end + 1 - start);
        return end;
    }

    private void line() {
        out.write('\n');
        for (int i = 0; i < depth; i++) {
            out.writeBytes(INDENT);
        }
    }
}
