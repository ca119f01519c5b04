package dev.gyropilot.api.serving;

import dev.gyropilot.api.serving.ModelServiceSpec.ModelReference;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes ModelServices from what a person types. */
public final class ModelServices {
    private static final int NAME_LIMIT = 50;

    /** Models that come with the program, by the short names under which they are asked for. */
    private static final Map<String, String> BUILT_IN =
            Map.of("minilm", "builtin://minilm", "simulated", "builtin://simulated");

    private ModelServices() {}

    /** The short names of the models that come with the program, in order. */
    public static List<String> builtIn() {
        return BUILT_IN.keySet().stream().sorted().toList();
    }

    /**
     * The service for a model given by a short name ({@code minilm}), a file ({@code ./chat.gguf}), an address
     * ({@code https://…}, {@code hf://ORG/REPO/FILE}, {@code hf://ORG/REPO}) or else the name of a Model.
     *
     * @param name name of the service; made from the argument when null
     * @throws IllegalArgumentException with the remedy, when the argument or the name cannot be one
     */
    public static ModelService forArgument(String argument, @Nullable String name) {
        String text = argument.strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the model to deploy is empty: give a name such as minilm, a file, or an"
                    + " https:// or hf:// address");
        }
        ModelReference model = reference(text);
        var service = new ModelService();
        service.setMetadata(new ObjectMetaBuilder()
                .withName(name == null ? nameFor(text) : checked(name))
                .build());
        service.setSpec(new ModelServiceSpec(
                model, null, List.of(), List.of(), 1, null, null, List.of(), List.of(), Map.of(), List.of(), null));
        return service;
    }

    private static ModelReference reference(String text) {
        String builtIn = BUILT_IN.get(text);
        if (builtIn != null) {
            return uri(builtIn);
        }
        int scheme = text.indexOf("://");
        if (scheme >= 0) {
            if (!text.matches("(builtin|file|https?|hf|oci)://.+")) {
                throw new IllegalArgumentException("the address " + text + " begins with "
                        + text.substring(0, scheme + 3) + ": use file://, https://, http://, hf:// or oci://");
            }
            return uri(text);
        }
        if (looksLikeFile(text)) {
            return uri(Path.of(text).toAbsolutePath().normalize().toUri().toString());
        }
        return new ModelReference(text, null, null, null, null, null);
    }

    private static boolean looksLikeFile(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return text.contains("/") || text.contains("\\") || lower.endsWith(".gguf") || lower.endsWith(".onnx");
    }

    private static ModelReference uri(String uri) {
        return new ModelReference(null, null, null, uri, null, null);
    }

    /** A service's name out of the last part of a path or address: {@code SmolLM2-135M.Q8_0.gguf}: smollm2-135m-q8-0. */
    static String nameFor(String text) {
        String last = text.replaceFirst("[?#@].*$", "").replaceFirst("/+$", "");
        last = last.substring(last.lastIndexOf('/') + 1);
        last = last.replaceFirst("(?i)\\.(gguf|onnx|zip|tar|tar\\.gz)$", "").toLowerCase(Locale.ROOT);
        last = last.replaceAll("[^a-z0-9]+", "-").replaceFirst("^[^a-z]+", "");
        last = last.substring(0, Math.min(last.length(), NAME_LIMIT)).replaceFirst("-+$", "");
        if (last.isEmpty()) {
            throw new IllegalArgumentException(
                    "no service name can be made from " + text + ": give one with --name, such as --name chat");
        }
        return last;
    }

    private static String checked(String name) {
        if (name.length() > NAME_LIMIT || !name.matches("[a-z]([-a-z0-9]*[a-z0-9])?")) {
            throw new IllegalArgumentException("the service name " + name + " is not valid: at most " + NAME_LIMIT
                    + " lower-case letters, digits and '-', beginning with a letter. Maybe " + suggestion(name));
        }
        return name;
    }

    private static String suggestion(String name) {
        try {
            return nameFor(name);
        } catch (IllegalArgumentException e) {
            return "chat";
        }
    }
}
