package dev.gyropilot.operator.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.EngineSpec;
import dev.gyropilot.api.serving.ModelServiceSpec.ModelReference;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineChoiceTest {
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            hf://acme/tiny,                               -,           vllm
            hf://acme/tiny/,                              -,           vllm
            hf://acme/tiny@refs/pr/1,                     -,           vllm
            hf://acme/tiny/m.gguf@main,                   -,           llama-cpp
            https://host/m.GGUF?x=1,                      -,           llama-cpp
            file:///models/m.onnx,                        -,           onnx
            file:///models/tiny,                          safetensors, vllm
            file:///models/repository,                    triton,      triton
            oci://host/models/tiny:1#m.gguf,              -,           llama-cpp
            oci://host/m.gguf:1,                          safetensors, vllm
            builtin://simulated,                          -,           simulated
            """)
    void choosesByFormat(String uri, @Nullable String format, String engine) {
        assertThat(choose(null, uri, format, BuiltInEngines.all()))
                .isInstanceOfSatisfying(
                        EngineChoice.Chosen.class,
                        chosen -> assertThat(chosen.engine().getMetadata().getName())
                                .isEqualTo(engine));
    }

    @ParameterizedTest
    @CsvSource({"sglang", "tgi", "nim", "vllm"})
    void namedEngineGoesBeforeTheDefault(String name) {
        assertThat(choose(name, "hf://acme/tiny", null, BuiltInEngines.all()))
                .isInstanceOfSatisfying(
                        EngineChoice.Chosen.class,
                        chosen -> assertThat(chosen.engine().getMetadata().getName())
                                .isEqualTo(name));
    }

    @Test
    void anotherOfTheSamePriorityIsAmbiguous() {
        List<Engine> engines = new ArrayList<>(BuiltInEngines.all());
        Engine own = BuiltInEngines.all().stream()
                .filter(e -> e.getMetadata().getName().equals("vllm"))
                .findFirst()
                .orElseThrow();
        own.getMetadata().setName("own-vllm");
        engines.add(own);
        assertThat(choose(null, "hf://acme/tiny", null, engines))
                .isInstanceOfSatisfying(EngineChoice.None.class, none -> {
                    assertThat(none.reason()).isEqualTo("EngineAmbiguous");
                    assertThat(none.message())
                            .contains("own-vllm (safetensors), vllm (safetensors)", "higher spec.priority")
                            .doesNotContain("sglang");
                });
    }

    @Test
    void formatThatNobodyCanTellIsAskedFor() {
        assertThat(choose(null, "oci://host/models/tiny:1", null, BuiltInEngines.all()))
                .isInstanceOfSatisfying(
                        EngineChoice.None.class,
                        none -> assertThat(none.reason()).isEqualTo("FormatUnknown"));
    }

    @Test
    void taskGoesBeforePriority() {
        var asked = new ModelSource.Found("tiny", "hf://acme/tiny", null, "safetensors", "embeddings");
        List<Engine> engines = new ArrayList<>(BuiltInEngines.all());
        Engine chatOnly = BuiltInEngines.all().stream()
                .filter(e -> e.getMetadata().getName().equals("sglang"))
                .findFirst()
                .orElseThrow();
        chatOnly.getMetadata().setName("first");
        chatOnly.setSpec(Serialization.unmarshal(
                Serialization.asYaml(chatOnly.getSpec()).replace("priority: -10", "priority: 10"), EngineSpec.class));
        engines.add(chatOnly);
        assertThat(EngineChoice.choose(null, asked, engines))
                .isInstanceOfSatisfying(
                        EngineChoice.Chosen.class,
                        chosen -> assertThat(chosen.engine().getMetadata().getName())
                                .isEqualTo("vllm"));
        var unasked = new ModelSource.Found("tiny", "hf://acme/tiny", null, "safetensors", null);
        assertThat(EngineChoice.choose(null, unasked, engines))
                .isInstanceOfSatisfying(
                        EngineChoice.Chosen.class,
                        chosen -> assertThat(chosen.engine().getMetadata().getName())
                                .isEqualTo("first"));
    }

    @Test
    void digestOfAnImageIsItsReference() {
        String sha256 = "ab".repeat(32);
        assertThat(ModelSource.resolve(
                        new ModelReference(null, null, null, "oci://host/m:1#x.gguf", sha256, null),
                        _ -> Optional.empty()))
                .isInstanceOfSatisfying(ModelSource.Found.class, found -> {
                    assertThat(found.image()).isEqualTo("host/m:1@sha256:" + sha256);
                    assertThat(found.pathInImage()).isEqualTo("x.gguf");
                });
        assertThat(ModelSource.resolve(
                        new ModelReference(null, null, null, "oci://host/m@sha256:" + "cd".repeat(32), sha256, null),
                        _ -> Optional.empty()))
                .isInstanceOfSatisfying(
                        ModelSource.Missing.class,
                        missing -> assertThat(missing.reason()).isEqualTo("DigestMismatch"));
    }

    private static EngineChoice choose(
            @Nullable String name, String uri, @Nullable String format, List<Engine> engines) {
        var model = (ModelSource.Found)
                ModelSource.resolve(new ModelReference(null, null, null, uri, null, format), _ -> Optional.empty());
        return EngineChoice.choose(name, model, engines);
    }
}
