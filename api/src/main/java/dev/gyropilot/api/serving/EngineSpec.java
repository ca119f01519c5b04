package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of model server runs.
 *
 * <p>{@code command} and {@code args} may use {@code $(MODEL_PATH)} (the model's file or folder in the container),
 * {@code $(MODEL_URI)}, {@code $(MODEL_NAME)} (the name that clients use), {@code $(DEVICE_COUNT)} (how many devices a
 * replica gets, at least 1), {@code $(PORT)} and {@code $(POD_IP)}.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record EngineSpec(
        @JsonPropertyDescription("What it is, in one line.") @Nullable
        String description,

        @JsonPropertyDescription("Model formats that it serves, such as onnx or gguf.")
        List<String> formats,

        @JsonPropertyDescription("OpenAI tasks that it answers: embeddings, chat, completions.")
        List<String> tasks,

        @JsonPropertyDescription(
                "Of several engines that serve a format the one with the highest priority is chosen; 0 when absent.")
        @Nullable
        Integer priority,

        @JsonPropertyDescription("True when answers are made up: no model runs.") @Nullable
        Boolean simulated,

        @Required @Size(min = 1) @JsonPropertyDescription("Container image.")
        String image,

        @JsonPropertyDescription(
                "Secrets of the service's namespace with which the image is pulled; those that do not exist are ignored.")
        @Size(max = 16)
        List<String> pullSecrets,

        @JsonPropertyDescription("Entry point; the image's own when absent.")
        List<String> command,

        @JsonPropertyDescription(
                "Arguments, with $(MODEL_PATH), $(MODEL_URI), $(MODEL_NAME), $(DEVICE_COUNT), $(PORT), $(POD_IP).")
        List<String> args,

        @JsonPropertyDescription("Environment variables.") List<EnvVar> env,

        @JsonPropertyDescription("Port on which it listens; 8000 when absent.") @Min(1) @Max(65535) @Nullable
        Integer port,

        @JsonPropertyDescription(
                "Size of /dev/shm, such as 8Gi, for engines whose processes share memory; it counts as the pod's memory.")
        @Nullable
        Quantity sharedMemory,

        @JsonPropertyDescription("Folders in the container that the server writes to; they end with the pod.")
        @Size(max = 16)
        List<String> writablePaths,

        @JsonPropertyDescription("How its health is probed.") @Nullable
        Health health,

        @JsonPropertyDescription("Where and under which names it reports its load.") @Nullable
        Metrics metrics,

        @JsonPropertyDescription(
                "CPU and memory of one replica when the service names none, and the extended resources, such as nvidia.com/gpu,"
                        + " when it names no devices and no extended resource of its own.")
        @Nullable
        ResourceRequirements resources) {
    public EngineSpec {
        formats = formats == null ? List.of() : List.copyOf(formats);
        tasks = tasks == null ? List.of() : List.copyOf(tasks);
        pullSecrets = pullSecrets == null ? List.of() : List.copyOf(pullSecrets);
        command = command == null ? List.of() : List.copyOf(command);
        args = args == null ? List.of() : List.copyOf(args);
        env = env == null ? List.of() : List.copyOf(env);
        writablePaths = writablePaths == null ? List.of() : List.copyOf(writablePaths);
    }

    /** The port on which the server listens. */
    public int portOrDefault() {
        return port == null ? 8000 : port;
    }

    /** Its rank among engines that serve the same format. */
    public int priorityOrDefault() {
        return priority == null ? 0 : priority;
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

            @JsonPropertyDescription("Port of the metrics; the server's own when absent.") @Min(1) @Max(65535) @Nullable
            Integer port,

            @JsonPropertyDescription("Gauge of waiting requests.") @Nullable
            String waiting,

            @JsonPropertyDescription("Gauge of running requests.") @Nullable
            String running,

            @JsonPropertyDescription("Gauge of the KV cache's use, 0 to 1.") @Nullable
            String kvCacheUse) {}
}
