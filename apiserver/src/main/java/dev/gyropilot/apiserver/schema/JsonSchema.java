package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A schema read from its JSON form when asked: children are made on first use and then kept, so that a large document costs
 * only what is touched. Keywords beside a reference win over those of its target. Thread-safe: a child made twice by two
 * threads is the same in value.
 */
public final class JsonSchema implements Schema {
    static final String PRESERVE_UNKNOWN = "x-kubernetes-preserve-unknown-fields";
    private static final String ANY_OBJECT = "object";

    private final ObjectNode raw;
    private final Function<String, JsonSchema> references;
    private final boolean structural;
    private volatile @Nullable Map<String, Schema> properties;
    private volatile @Nullable JsonSchema additional;
    private volatile @Nullable JsonSchema items;
    private volatile @Nullable JsonSchema target;

    /**
     * @param raw kept, never changed
     * @param references resolves the value of {@code $ref}
     * @param structural whether an object without properties means "no fields" (a CRD's schema) rather than "any fields"
     */
    JsonSchema(ObjectNode raw, Function<String, JsonSchema> references, boolean structural) {
        this.raw = raw;
        this.references = references;
        this.structural = structural;
    }

    /** The JSON form, never to be changed; a reference is not resolved. */
    public ObjectNode raw() {
        return raw;
    }

    /**
     * A schema under {@code not}, {@code anyOf}, {@code oneOf} or {@code allOf}; null when there is none.
     *
     * @param index in the list; ignored where the keyword is no list
     */
    @Nullable
    JsonSchema alternative(String keyword, int index) {
        JsonNode node = keyword(keyword);
        JsonNode at = node.isArray() ? node.path(index) : node;
        return at.isObject() ? child(at) : null;
    }

    /** Whether it is of a CRD: an object without properties then has no fields, rather than any. */
    public boolean structural() {
        return structural;
    }

    /** A keyword of this node or of what it refers to; a missing node when absent. */
    public JsonNode keyword(String name) {
        JsonNode own = raw.path(name);
        if (!own.isMissingNode()) {
            return own;
        }
        JsonSchema to = target();
        return to == null ? own : to.keyword(name);
    }

    private @Nullable JsonSchema target() {
        JsonSchema known = target;
        if (known != null) {
            return known;
        }
        String reference = raw.path("$ref").asText("");
        if (reference.isEmpty() && raw.path("allOf").size() == 1) {
            reference = raw.path("allOf").path(0).path("$ref").asText("");
        }
        if (reference.isEmpty()) {
            return null;
        }
        JsonSchema made = references.apply(reference);
        target = made;
        return made;
    }

    private JsonSchema child(JsonNode node) {
        return new JsonSchema(
                node instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode(),
                references,
                structural);
    }

    @Override
    public String type() {
        return keyword("type").asText("");
    }

    @Override
    public Map<String, Schema> properties() {
        Map<String, Schema> known = properties;
        if (known != null) {
            return known;
        }
        JsonNode own = raw.path("properties");
        JsonSchema to = target();
        Map<String, Schema> made;
        if (!own.isObject() && to != null) {
            made = to.properties();
        } else {
            Map<String, Schema> children = new LinkedHashMap<>();
            own.forEachEntry((name, node) -> children.put(name, child(node)));
            made = Collections.unmodifiableMap(children);
        }
        properties = made;
        return made;
    }

    @Override
    public @Nullable JsonSchema additionalProperties() {
        JsonSchema known = additional;
        if (known != null) {
            return known;
        }
        JsonNode node = raw.path("additionalProperties");
        JsonSchema to = target();
        if (node.isMissingNode()) {
            return to == null ? null : to.additionalProperties();
        }
        if (node.isBoolean() && !node.booleanValue()) {
            return null;
        }
        JsonSchema made = child(node);
        additional = made;
        return made;
    }

    @Override
    public @Nullable JsonSchema items() {
        JsonSchema known = items;
        if (known != null) {
            return known;
        }
        JsonNode node = raw.path("items");
        JsonSchema to = target();
        if (!node.isObject()) {
            return to == null ? null : to.items();
        }
        JsonSchema made = child(node);
        items = made;
        return made;
    }

    /** As marked; without a mark, a patch strategy of merge makes it a {@code map} or a {@code set}. */
    @Override
    public String listType() {
        String marked = keyword("x-kubernetes-list-type").asText("");
        if (!marked.isEmpty()) {
            return marked;
        }
        if (structural || !patchStrategy().contains("merge")) {
            return "atomic";
        }
        return patchMergeKey().isEmpty() ? "set" : "map";
    }

    @Override
    public List<String> listMapKeys() {
        JsonNode keys = keyword("x-kubernetes-list-map-keys");
        if (keys.isArray()) {
            return texts(keys);
        }
        return patchMergeKey().isEmpty() ? List.of() : List.of(patchMergeKey());
    }

    @Override
    public String mapType() {
        return keyword("x-kubernetes-map-type").asText("granular");
    }

    @Override
    public Set<String> patchStrategy() {
        String strategy = keyword("x-kubernetes-patch-strategy").asText("");
        return strategy.isEmpty() ? Set.of() : Set.of(strategy.split(","));
    }

    @Override
    public String patchMergeKey() {
        return keyword("x-kubernetes-patch-merge-key").asText("");
    }

    @Override
    public Set<String> required() {
        JsonNode required = keyword("required");
        return required.isArray() ? new HashSet<>(texts(required)) : Set.of();
    }

    @Override
    public @Nullable JsonNode defaultValue() {
        JsonNode value = keyword("default");
        return value.isMissingNode() ? null : value;
    }

    @Override
    public String format() {
        return keyword("format").asText("");
    }

    @Override
    public boolean nullable() {
        return keyword("nullable").asBoolean(false);
    }

    /** Also a {@code oneOf} of scalars without a type: that is how documents describe quantities. */
    @Override
    public boolean intOrString() {
        return keyword("x-kubernetes-int-or-string").asBoolean(false)
                || format().equals("int-or-string")
                || (!structural && type().isEmpty() && keyword("oneOf").isArray());
    }

    @Override
    public boolean preserveUnknownFields() {
        JsonNode marked = keyword(PRESERVE_UNKNOWN);
        if (marked.isBoolean()) {
            return marked.booleanValue();
        }
        boolean mayBeObject = type().isEmpty() || type().equals(ANY_OBJECT);
        return !structural
                && mayBeObject
                && properties().isEmpty()
                && keyword("additionalProperties").isMissingNode();
    }

    @Override
    public boolean embeddedResource() {
        return keyword("x-kubernetes-embedded-resource").asBoolean(false);
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>(array.size());
        array.forEach(each -> texts.add(each.asText()));
        return List.copyOf(texts);
    }

    @Override
    public String toString() {
        return raw.toString();
    }
}
