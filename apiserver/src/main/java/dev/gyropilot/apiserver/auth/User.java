package dev.gyropilot.apiserver.auth;

import java.util.List;
import java.util.Map;

/** Who asks. */
public record User(String name, String uid, List<String> groups, Map<String, List<String>> extra) {
    public static final String GROUP_MASTERS = "system:masters";
    public static final String GROUP_AUTHENTICATED = "system:authenticated";
    public static final String GROUP_UNAUTHENTICATED = "system:unauthenticated";
    public static final User ANONYMOUS = new User("system:anonymous", "", List.of(GROUP_UNAUTHENTICATED), Map.of());
}
