package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The wish of a {@link ModelService}. Absent lists and maps are empty, never null. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ModelServiceSpec(
        @Required @JsonPropertyDescription("The model to serve: a Model by name, or a URI.")
        ModelReference model,

        @JsonPropertyDescription("Name of the Engine that runs the model; chosen by the model's format when absent.")
        @Nullable
        String engine,

        @JsonPropertyDescription("Arguments added to the engine's own.") @Size(max = 256)
        List<String> args,

        @JsonPropertyDescription("Environment variables added to the engine's own.") @Size(max = 256)
        List<EnvVar> env,

        @JsonPropertyDescription(
                "How many replicas run while the service is awake, kept within scaling.minReplicas and scaling.maxReplicas;"
                        + " 0 switches it off, or puts it to sleep when scaling.minReplicas is 0.")
        @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(10000)
        @Nullable
        Integer replicas,

        @JsonPropertyDescription("When the service may go to zero.") @Nullable
        Scaling scaling,

        @JsonPropertyDescription("CPU and memory of one replica; the engine's own default when absent.") @Nullable
        ResourceRequirements resources,

        @JsonPropertyDescription("Devices of one replica, allocated by dynamic resource allocation.") @Size(max = 32)
        List<DeviceRequest> devices,

        @JsonPropertyDescription("Other model names under which the gateway answers.") @Size(max = 64)
        List<String> aliases,

        @JsonPropertyDescription("Labels that a node must have.")
        Map<String, String> nodeSelector,

        @JsonPropertyDescription("Node taints that the replicas tolerate.")
        List<Toleration> tolerations,

        @JsonPropertyDescription("How a change is rolled out.") @Nullable
        Rollout rollout) {

    public ModelServiceSpec {
        args = args == null ? List.of() : List.copyOf(args);
        env = env == null ? List.of() : List.copyOf(env);
        devices = devices == null ? List.of() : List.copyOf(devices);
        aliases = aliases == null ? List.of() : List.copyOf(aliases);
        nodeSelector = nodeSelector == null ? Map.of() : Map.copyOf(nodeSelector);
        tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
    }

    /** Which model: exactly one of {@code name} and {@code uri}. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @ValidationRule(
            value = "has(self.name) != has(self.uri)",
            message = "set exactly one of model.name (a Model in this namespace) and model.uri")
    @ValidationRule(
            value = "!has(self.version) || !has(self.alias)",
            message = "set at most one of model.version and model.alias")
    @ValidationRule(
            value = "!has(self.uri) || self.uri.matches('^(builtin|file|https?|hf|oci)://.+')",
            message = "model.uri must start with builtin://, file://, https://, http://, hf:// or oci://, such as"
                    + " builtin://minilm, file:///models/chat.gguf, hf://ORG/REPO or hf://ORG/REPO/FILE")
    @ValidationRule(
            value = "!has(self.name) || (!has(self.sha256) && !has(self.format))",
            message = "model.sha256 and model.format go with model.uri: for a Model by name, set them on its version")
    @ValidationRule(
            value = "has(self.name) || (!has(self.version) && !has(self.alias))",
            message = "model.version and model.alias go with model.name: remove them or name a Model")
    @ValidationRule(
            value = "!has(self.sha256) || self.sha256.matches('^[0-9a-f]{64}$')",
            message = "model.sha256 must be 64 lower-case hexadecimal digits, as sha256sum prints them")
    public record ModelReference(
            @JsonPropertyDescription("Name of a Model in the same namespace.") @Size(min = 1, max = 253) @Nullable
            String name,

            @JsonPropertyDescription("Version of that Model; the newest when absent.") @Nullable
            String version,

            @JsonPropertyDescription("Alias of that Model, such as champion.") @Nullable
            String alias,

            @JsonPropertyDescription(
                    "Where the model lies: builtin://NAME, file:///PATH, https://HOST/PATH, hf://ORG/REPO[/FILE][@REVISION] or"
                            + " oci://REGISTRY/REPOSITORY[:TAG][@DIGEST][#PATH], an image that holds it.")
            @Size(max = 2048)
            @Nullable
            String uri,

            @JsonPropertyDescription(
                    "SHA-256 of the model, 64 hexadecimal digits, checked after the download: of the file; of a whole"
                            + " repository, over the lines of sha256sum for its files, sorted by path; of an image, its digest.")
            @Size(max = 128)
            @Nullable
            String sha256,

            @JsonPropertyDescription(
                    "Format of the model, such as safetensors, gguf or onnx; guessed from the URI when absent.")
            @Nullable
            String format) {}

    /** When the service may go to zero, and when it comes back. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "!has(self.maxReplicas) || !has(self.minReplicas) || self.maxReplicas >= self.minReplicas",
            message = "scaling.maxReplicas is below scaling.minReplicas: raise one or lower the other")
    public record Scaling(
            @JsonPropertyDescription("Lowest number of replicas; 0 lets an idle service go to zero.") @Min(0) @Nullable
            Integer minReplicas,

            @JsonPropertyDescription("Highest number of replicas.") @Min(1) @Nullable
            Integer maxReplicas,

            @JsonPropertyDescription(
                    "Seconds without a request after which a service with minReplicas 0 goes to zero; 300 when absent.")
            @Min(1)
            @Nullable
            Integer idleSeconds) {}

    /** Devices of one class for each replica. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record DeviceRequest(
            @Required @JsonPropertyDescription("Name of the DeviceClass.")
            String deviceClassName,

            @JsonPropertyDescription("How many devices; 1 when absent.") @Min(1) @Nullable
            Integer count,

            @JsonPropertyDescription("CEL selectors over the device, all of which must hold.") @Nullable
            List<String> selectors) {}

    /** How a change is rolled out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Rollout(
            @JsonPropertyDescription(
                    "Seconds after which a new revision that is not ready is reported as failed; 600 when absent.")
            @Min(1)
            @Nullable
            Integer progressDeadlineSeconds) {}
}
