package dev.gyropilot.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The simple paths that columns of custom resources use: {@code .spec.a}, {@code .b[0]}, {@code ['c.d']},
 * {@code .conditions[?(@.type=="Ready")].status}. A path that cannot be understood finds nothing.
 */
record JsonPath(List<Step> steps) {
    private static final Pattern STEP = Pattern.compile("\\.?(?<name>(?:[^.\\[\\]\\\\'\"]|\\\\.)+)"
            + "|\\[(?<index>-?\\d+)]"
            + "|\\[(?<all>\\*)]|\\.(?<any>\\*)"
            + "|\\[['\"](?<quoted>[^'\"]*)['\"]]"
            + "|\\[\\?\\(@\\.(?<field>[^=!<>]+?)\\s*==\\s*['\"]?(?<value>[^'\")]*)['\"]?\\)]");

    /** One step down. */
    sealed interface Step {
        record Name(String name) implements Step {}

        record Index(int index) implements Step {}

        record First() implements Step {}

        record Where(JsonPath field, String value) implements Step {}
    }

    static JsonPath parse(String path) {
        String rest = path.startsWith("{") && path.endsWith("}") ? path.substring(1, path.length() - 1) : path;
        rest = rest.startsWith("$") ? rest.substring(1) : rest;
        List<Step> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(rest);
        int at = 0;
        while (at < rest.length() && matcher.region(at, rest.length()).lookingAt()) {
            steps.add(step(matcher));
            at = matcher.end();
        }
        return at == rest.length() ? new JsonPath(List.copyOf(steps)) : new JsonPath(List.of(new Step.Name("\0")));
    }

    private static Step step(Matcher matcher) {
        if (matcher.group("name") != null) {
            return new Step.Name(matcher.group("name").replace("\\.", ".").replace("\\", ""));
        }
        if (matcher.group("index") != null) {
            return new Step.Index(Integer.parseInt(matcher.group("index")));
        }
        if (matcher.group("quoted") != null) {
            return new Step.Name(matcher.group("quoted"));
        }
        if (matcher.group("field") != null) {
            return new Step.Where(parse("." + matcher.group("field").strip()), matcher.group("value"));
        }
        return new Step.First();
    }

    /** The first match; a missing node when there is none. */
    JsonNode find(JsonNode root) {
        JsonNode at = root;
        for (Step step : steps) {
            at = switch (step) {
                case Step.Name(String name) -> at.path(name);
                case Step.Index(int index) -> at.path(index < 0 ? at.size() + index : index);
                case Step.First() ->
                    at.isEmpty() ? MissingNode.getInstance() : at.iterator().next();
                case Step.Where(JsonPath field, String value) -> where(at, field, value);
            };
        }
        return at;
    }

    private static JsonNode where(JsonNode list, JsonPath field, String value) {
        for (JsonNode item : list) {
            JsonNode found = field.find(item);
            if (!found.isMissingNode() && found.asText().equals(value)) {
                return item;
            }
        }
        return MissingNode.getInstance();
    }
}
