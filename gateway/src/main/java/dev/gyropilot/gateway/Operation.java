package dev.gyropilot.gateway;

import org.jspecify.annotations.Nullable;

/** The operations of the OpenAI API that go to a model. */
enum Operation {
    CHAT("/v1/chat/completions", "chat"),
    COMPLETIONS("/v1/completions", "text_completion"),
    EMBEDDINGS("/v1/embeddings", "embeddings"),
    RESPONSES("/v1/responses", "responses"),
    TOKENIZE("/tokenize", "tokenize"),
    DETOKENIZE("/detokenize", "detokenize");

    private static final Operation[] ALL = values();

    private final String path;
    private final String telemetryName;

    Operation(String path, String telemetryName) {
        this.path = path;
        this.telemetryName = telemetryName;
    }

    String path() {
        return path;
    }

    /** OpenTelemetry's {@code gen_ai.operation.name}. */
    String telemetryName() {
        return telemetryName;
    }

    /** Whether its streams are asked for with {@code stream_options} and end with {@code [DONE]}. */
    boolean streamsChunks() {
        return this == CHAT || this == COMPLETIONS;
    }

    static @Nullable Operation of(String path) {
        for (Operation operation : ALL) {
            if (operation.path.equals(path)) {
                return operation;
            }
        }
        return null;
    }
}
