package dev.gyropilot.engines.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.engines.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A request for text: chat or plain completion.
 *
 * @param chat whether it came to the chat endpoint
 * @param messages the conversation; empty for a plain completion
 * @param prompt the text to go on from; empty for a chat
 * @param maxTokens most tokens to generate, when the client set a limit
 * @param minTokens fewest tokens before the text may end by itself
 * @param ignoreEnd go on to the limit in any case
 * @param stop texts at which generation ends
 * @param stream whether events are wanted
 * @param includeUsage whether the last event tells the usage
 */
public record CompletionRequest(
        boolean chat,
        List<Message> messages,
        String prompt,
        OptionalInt maxTokens,
        int minTokens,
        boolean ignoreEnd,
        double temperature,
        double topP,
        OptionalLong seed,
        List<String> stop,
        boolean stream,
        boolean includeUsage) {
    private static final int MAX_STOPS = 16;

    /** One turn of a conversation. */
    public record Message(String role, String text) {}

    /** Reads and checks a request; 400 naming the field otherwise. */
    public static CompletionRequest read(ObjectNode body, boolean chat) {
        if (integer(body, "n", 1, 128).orElse(1) != 1) {
            throw ApiException.invalid("n", "'n' is " + body.get("n") + "; this engine gives one choice at a time.");
        }
        for (String field : List.of("logprobs", "echo", "suffix", "best_of")) {
            JsonNode value = body.path(field);
            boolean harmless = value.isMissingNode()
                    || value.isNull()
                    || (value.isBoolean() && !value.asBoolean())
                    || (field.equals("best_of") && value.asInt() == 1);
            if (!harmless) {
                throw ApiException.invalid(
                        field, "'" + field + "' is " + brief(value) + "; this engine does not have it. Leave it out.");
            }
        }
        OptionalInt limit = integer(body, "max_completion_tokens", 1, Integer.MAX_VALUE);
        if (limit.isEmpty()) {
            limit = integer(body, "max_tokens", 1, Integer.MAX_VALUE);
        }
        JsonNode seed = body.path("seed");
        if (!absent(seed) && !seed.isIntegralNumber()) {
            throw ApiException.invalid("seed", "'seed' is " + brief(seed) + "; give a whole number.");
        }
        return new CompletionRequest(
                chat,
                chat ? messages(body.path("messages")) : List.of(),
                chat ? "" : prompt(body.path("prompt")),
                limit,
                integer(body, "min_tokens", 0, Integer.MAX_VALUE).orElse(0),
                flag(body, "ignore_eos"),
                decimal(body, "temperature", 1, 0, 2),
                decimal(body, "top_p", 1, 0, 1),
                absent(seed) ? OptionalLong.empty() : OptionalLong.of(seed.asLong()),
                stops(body.path("stop")),
                flag(body, "stream"),
                flag(body.path("stream_options"), "include_usage"));
    }

    private static List<Message> messages(JsonNode node) {
        if (!node.isArray() || node.isEmpty()) {
            throw ApiException.invalid(
                    "messages", "'messages' is " + brief(node) + "; give an array with at least one message.");
        }
        List<Message> messages = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            String at = "messages[" + i + "]";
            JsonNode role = node.get(i).path("role");
            if (!role.isTextual()) {
                throw ApiException.invalid(
                        at + ".role",
                        "'" + at + ".role' is " + brief(role) + "; give system, user, assistant or tool.");
            }
            messages.add(new Message(role.asText(), content(at + ".content", node.get(i))));
        }
        return List.copyOf(messages);
    }

    private static String content(String at, JsonNode message) {
        JsonNode content = message.path("content");
        if (content.isTextual()) {
            return content.asText();
        }
        if (content.isNull() && message.path("tool_calls").isArray()) {
            return message.get("tool_calls").toString();
        }
        if (!content.isArray()) {
            throw ApiException.invalid(
                    at, "'" + at + "' is " + brief(content) + "; give a string or an array of text parts.");
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            JsonNode part = content.get(i).path("text");
            if (!part.isTextual()) {
                throw ApiException.invalid(
                        at + "[" + i + "]",
                        "'" + at + "[" + i + "]' is of type " + content.get(i).path("type")
                                + "; this engine reads parts of type \"text\" only.");
            }
            text.append(part.asText());
        }
        return text.toString();
    }

    private static String prompt(JsonNode node) {
        JsonNode one = node.isArray() && node.size() == 1 ? node.get(0) : node;
        if (!one.isTextual()) {
            throw ApiException.invalid(
                    "prompt", "'prompt' is " + brief(node) + "; give a string, one per request, as text.");
        }
        return one.asText();
    }

    private static List<String> stops(JsonNode node) {
        if (absent(node)) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        for (JsonNode each : node.isArray() ? node : List.of(node)) {
            if (!each.isTextual() || each.asText().isEmpty()) {
                throw ApiException.invalid("stop", "'stop' has " + brief(each) + "; give strings that are not empty.");
            }
            stops.add(each.asText());
        }
        if (stops.size() > MAX_STOPS) {
            throw ApiException.invalid(
                    "stop", "'stop' has " + stops.size() + " items; give at most " + MAX_STOPS + ".");
        }
        return List.copyOf(stops);
    }

    private static OptionalInt integer(ObjectNode body, String field, int min, int max) {
        JsonNode node = body.path(field);
        if (absent(node)) {
            return OptionalInt.empty();
        }
        if (!node.isInt() || node.asInt() < min || node.asInt() > max) {
            throw ApiException.invalid(
                    field, "'" + field + "' is " + brief(node) + "; give a whole number of at least " + min + ".");
        }
        return OptionalInt.of(node.asInt());
    }

    private static double decimal(ObjectNode body, String field, double fallback, double min, double max) {
        JsonNode node = body.path(field);
        if (absent(node)) {
            return fallback;
        }
        if (!node.isNumber() || !(node.asDouble() >= min && node.asDouble() <= max)) {
            throw ApiException.invalid(
                    field, "'" + field + "' is " + brief(node) + "; give a number from " + min + " to " + max + ".");
        }
        return node.asDouble();
    }

    private static boolean flag(JsonNode body, String field) {
        JsonNode node = body.path(field);
        if (!absent(node) && !node.isBoolean()) {
            throw ApiException.invalid(field, "'" + field + "' is " + brief(node) + "; give true or false.");
        }
        return node.asBoolean(false);
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static String brief(JsonNode node) {
        if (node.isMissingNode()) {
            return "missing";
        }
        String text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }
}
