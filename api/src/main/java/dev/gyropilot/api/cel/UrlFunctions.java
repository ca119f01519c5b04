package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.CelValues.URL;
import static dev.gyropilot.api.cel.Functions.BOOL;
import static dev.gyropilot.api.cel.Functions.STRING;

import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.gyropilot.api.cel.CelValues.Url;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Absolute URLs and absolute paths. */
final class UrlFunctions {
    private UrlFunctions() {}

    static void addTo(Functions functions) {
        functions.global("url", URL, List.of(STRING), args -> {
            Url url = parse((String) args[0]);
            if (url == null) {
                throw new IllegalArgumentException("URL parse error during conversion from string: " + args[0]);
            }
            return url;
        });
        functions.global("isURL", BOOL, List.of(STRING), args -> parse((String) args[0]) != null);
        functions.member(
                "getScheme", STRING, List.of(URL), args -> text(uri(args[0]).getScheme()));
        functions.member("getHost", STRING, List.of(URL), args -> {
            URI uri = uri(args[0]);
            return text(uri.getHost()) + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
        });
        functions.member(
                "getHostname",
                STRING,
                List.of(URL),
                args -> text(uri(args[0]).getHost()).replace("[", "").replace("]", ""));
        functions.member(
                "getPort",
                STRING,
                List.of(URL),
                args -> uri(args[0]).getPort() < 0
                        ? ""
                        : Integer.toString(uri(args[0]).getPort()));
        functions.member(
                "getEscapedPath",
                STRING,
                List.of(URL),
                args -> text(uri(args[0]).getRawPath()));
        functions.member(
                "getQuery",
                MapType.create(STRING, ListType.create(STRING)),
                List.of(URL),
                args -> query(text(uri(args[0]).getRawQuery())));
    }

    private static @Nullable Url parse(String text) {
        try {
            URI uri = new URI(text);
            boolean usable = !text.isEmpty() && (uri.isAbsolute() || text.startsWith("/"));
            return usable ? new Url(uri) : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static URI uri(Object value) {
        return ((Url) value).uri();
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    private static Map<String, List<String>> query(String raw) {
        Map<String, List<String>> query = new LinkedHashMap<>();
        for (String pair : raw.split("&")) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                query.computeIfAbsent(URLDecoder.decode(name, StandardCharsets.UTF_8), key -> new ArrayList<>())
                        .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        }
        return query;
    }
}
