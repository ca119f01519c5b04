package dev.gyropilot.gateway;

import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Makes ids that no other gateway makes: a random part for this process, and a count. */
final class RequestIds {
    private static final int LIMIT_CHARACTERS = 128;

    private final String process;
    private final AtomicLong next = new AtomicLong();

    RequestIds(long processSeed) {
        this.process = HexFormat.of().toHexDigits(processSeed);
    }

    String next() {
        return process + HexFormat.of().toHexDigits(next.getAndIncrement());
    }

    /** The id that the client gave if it is fit for headers and logs, else a new one. */
    static String of(@Nullable String given, RequestIds ids) {
        if (given == null || given.isEmpty() || given.length() > LIMIT_CHARACTERS) {
            return ids.next();
        }
        for (int i = 0; i < given.length(); i++) {
            char c = given.charAt(i);
            if (c <= ' ' || c > '~') {
                return ids.next();
            }
        }
        return given;
    }
}
