package dev.gyropilot.operator.serving;

import dev.gyropilot.api.serving.Engine;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which engine runs a model, or why none does. */
sealed interface EngineChoice {
    record Chosen(Engine engine) implements EngineChoice {}

    /** No engine: the reason is one word for programs, the message names the thing and the remedy. */
    record None(String reason, String message) implements EngineChoice {}

    /**
     * The engine of that name, or else of those that serve the format, and the task where some do, the one with the highest
     * priority.
     */
    static EngineChoice choose(@Nullable String name, ModelSource.Found model, Collection<Engine> engines) {
        if (name != null) {
            return engines.stream()
                    .filter(e -> e.getMetadata().getName().equals(name))
                    .findFirst()
                    .<EngineChoice>map(Chosen::new)
                    .orElseGet(() ->
                            new None("EngineNotFound", "there is no Engine " + name + ": known are " + names(engines)));
        }
        if (model.format().isEmpty()) {
            return new None(
                    "FormatUnknown",
                    "the format of " + model.uri() + " cannot be told from its name: set spec.model.format (such as "
                            + "safetensors, gguf or onnx) or spec.engine; known engines are " + names(engines));
        }
        List<Engine> able = preferred(
                model,
                engines.stream()
                        .filter(e -> e.getSpec().formats().contains(model.format()))
                        .toList());
        return switch (able.size()) {
            case 1 -> new Chosen(able.getFirst());
            case 0 ->
                new None(
                        "NoEngineForFormat",
                        "no Engine serves the format " + model.format() + ": create one, or set spec.engine; known are "
                                + names(engines));
            default ->
                new None(
                        "EngineAmbiguous",
                        "several Engines serve the format " + model.format() + ": set spec.engine to one of "
                                + names(able) + ", or give one of them a higher spec.priority");
        };
    }

    /** Those with the highest priority among the ones that answer the model's task, where it has one that any answers. */
    private static List<Engine> preferred(ModelSource.Found model, List<Engine> able) {
        List<Engine> fit = able.stream()
                .filter(e -> model.task() != null && e.getSpec().tasks().contains(model.task()))
                .toList();
        List<Engine> candidates = fit.isEmpty() ? able : fit;
        int highest = candidates.stream()
                .mapToInt(e -> e.getSpec().priorityOrDefault())
                .max()
                .orElse(0);
        return candidates.stream()
                .filter(e -> e.getSpec().priorityOrDefault() == highest)
                .toList();
    }

    private static String names(Collection<Engine> engines) {
        return engines.isEmpty()
                ? "none"
                : String.join(
                        ", ",
                        engines.stream()
                                .map(e -> e.getMetadata().getName()
                                        + (e.getSpec().formats().isEmpty()
                                                ? ""
                                                : " ("
                                                        + String.join(
                                                                ", ",
                                                                e.getSpec().formats()) + ")"))
                                .sorted()
                                .toList());
    }
}
