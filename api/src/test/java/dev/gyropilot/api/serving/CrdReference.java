package dev.gyropilot.api.serving;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/** Renders the reference page of the resource kinds from their CRDs. */
final class CrdReference {
    /** Schemas of Kubernetes' own that the page names instead of repeating. */
    private static final Map<String, String> BORROWED = Map.of(
            "env", "list of core/v1 EnvVar",
            "resources", "core/v1 ResourceRequirements",
            "tolerations", "list of core/v1 Toleration",
            "conditions", "list of meta/v1 Condition");

    private final StringBuilder page = new StringBuilder();

    static String render(Map<String, String> crds) throws IOException {
        var reference = new CrdReference();
        reference.page.append("""
                # Resources of `gyropilot.dev`

                Generated from the CRDs, which `kubectl explain` shows too. A field marked * is required.
                """);
        for (String crd : crds.values()) {
            reference.kind(CrdFiles.parse(crd).path("spec"));
        }
        return reference.page.toString();
    }

    private void kind(JsonNode spec) {
        JsonNode version = spec.at("/versions/0");
        JsonNode schema = version.at("/schema/openAPIV3Schema");
        page.append("\n## ").append(spec.at("/names/kind").textValue()).append("\n\n");
        page.append(schema.path("description").textValue()).append("\n\n");
        page.append("`")
                .append(spec.path("group").textValue())
                .append('/')
                .append(version.path("name").textValue())
                .append("`, ")
                .append("Namespaced".equals(spec.path("scope").textValue()) ? "in a namespace" : "cluster-wide");
        if (spec.at("/names/shortNames").size() > 0) {
            page.append(", short names ").append(join(spec.at("/names/shortNames")));
        }
        page.append(".\n\n| field | type | meaning |\n|---|---|---|\n");
        fields(schema.at("/properties/spec"), "spec");
        fields(schema.at("/properties/status"), "status");
        rules(schema.at("/properties/spec"), "spec");
    }

    private void fields(JsonNode schema, String path) {
        Set<String> required = new HashSet<>();
        schema.path("required").forEach(r -> required.add(r.textValue()));
        schema.path("properties").properties().forEach(p -> {
            JsonNode field = p.getValue();
            String at = path + "." + p.getKey();
            String borrowed = BORROWED.get(p.getKey());
            page.append("| `").append(at).append(required.contains(p.getKey()) ? "` *" : "`");
            page.append(" | ").append(borrowed == null ? type(field) : borrowed);
            page.append(" | ")
                    .append(field.path("description").asText("").replace("|", "\\|"))
                    .append(limits(field))
                    .append(" |\n");
            if (borrowed == null) {
                fields(field, at);
                fields(field.path("items"), at + "[]");
            }
        });
    }

    private void rules(JsonNode schema, String path) {
        schema.path("x-kubernetes-validations")
                .forEach(rule -> page.append("\n- `")
                        .append(path)
                        .append("`: ")
                        .append(rule.path("message").textValue()));
        schema.path("properties").properties().forEach(p -> rules(p.getValue(), path + "." + p.getKey()));
        if (schema.has("items")) {
            rules(schema.get("items"), path + "[]");
        }
        if (path.equals("spec")) {
            page.append('\n');
        }
    }

    private static String type(JsonNode field) {
        return switch (field.path("type").asText("")) {
            case "array" -> "list of " + type(field.path("items"));
            case "object" ->
                field.path("additionalProperties").isObject()
                        ? "map of " + type(field.path("additionalProperties"))
                        : "object";
            case "" -> "quantity";
            case String scalar -> scalar;
        };
    }

    private static String limits(JsonNode field) {
        var text = new StringBuilder();
        if (field.has("default")) {
            text.append(" Default ").append(field.get("default")).append('.');
        }
        if (field.has("minimum") && field.has("maximum")) {
            text.append(" From ")
                    .append(field.get("minimum"))
                    .append(" to ")
                    .append(field.get("maximum"))
                    .append('.');
        } else if (field.has("minimum")) {
            text.append(" At least ").append(field.get("minimum")).append('.');
        }
        return text.toString();
    }

    private static String join(JsonNode names) {
        return String.join(
                ", ",
                StreamSupport.stream(names.spliterator(), false)
                        .map(n -> "`" + n.textValue() + "`")
                        .toList());
    }
}
