package dev.gyropilot.apiserver.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/**
 * Refuses requests for, or from pages of, other hosts: a web page whose name was rebound to this address must not speak to
 * the server in the name of the person who looks at it.
 */
final class HostCheck {
    static boolean allows(Set<String> hosts, HttpHeaders headers) {
        String host = headers.get(HttpHeaderNames.HOST, "");
        if (!host.isEmpty() && !hosts.contains(name(host))) {
            return false;
        }
        String origin = headers.get(HttpHeaderNames.ORIGIN, "");
        return origin.isEmpty() || hosts.contains(originHost(origin));
    }

    /** Without port and brackets, in lower case. */
    private static String name(String host) {
        String name = host;
        if (name.startsWith("[")) {
            int end = name.indexOf(']');
            return end < 0 ? name : name.substring(1, end).toLowerCase(Locale.ROOT);
        }
        int colon = name.indexOf(':');
        return (colon < 0 ? name : name.substring(0, colon)).toLowerCase(Locale.ROOT);
    }

    private static String originHost(String origin) {
        try {
            String host = new URI(origin).getHost();
            return host == null ? "" : name(host);
        } catch (URISyntaxException e) {
            return "";
        }
    }

    private HostCheck() {}
}
