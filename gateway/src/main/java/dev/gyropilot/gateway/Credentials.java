package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who a connection's requests come from. A client sends the same key again and again, so the last answer is kept for as long as
 * the table of keys is the same.
 */
final class Credentials {
    private static final String BEARER = "bearer ";
    private static final int KEY_LIMIT_CHARACTERS = 512;

    private final Loop loop;
    private @Nullable RouteTable lastTable;
    private @Nullable String lastHeader;
    private Catalog.@Nullable ApiKey lastKey;

    Credentials(Loop loop) {
        this.loop = loop;
    }

    /** The key that the header names; null if it names none that is valid. */
    Catalog.@Nullable ApiKey check(HttpHeaders headers, RouteTable table) {
        String header = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (header == null || header.length() > KEY_LIMIT_CHARACTERS) {
            return null;
        }
        if (table == lastTable && header.equals(lastHeader)) {
            return lastKey;
        }
        if (!header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        byte[] key = header.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
        Catalog.ApiKey found = table.key(loop.sha256().digest(key));
        if (found != null) {
            lastTable = table;
            lastHeader = header;
            lastKey = found;
        }
        return found;
    }

    static boolean given(HttpHeaders headers) {
        return headers.contains(HttpHeaderNames.AUTHORIZATION);
    }
}
