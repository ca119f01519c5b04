package dev.gyropilot.install.chart;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.gyropilot.api.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The Helm chart that this program carries: what Helm would install, without Helm. */
public final class Chart {
    /** In the order in which a cluster needs them. */
    static final List<String> TEMPLATES = List.of(
            "crd-engines.yaml",
            "crd-models.yaml",
            "crd-modelservices.yaml",
            "crd-queues.yaml",
            "networkpolicy.yaml",
            "rbac-operator.yaml",
            "rbac-scheduler.yaml",
            "rbac-gateway.yaml",
            "rbac-node.yaml",
            "config.yaml",
            "apikey.yaml",
            "service.yaml",
            "deployment-operator.yaml",
            "deployment-scheduler.yaml",
            "deployment-gateway.yaml",
            "daemonset-node.yaml",
            "servicemonitor.yaml");

    private static final YAMLMapper YAML = YAMLMapper.builder().build();
    private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};

    /** Maps whose keys are the user's. */
    private static final List<String> OPEN = List.of("config", "nodeSelector", "resources");

    private Chart() {}

    /** The default values with these changes. */
    public static Map<String, Object> values(Map<String, ?> changes) {
        return values(map(read("values.yaml")), changes);
    }

    /**
     * Values with further changes.
     *
     * @throws ChartException naming a value that the chart does not have, or whose type is another
     */
    public static Map<String, Object> values(Map<String, Object> values, Map<String, ?> changes) {
        return merge("", values, changes);
    }

    /** The Kubernetes objects as YAML texts, one each. */
    public static List<String> render(String namespace, Map<String, Object> values) {
        Map<String, Object> chart = map(read("Chart.yaml"));
        Map<String, Object> context = Map.of(
                "Values", values,
                "Release", Map.of("Namespace", namespace, "Name", "gyropilot", "Service", "gyro"),
                "Chart", Map.of("AppVersion", Objects.requireNonNull(chart.get("appVersion"))));
        List<String> objects = new ArrayList<>();
        for (String template : TEMPLATES) {
            String text = Template.render(template, read("templates/" + template), context);
            for (String document : text.split("(?m)^---\\s*$", -1)) {
                if (!document.isBlank()) {
                    objects.add(document.strip() + "\n");
                }
            }
        }
        return List.copyOf(objects);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> merge(String path, Map<String, Object> defaults, Map<String, ?> changes) {
        Map<String, Object> merged = new LinkedHashMap<>(defaults);
        changes.forEach((key, value) -> {
            String name = path.isEmpty() ? key : path + "." + key;
            Object known = defaults.get(key);
            if (known == null) {
                throw new ChartException(name + " is not a value of the chart; "
                        + Settings.nearest(key, defaults.keySet())
                                .map(guess -> "maybe you meant " + guess)
                                .orElse("there are: " + String.join(", ", defaults.keySet())));
            }
            if (known instanceof Map<?, ?> group && value instanceof Map<?, ?> change && !OPEN.contains(key)) {
                merged.put(key, merge(name, (Map<String, Object>) group, (Map<String, ?>) change));
            } else if (isAlike(known, value)) {
                merged.put(key, value);
            } else {
                throw new ChartException(
                        name + " is " + value + ", but must be of the same type as its default " + known);
            }
        });
        return merged;
    }

    private static boolean isAlike(Object known, Object value) {
        return switch (known) {
            case String text -> value instanceof String;
            case Integer number -> value instanceof Integer given && given >= 0;
            case Boolean truth -> value instanceof Boolean;
            case Map<?, ?> map -> value instanceof Map;
            case List<?> list -> value instanceof List;
            default -> false;
        };
    }

    /** A YAML text with a map. */
    public static Map<String, Object> map(String yaml) {
        try {
            return YAML.readValue(yaml, MAP);
        } catch (IOException e) {
            throw new ChartException(
                    "no map in YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    static String read(String file) {
        try (InputStream in = Objects.requireNonNull(Chart.class.getResourceAsStream("/chart/" + file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
