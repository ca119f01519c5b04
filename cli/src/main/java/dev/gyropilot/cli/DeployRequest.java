package dev.gyropilot.cli;

import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServices;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a person asked to deploy: a manifest file, or a model by name, file or address. */
sealed interface DeployRequest {
    /** A manifest with any kinds. */
    record Manifest(Path file, String text) implements DeployRequest {}

    /** One model service. */
    record Service(ModelService service) implements DeployRequest {}

    /**
     * @param argument {@code minilm}, FILE.yaml, FILE.gguf, FILE.onnx, https://… or hf://…
     * @param name name of the service, or null for one made from the argument
     */
    static DeployRequest parse(String argument, @Nullable String name) {
        String lower = argument.toLowerCase(Locale.ROOT);
        if (!argument.contains("://")
                && (lower.endsWith(".yaml") || lower.endsWith(".yml") || lower.endsWith(".json"))) {
            Path file = Path.of(argument);
            try {
                return new Manifest(file, Files.readString(file));
            } catch (IOException e) {
                throw new CliError(
                        "cannot read the manifest " + file.toAbsolutePath() + ": "
                                + (Files.exists(file) ? e.getMessage() : "there is no such file"),
                        "Check the path.",
                        e);
            }
        }
        try {
            ModelService service = ModelServices.forArgument(argument, name);
            if (!argument.contains("://")) {
                checkFile(service.getSpec().model().uri());
            }
            return new Service(service);
        } catch (IllegalArgumentException e) {
            throw new CliError(String.valueOf(e.getMessage()), "", e);
        }
    }

    /** A path that was typed here is meant here; an address with file:// may mean a node's file. */
    private static void checkFile(@Nullable String uri) {
        if (uri != null && uri.startsWith("file:")) {
            Path file = Path.of(URI.create(uri));
            if (!Files.exists(file)) {
                throw new CliError("cannot read the model " + file + ": there is no such file", "Check the path.");
            }
        }
    }
}
