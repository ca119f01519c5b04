package dev.gyropilot.install.chart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of Go's templates that the chart uses: fields, {@code if}, {@code else}, {@code end}, and the functions
 * {@code toYaml}, {@code nindent}, {@code quote} and {@code default}. Anything else is refused, so that the chart never means
 * one thing to Helm and another here.
 */
final class Template {
    private static final Pattern ACTION = Pattern.compile("\\{\\{(-)?\\s*(.*?)\\s*(-)?}}", Pattern.DOTALL);
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final String name;
    private final Map<String, ?> context;
    private final StringBuilder out = new StringBuilder();
    /** For each open {@code if}: whether its present branch is written. */
    private final Deque<Boolean> branches = new ArrayDeque<>();

    private Template(String name, Map<String, ?> context) {
        this.name = name;
        this.context = context;
    }

    static String render(String name, String text, Map<String, ?> context) {
        return new Template(name, context).render(text);
    }

    private String render(String text) {
        Matcher action = ACTION.matcher(text);
        int from = 0;
        boolean trimLeft = false;
        while (action.find()) {
            String before = text.substring(from, action.start());
            before = trimLeft ? before.stripLeading() : before;
            write(action.group(1) == null ? before : before.stripTrailing());
            perform(action.group(2));
            trimLeft = action.group(3) != null;
            from = action.end();
        }
        if (!branches.isEmpty()) {
            throw refused("an if has no end");
        }
        String rest = text.substring(from);
        write(trimLeft ? rest.stripLeading() : rest);
        return out.toString();
    }

    private void write(String text) {
        if (!branches.contains(false)) {
            out.append(text);
        }
    }

    private void perform(String action) {
        if (action.startsWith("if ")) {
            branches.push(isTrue(value(action.substring(3))));
        } else if (action.equals("else")) {
            branches.push(!branches.pop());
        } else if (action.equals("end")) {
            branches.pop();
        } else if (!branches.contains(false)) {
            Object value = value(action);
            out.append(value == null ? "" : value);
        }
    }

    private @Nullable Object value(String pipeline) {
        String[] steps = pipeline.split("\\|", -1);
        Object value = first(steps[0].strip());
        for (int i = 1; i < steps.length; i++) {
            value = apply(steps[i].strip().split("\\s+", 2), value);
        }
        return value;
    }

    private @Nullable Object first(String term) {
        if (term.startsWith("toYaml ")) {
            return yaml(field(term.substring("toYaml ".length()).strip()));
        }
        return field(term);
    }

    private @Nullable Object apply(String[] call, @Nullable Object value) {
        String text = value == null ? "" : value.toString();
        return switch (call[0]) {
            case "quote" -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            case "nindent" -> {
                String indent = " ".repeat(Integer.parseInt(call[1]));
                yield "\n" + indent + text.replace("\n", "\n" + indent);
            }
            case "default" -> isTrue(value) ? value : field(call[1]);
            default -> throw refused("the function " + call[0]);
        };
    }

    private @Nullable Object field(String path) {
        if (!path.matches("(\\.[A-Za-z]+)+")) {
            throw refused(path);
        }
        Object value = context;
        for (String part : path.substring(1).split("\\.", -1)) {
            value = value instanceof Map<?, ?> map ? map.get(part) : null;
        }
        return value;
    }

    private static boolean isTrue(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Boolean truth -> truth;
            case String text -> !text.isEmpty();
            case Number number -> number.doubleValue() != 0;
            case Collection<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    private static String yaml(@Nullable Object value) {
        try {
            return YAML.writeValueAsString(value).stripTrailing();
        } catch (JsonProcessingException e) {
            throw new ChartException("a value cannot be written as YAML: " + e.getMessage(), e);
        }
    }

    private ChartException refused(String what) {
        return new ChartException("the chart's " + name + " uses what is rendered by Helm only: " + what);
    }
}
