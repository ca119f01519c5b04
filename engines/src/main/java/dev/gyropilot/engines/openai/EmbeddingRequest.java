package dev.gyropilot.engines.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.engines.http.ApiException;
import java.util.ArrayList;
import java.util.List;

/** What a client asked to embed. */
public record EmbeddingRequest(List<Input> inputs, boolean base64) {
    /** Most inputs of one request, as with OpenAI. */
    public static final int MAX_INPUTS = 2048;

    /** One thing to embed. */
    public sealed interface Input {
        /** A text. */
        record Text(String text) implements Input {}

        /** Tokens of this model's own vocabulary. */
        @SuppressWarnings("ArrayRecordComponent") // Never compared.
        record Ids(int[] ids) implements Input {}
    }

    /** Reads and checks a request; 400 naming the field otherwise. */
    public static EmbeddingRequest read(ObjectNode request, int vocabularySize, int dimensions) {
        JsonNode size = request.path("dimensions");
        if (!size.isMissingNode() && !size.isNull() && !(size.isInt() && size.asInt() == dimensions)) {
            throw ApiException.invalid(
                    "dimensions",
                    "'dimensions' is " + size + "; this model's vectors have " + dimensions
                            + " dimensions and cannot be shortened. Leave it out.");
        }
        JsonNode input = request.path("input");
        List<Input> inputs = new ArrayList<>();
        if (input.isTextual()) {
            inputs.add(text("input", input));
        } else if (input.isArray() && !input.isEmpty() && input.get(0).isNumber()) {
            inputs.add(ids("input", input, vocabularySize));
        } else if (input.isArray() && !input.isEmpty()) {
            if (input.size() > MAX_INPUTS) {
                throw ApiException.invalid(
                        "input", "'input' has " + input.size() + " items; send at most " + MAX_INPUTS + " at a time.");
            }
            for (int i = 0; i < input.size(); i++) {
                JsonNode item = input.get(i);
                String name = "input[" + i + "]";
                inputs.add(item.isArray() ? ids(name, item, vocabularySize) : text(name, item));
            }
        } else {
            throw ApiException.invalid(
                    "input",
                    "'input' is " + brief(input) + "; give a string, an array of strings, or an array of token ids.");
        }
        return new EmbeddingRequest(inputs, base64(request));
    }

    private static boolean base64(ObjectNode request) {
        JsonNode format = request.path("encoding_format");
        if (format.isMissingNode() || format.isNull() || format.asText().equals("float")) {
            return false;
        }
        if (format.asText().equals("base64")) {
            return true;
        }
        throw ApiException.invalid(
                "encoding_format", "'encoding_format' is " + brief(format) + "; give \"float\" or \"base64\".");
    }

    private static Input text(String name, JsonNode item) {
        if (!item.isTextual()) {
            throw ApiException.invalid(
                    name, "'" + name + "' is " + brief(item) + "; give a string or an array of token ids.");
        }
        if (item.asText().isEmpty()) {
            throw ApiException.invalid(name, "'" + name + "' is an empty string; there is nothing to embed.");
        }
        return new Input.Text(item.asText());
    }

    private static Input ids(String name, JsonNode item, int vocabularySize) {
        if (item.isEmpty()) {
            throw ApiException.invalid(name, "'" + name + "' is an empty array; there is nothing to embed.");
        }
        int[] ids = new int[item.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = item.get(i);
            if (!id.isInt() || id.asInt() < 0 || id.asInt() >= vocabularySize) {
                throw ApiException.invalid(
                        name,
                        "'" + name + "[" + i + "]' is " + brief(id)
                                + "; token ids of this model are whole numbers from 0 to " + (vocabularySize - 1)
                                + ". Ids of another model's tokenizer mean nothing here: send text.");
            }
            ids[i] = id.asInt();
        }
        return new Input.Ids(ids);
    }

    private static String brief(JsonNode node) {
        if (node.isMissingNode()) {
            return "missing";
        }
        String text = node.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
