package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The versions of a {@link Model}, oldest first, and the aliases that point at them. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
        value = "!has(self.aliases) || self.aliases.all(a, self.versions.exists(v, v.name == self.aliases[a]))",
        message = "each alias must name one of spec.versions: add the version or remove the alias")
public record ModelSpec(
        @JsonPropertyDescription("What the model does: embeddings, chat, completions, classification.") @Nullable
        String task,

        @Required @Size(min = 1, max = 100) @JsonPropertyDescription("Versions, oldest first.")
        List<Version> versions,

        @Size(max = 100) @JsonPropertyDescription("Alias to version name, such as champion: \"3\".")
        Map<String, String> aliases) {
    public ModelSpec {
        versions = versions == null ? List.of() : List.copyOf(versions);
        aliases = aliases == null ? Map.of() : Map.copyOf(aliases);
    }

    /** One version: immutable content at a URI. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "self.uri.matches('^(builtin|file|https?|hf|oci)://.+')",
            message =
                    "uri must start with builtin://, file://, https://, http://, hf:// or oci://, such as builtin://minilm,"
                            + " file:///models/chat.gguf, hf://ORG/REPO or hf://ORG/REPO/FILE")
    @ValidationRule(
            value = "!has(self.sha256) || self.sha256.matches('^[0-9a-f]{64}$')",
            message = "sha256 must be 64 lower-case hexadecimal digits, as sha256sum prints them")
    public record Version(
            @Required @Size(min = 1, max = 63) @JsonPropertyDescription("Name of the version.")
            String name,

            @Required
            @Size(min = 1, max = 2048)
            @JsonPropertyDescription(
                    "Where it lies: builtin://NAME, file:///PATH, https://HOST/PATH, hf://ORG/REPO[/FILE][@REVISION] or"
                            + " oci://REGISTRY/REPOSITORY[:TAG][@DIGEST][#PATH], an image that holds it.")
            String uri,

            @JsonPropertyDescription(
                    "SHA-256, 64 hexadecimal digits: of the file; of a whole repository, over the lines of sha256sum for its"
                            + " files, sorted by path; of an image, its digest.")
            @Size(max = 128)
            @Nullable
            String sha256,

            @JsonPropertyDescription("Format, such as safetensors, gguf or onnx; guessed from the URI when absent.")
            @Nullable
            String format) {}
}
