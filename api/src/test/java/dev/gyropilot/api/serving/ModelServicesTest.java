package dev.gyropilot.api.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelServicesTest {
    @ParameterizedTest
    @CsvSource({
        "minilm, minilm, builtin://minilm",
        "simulated, simulated, builtin://simulated",
        "hf://org/repo/SmolLM2-135M.Q8_0.gguf, smollm2-135m-q8-0, hf://org/repo/SmolLM2-135M.Q8_0.gguf",
        "https://host/a/chat.gguf?x=1, chat, https://host/a/chat.gguf?x=1",
        "hf://org/repo/chat.gguf@main, chat, hf://org/repo/chat.gguf@main",
        "hf://Qwen/Qwen3-8B@main, qwen3-8b, hf://Qwen/Qwen3-8B@main",
        "oci://registry.example/models/chat:1, chat-1, oci://registry.example/models/chat:1",
        "/models/Chat.GGUF, chat, file:///models/Chat.GGUF",
    })
    void namesServiceAfterModel(String argument, String name, String uri) {
        var service = ModelServices.forArgument(argument, null);
        assertThat(service.getMetadata().getName()).isEqualTo(name);
        assertThat(service.getSpec().model().uri()).isEqualTo(uri);
    }

    @Test
    void relativeFileBecomesAbsolute() {
        var service = ModelServices.forArgument("chat.gguf", "my-chat");
        assertThat(service.getMetadata().getName()).isEqualTo("my-chat");
        assertThat(service.getSpec().model().uri())
                .isEqualTo(Path.of("chat.gguf").toAbsolutePath().toUri().toString());
    }

    @Test
    void otherWordsNameModel() {
        assertThat(ModelServices.forArgument("fraud", null).getSpec().model().name())
                .isEqualTo("fraud");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "minilm|My_Chat|Maybe my-chat",
                "ftp://x/y||use file://, https://, http://, hf:// or oci://",
                "hf://org/repo/123.gguf||give one with --name",
                "''||is empty",
            })
    void refusesWithRemedy(String argument, String name, String remedy) {
        assertThatThrownBy(() -> ModelServices.forArgument(argument, name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(remedy);
    }
}
