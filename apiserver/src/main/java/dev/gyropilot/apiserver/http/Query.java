package dev.gyropilot.apiserver.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a URL. */
public record Query(Map<String, List<String>> parameters) {
    private static final int MAX_PARAMETERS = 256;

    /** @param text what follows the question mark; may be empty */
    public static Query parse(String text) {
        return new Query(new QueryStringDecoder(text, StandardCharsets.UTF_8, false, MAX_PARAMETERS).parameters());
    }

    /** The first value, or null when the parameter is absent. */
    public @Nullable String get(String name) {
        List<String> values = parameters.get(name);
        return values == null || values.isEmpty() ? null : values.getFirst();
    }

    /** The first value, or empty. */
    public String text(String name) {
        String value = get(name);
        return value == null ? "" : value;
    }

    public List<String> all(String name) {
        return parameters.getOrDefault(name, List.of());
    }

    /** True for {@code 1}, {@code true} and a parameter without value, as Kubernetes reads it. */
    public boolean flag(String name) {
        String value = get(name);
        return value != null && !value.equals("0") && !value.equalsIgnoreCase("false");
    }
}
