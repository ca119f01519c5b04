package dev.gyropilot.operator.serving;

import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelServiceSpec.ModelReference;
import dev.gyropilot.api.serving.ModelSpec.Version;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where a service's model lies, or why that is not known. */
sealed interface ModelSource {
    /**
     * A model at a URI.
     *
     * @param title how people name it: the Model's name and version, or the URI
     * @param format such as {@code onnx}; empty when it can not be told
     * @param task what it does, such as {@code chat}; null when nobody has said it
     */
    record Found(
            String title,
            String uri,
            @Nullable String sha256,
            String format,
            @Nullable String task) implements ModelSource {
        private static final String BUILT_IN = "builtin://";
        private static final String IMAGE = "oci://";

        /** Whether it comes with the engine and needs no download. */
        boolean isBuiltIn() {
            return uri.startsWith(BUILT_IN);
        }

        /** Whether it lies in an image that the node pulls, keeps and checks by its digest. */
        boolean isImage() {
            return uri.startsWith(IMAGE);
        }

        /** Whether a download comes before the server. */
        boolean isFetched() {
            return !isBuiltIn() && !isImage();
        }

        /** The reference of the image that holds it, by its digest where that is known. */
        String image() {
            String reference = uri.substring(IMAGE.length()).replaceFirst("#.*$", "");
            return sha256 == null || reference.contains("@") ? reference : reference + "@sha256:" + sha256;
        }

        /** Where it lies in that image; empty for its root. */
        String pathInImage() {
            int hash = uri.indexOf('#');
            return hash < 0 ? "" : uri.substring(hash + 1).replaceFirst("^/+", "");
        }
    }

    /** No model: the reason is one word for programs, the message names the thing and the remedy. */
    record Missing(String reason, String message) implements ModelSource {}

    /** Formats of the models that come with the engines. */
    Map<String, String> BUILT_IN_FORMATS = Map.of("builtin://minilm", "onnx", "builtin://simulated", "simulated");

    /** The format of a whole repository of a model hub, which is what its libraries write. */
    String REPOSITORY_FORMAT = "safetensors";

    /** Formats by the ending of a file's name. */
    Map<String, String> FORMATS_BY_ENDING = Map.of(".onnx", "onnx", ".gguf", "gguf");

    /**
     * Resolves a reference.
     *
     * @param models finds a Model by its name
     */
    static ModelSource resolve(ModelReference reference, Function<String, Optional<Model>> models) {
        String uri = reference.uri();
        if (uri != null) {
            return at(uri, uri, reference.sha256(), reference.format(), null);
        }
        String name = Objects.requireNonNull(reference.name(), "the CRD wants a name or a URI");
        Optional<Model> model = models.apply(name);
        if (model.isEmpty()) {
            return new Missing(
                    "ModelNotFound",
                    "there is no Model " + name + " in this namespace: create it, or set spec.model.uri instead");
        }
        return version(model.get(), reference);
    }

    private static ModelSource version(Model model, ModelReference reference) {
        List<Version> versions = model.getSpec().versions();
        String name = model.getMetadata().getName();
        String wanted = reference.version();
        if (reference.alias() != null) {
            wanted = model.getSpec().aliases().get(reference.alias());
            if (wanted == null) {
                return new Missing(
                        "AliasNotFound",
                        "Model " + name + " has no alias " + reference.alias() + ": known are "
                                + list(model.getSpec().aliases().keySet().stream()
                                        .sorted()
                                        .toList()));
            }
        }
        String sought = wanted;
        Optional<Version> version = sought == null
                ? Optional.of(versions.getLast())
                : versions.stream().filter(v -> v.name().equals(sought)).findFirst();
        return version.map(v -> at(
                        name + " version " + v.name(),
                        v.uri(),
                        v.sha256(),
                        v.format(),
                        model.getSpec().task()))
                .orElseGet(() -> new Missing(
                        "VersionNotFound",
                        "Model " + name + " has no version " + sought + ": known are "
                                + list(versions.stream().map(Version::name).toList())));
    }

    private static ModelSource at(
            String title, String uri, @Nullable String sha256, @Nullable String format, @Nullable String task) {
        if (uri.startsWith(Found.BUILT_IN) && !BUILT_IN_FORMATS.containsKey(uri)) {
            return new Missing(
                    "ModelNotFound",
                    "there is no built-in model " + uri + ": known are "
                            + list(BUILT_IN_FORMATS.keySet().stream().sorted().toList()));
        }
        var found = new Found(title, uri, sha256, format == null ? guess(uri) : format, task);
        if (found.isImage() && sha256 != null && !found.image().endsWith("@sha256:" + sha256)) {
            return new Missing(
                    "DigestMismatch",
                    "the image " + found.image() + " is not the one of sha256 " + sha256
                            + ": give one digest, not two");
        }
        return found;
    }

    private static String guess(String uri) {
        String builtIn = BUILT_IN_FORMATS.get(uri);
        if (builtIn != null) {
            return builtIn;
        }
        if (uri.matches("hf://[^/@]+/[^/@]+/?(@.*)?")) {
            return REPOSITORY_FORMAT;
        }
        // In an image the model's own name comes after the hash sign.
        String path = (uri.startsWith(Found.IMAGE)
                        ? uri.replaceFirst("^[^#]*#?", "")
                        : uri.replaceFirst("[?#@].*$", ""))
                .toLowerCase(Locale.ROOT);
        return FORMATS_BY_ENDING.entrySet().stream()
                .filter(e -> path.endsWith(e.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("");
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
