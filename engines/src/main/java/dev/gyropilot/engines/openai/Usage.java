package dev.gyropilot.engines.openai;

/**
 * Tokens of one request.
 *
 * @param prompt tokens read
 * @param cached of these, taken from a cache
 * @param completion tokens generated
 */
public record Usage(int prompt, int cached, int completion) {
    String json() {
        return "{\"prompt_tokens\":" + prompt + ",\"completion_tokens\":" + completion + ",\"total_tokens\":"
                + (prompt + completion) + ",\"prompt_tokens_details\":{\"cached_tokens\":" + cached + "}}";
    }
}
