package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of model server runs.
 *
 * <p>{@code command} and {@code args} may use {@code $(MODEL_PATH)} (the model's file or folder in the container),
 * {@code $(MODEL_URI)}, {@code $(MODEL_NAME)} (the name that clients use), {@code $(PORT)} and {@code $(POD_IP)}.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record EngineSpec(
        @JsonPropertyDescription("What it is, in one line.") @Nullable
        String description,

        @JsonPropertyDescription("Model formats that it serves, such as onnx or gguf.")
        List<String> formats,

        @JsonPropertyDescription("OpenAI tasks that it answers: embeddings, chat, completions.")
        List<String> tasks,

        @JsonPropertyDescription("True when answers are made up: no model runs.") @Nullable
        Boolean simulated,

        @Required @Size(min = 1) @JsonPropertyDescription("Container image.")
        String image,

        @JsonPropertyDescription("Entry point; the image's own when absent.")
        List<String> command,

        @JsonPropertyDescription("Arguments, with $(MODEL_PATH), $(MODEL_URI), $(MODEL_NAME), $(PORT), $(POD_IP).")
        List<String> args,

        @JsonPropertyDescription("Environment variables.") List<EnvVar> env,

        @JsonPropertyDescription("Port on which it listens; 8000 when absent.") @Min(1) @Max(65535) @Nullable
        Integer port,

        @JsonPropertyDescription("How its health is probed.") @Nullable
        Health health,

        @JsonPropertyDescription("Where and under which names it reports its load.") @Nullable
        Metrics metrics,

        @JsonPropertyDescription("CPU and memory of one replica when the service names none.") @Nullable
        ResourceRequirements resources) {
    public EngineSpec {
        formats = formats == null ? List.of() : List.copyOf(formats);
        tasks = tasks == null ? List.of() : List.copyOf(tasks);
        command = command == null ? List.of() : List.copyOf(command);
        args = args == null ? List.of() : List.copyOf(args);
        env = env == null ? List.of() : List.copyOf(env);
    }

    /** The port on which the server listens. */
    public int portOrDefault() {
        return port == null ? 8000 : port;
    }

    /** Paths probed over HTTP. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Health(
            @JsonPropertyDescription("Path that answers 200 when requests can be served; /health when absent.")
            @Nullable
            String readyPath,

            @JsonPropertyDescription("Path that answers 200 while the process is sound; the ready path when absent.")
            @Nullable
            String livePath,

            @JsonPropertyDescription("Seconds that loading the model may take; 600 when absent.") @Min(1) @Nullable
            Integer startupSeconds) {}

    /** Prometheus metrics: path, and the names of the families that routing needs. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Metrics(
            @JsonPropertyDescription("Path of the metrics; /metrics when absent.") @Nullable
            String path,

            @JsonPropertyDescription("Gauge of waiting requests.") @Nullable
            String waiting,

            @JsonPropertyDescription("Gauge of running requests.") @Nullable
            String running,

            @JsonPropertyDescription("Gauge of the KV cache's use, 0 to 1.") @Nullable
            String kvCacheUse) {}
}
