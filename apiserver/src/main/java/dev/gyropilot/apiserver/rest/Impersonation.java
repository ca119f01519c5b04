package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.Authorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.resource.ApiError;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Acting as somebody else, by the {@code Impersonate-} headers, for those who may. */
final class Impersonation {
    private static final String ACCOUNT = "system:serviceaccount:";
    private static final String EXTRA = "impersonate-extra-";

    private final Authorizer authorizer;

    Impersonation(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /** The user as whom the request is to be carried out: the caller himself when no header asks for another. */
    User effective(Exchange exchange, User caller) {
        String name = exchange.header("Impersonate-User");
        List<String> groups = new ArrayList<>();
        Map<String, List<String>> extra = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : exchange.headers()) {
            String key = header.getKey().toLowerCase(Locale.ROOT);
            if (key.equals("impersonate-group")) {
                groups.add(header.getValue());
            } else if (key.startsWith(EXTRA)) {
                String field = URLDecoder.decode(key.substring(EXTRA.length()), StandardCharsets.UTF_8);
                extra.computeIfAbsent(field, f -> new ArrayList<>()).add(header.getValue());
            }
        }
        String uid = exchange.header("Impersonate-Uid");
        if (name.isEmpty()) {
            if (!groups.isEmpty() || !extra.isEmpty() || !uid.isEmpty()) {
                throw new ApiError(
                        500,
                        "InternalError",
                        "Internal error occurred: requested [{Group}] without impersonating a user",
                        null);
            }
            return caller;
        }
        requireUser(caller, name);
        for (String group : groups) {
            require(caller, "", "groups", "", "", group);
        }
        extra.forEach((field, values) ->
                values.forEach(value -> require(caller, "authentication.k8s.io", "userextras", field, "", value)));
        if (!uid.isEmpty()) {
            require(caller, "authentication.k8s.io", "uids", "", "", uid);
        }
        return new User(name, uid, completed(name, groups), extra);
    }

    private static List<String> completed(String name, List<String> groups) {
        List<String> all = new ArrayList<>(groups);
        if (name.startsWith(ACCOUNT) && groups.isEmpty()) {
            String namespace = name.substring(ACCOUNT.length()).split(":", 2)[0];
            all.add("system:serviceaccounts");
            all.add("system:serviceaccounts:" + namespace);
        }
        String everyone = name.equals(User.ANONYMOUS.name()) ? User.GROUP_UNAUTHENTICATED : User.GROUP_AUTHENTICATED;
        if (!all.contains(everyone)) {
            all.add(everyone);
        }
        return all;
    }

    private void requireUser(User caller, String name) {
        String[] parts =
                name.startsWith(ACCOUNT) ? name.substring(ACCOUNT.length()).split(":", 2) : new String[0];
        if (parts.length == 2) {
            require(caller, "", "serviceaccounts", "", parts[0], parts[1]);
        } else {
            require(caller, "", "users", "", "", name);
        }
    }

    private void require(
            User caller, String group, String resource, String subresource, String namespace, String name) {
        Authorizer.Verdict verdict = authorizer.authorize(
                new Attributes(caller, "impersonate", group, "v1", resource, subresource, namespace, name, ""));
        if (!verdict.allowed()) {
            throw ApiError.forbidden(group, resource, name, verdict.reason());
        }
    }
}
