package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;

/**
 * Where the next page of a list begins.
 *
 * @param revision of all pages; -1 for the newest state
 * @param start first path within the listed namespace or collection
 */
record ContinueToken(long revision, String start) {
    private static final String VERSION = "meta.k8s.io/v1";

    String encode() {
        ObjectNode token = JsonNodeFactory.instance.objectNode();
        token.put("v", VERSION).put("rv", revision).put("start", "/" + start);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(JsonText.write(token));
    }

    static ContinueToken decode(String text) {
        JsonNode token;
        try {
            token = JsonText.parse(Base64.getUrlDecoder().decode(text), new ArrayList<>());
        } catch (IllegalArgumentException | IOException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
        if (!token.path("v").asText().equals(VERSION)) {
            throw invalid("server does not recognize this encoded version \""
                    + token.path("v").asText() + "\"");
        }
        String start = token.path("start").asText();
        if (!token.path("rv").isIntegralNumber() || token.path("rv").asLong() == 0) {
            throw invalid("incorrect encoded start resourceVersion");
        }
        if (!start.startsWith("/") || start.length() < 2 || start.contains("/../") || start.contains("//")) {
            throw invalid("incorrect encoded start key");
        }
        return new ContinueToken(token.path("rv").asLong(), start.substring(1));
    }

    private static ApiError invalid(String why) {
        return ApiError.badRequest("invalid continue token: continue key is not valid: " + why);
    }
}
