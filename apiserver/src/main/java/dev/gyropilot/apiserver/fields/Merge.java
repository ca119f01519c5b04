package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Lays an applied configuration over a live value: structs and maps by field, keyed lists and sets by item, the rest as a
 * whole. Nothing is removed. The results share subtrees with the arguments, which nobody may change.
 */
final class Merge {
    private Merge() {}

    /**
     * The merged value; at least one side is there.
     *
     * @return null for a container that ends up empty though one side had something in it (which cannot be expressed)
     */
    static @Nullable JsonNode of(Shape shape, @Nullable JsonNode live, @Nullable JsonNode config) {
        if (config == null) {
            return live;
        }
        return switch (shape.form(config)) {
            case SCALAR -> config;
            case LIST -> {
                ArrayNode left = live instanceof ArrayNode list ? list : null;
                ArrayNode right = config instanceof ArrayNode list ? list : null;
                boolean empty = (left == null || left.isEmpty()) && (right == null || right.isEmpty());
                if (shape.listItems() == Shape.Items.ATOMIC || empty) {
                    yield config;
                }
                yield new Lists(shape, left, right).merged();
            }
            case MAP -> {
                ObjectNode left = live instanceof ObjectNode object ? object : null;
                ObjectNode right = config instanceof ObjectNode object ? object : null;
                boolean empty = (left == null || left.isEmpty()) && (right == null || right.isEmpty());
                if (shape.atomicMap() || empty) {
                    yield config;
                }
                yield fields(shape, left, right);
            }
        };
    }

    private static @Nullable JsonNode fields(Shape shape, @Nullable ObjectNode live, @Nullable ObjectNode config) {
        Set<String> names = new LinkedHashSet<>();
        if (live != null) {
            live.fieldNames().forEachRemaining(names::add);
        }
        if (config != null) {
            config.fieldNames().forEachRemaining(names::add);
        }
        ObjectNode merged = JsonNodeFactory.instance.objectNode();
        for (String name : names) {
            Shape below = shape.field(name);
            JsonNode value = of(
                    below == null ? Shape.DEDUCED : below,
                    live == null ? null : live.get(name),
                    config == null ? null : config.get(name));
            if (value != null) {
                merged.set(name, value);
            }
        }
        return merged.isEmpty() ? null : merged;
    }

    /**
     * The merge of two lists by item. The configuration's items keep their order; items that only live has stay where they
     * are relative to the items which both have.
     */
    private static final class Lists {
        private final Shape shape;
        private final List<JsonNode> liveItems = new ArrayList<>();
        private final List<PathElement> liveSteps = new ArrayList<>();
        private final Map<PathElement, JsonNode> live = new TreeMap<>();
        private final Set<PathElement> repeatedLive = new TreeSet<>();
        private final List<PathElement> configSteps = new ArrayList<>();
        private final Map<PathElement, JsonNode> config = new TreeMap<>();
        private final ArrayNode merged = JsonNodeFactory.instance.arrayNode();

        Lists(Shape shape, @Nullable ArrayNode liveList, @Nullable ArrayNode configList) {
            this.shape = shape;
            if (liveList != null) {
                for (JsonNode item : liveList) {
                    PathElement step = Typed.step(shape, item);
                    liveItems.add(item);
                    liveSteps.add(step);
                    if (live.put(step, item) != null) {
                        repeatedLive.add(step);
                    }
                }
            }
            if (configList != null) {
                for (JsonNode item : configList) {
                    PathElement step = Typed.step(shape, item);
                    configSteps.add(step);
                    config.put(step, item);
                }
            }
        }

        @Nullable
        JsonNode merged() {
            List<PathElement> shared =
                    configSteps.stream().filter(live::containsKey).toList();
            int nextShared = 0;
            Set<PathElement> done = new TreeSet<>();
            int l = 0;
            int c = 0;
            while (l < liveSteps.size() || c < configSteps.size()) {
                if (l < liveSteps.size() && c < configSteps.size()) {
                    PathElement step = liveSteps.get(l);
                    if (step.equals(configSteps.get(c))) {
                        done.add(step);
                        both(step);
                        l++;
                        c++;
                        nextShared++;
                        continue;
                    }
                    boolean waits = nextShared < shared.size()
                            && config.containsKey(step)
                            && !shared.get(nextShared).equals(step);
                    if (waits) {
                        l++;
                        continue;
                    }
                }
                if (l < liveSteps.size()) {
                    PathElement step = liveSteps.get(l);
                    if (!config.containsKey(step)) {
                        merged.add(liveItems.get(l));
                        l++;
                        continue;
                    } else if (done.contains(step)) {
                        l++;
                    }
                }
                if (c < configSteps.size()) {
                    PathElement step = configSteps.get(c);
                    done.add(step);
                    both(step);
                    c++;
                    if (nextShared < shared.size() && shared.get(nextShared).equals(step)) {
                        nextShared++;
                    }
                }
            }
            return merged.isEmpty() ? null : merged;
        }

        /** Repeated items of live are not merged into: the configuration replaces them. */
        private void both(PathElement step) {
            JsonNode item = of(shape.items(), repeatedLive.contains(step) ? null : live.get(step), config.get(step));
            if (item != null) {
                merged.add(item);
            }
        }
    }
}
