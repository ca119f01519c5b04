package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML with bounds on aliases, depth and length, so that a small text cannot become a huge tree. */
final class YamlText {
    private static final int MAX_ALIASES = 50;
    private static final int MAX_NODES = 1_000_000;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private int nodes;

    private YamlText() {}

    static JsonNode parse(byte[] text, List<String> findings) throws IOException {
        LoadSettings settings = LoadSettings.builder()
                .setMaxAliasesForCollections(MAX_ALIASES)
                .setAllowDuplicateKeys(true)
                .setAllowRecursiveKeys(false)
                .setCodePointLimit(4 << 20)
                .build();
        try {
            Object loaded = new Load(settings).loadFromString(new String(text, StandardCharsets.UTF_8));
            return new YamlText().tree(loaded, 0);
        } catch (YamlEngineException | StackOverflowError e) {
            throw new IOException("yaml: " + (e.getMessage() == null ? "nested too deeply" : e.getMessage()), e);
        }
    }

    private JsonNode tree(@Nullable Object value, int depth) throws IOException {
        if (depth > JsonText.MAX_DEPTH || ++nodes > MAX_NODES) {
            throw new IOException("yaml: nested too deeply or too large");
        }
        return switch (value) {
            case null -> NODES.nullNode();
            case Map<?, ?> map -> {
                ObjectNode object = NODES.objectNode();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    object.set(String.valueOf(entry.getKey()), tree(entry.getValue(), depth + 1));
                }
                yield object;
            }
            case Iterable<?> list -> {
                ArrayNode array = NODES.arrayNode();
                for (Object each : list) {
                    array.add(tree(each, depth + 1));
                }
                yield array;
            }
            case Boolean flag -> NODES.booleanNode(flag);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case BigInteger number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            default -> NODES.textNode(value.toString());
        };
    }
}
