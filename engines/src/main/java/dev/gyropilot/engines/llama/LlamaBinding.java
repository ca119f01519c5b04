package dev.gyropilot.engines.llama;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.NativeLibraries;
import dev.gyropilot.engines.http.Json;
import dev.gyropilot.engines.openai.CompletionRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * llama.cpp by way of its Java binding. One thread at a time.
 *
 * <p>Only what the binding does soundly is used: a template is applied first and the plain string generated from (its
 * own chat option runs an empty prompt), and nothing that pools embeddings (which ends the process). A fault in the
 * library ends the process all the same: hence a process of its own per model.
 */
final class LlamaBinding implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LlamaBinding.class);

    private final LlamaModel model;
    private final int contextTokens;

    private LlamaBinding(LlamaModel model, int contextTokens) {
        this.model = model;
        this.contextTokens = contextTokens;
    }

    /** Loads a checked file. */
    static LlamaBinding load(GgufFile file, int contextTokens, int threads, Path nativeCache) {
        if (NativeLibraries.isLinuxX64() && System.getProperty("de.kherud.llama.lib.path") == null) {
            // The binding itself unpacks under one fixed name, which two processes overwrite under each other.
            Path folder = NativeLibraries.unpack(
                    nativeCache, "llama-4.2.0", List.of("/de/kherud/llama/Linux/x86_64/libjllama.so"));
            System.setProperty("de.kherud.llama.lib.path", folder.toString());
        }
        try {
            LlamaModel.setLogger(LogFormat.TEXT, (level, line) -> {
                switch (level) {
                    case ERROR -> LOG.error("llama.cpp: {}", line.strip());
                    case WARN -> LOG.warn("llama.cpp: {}", line.strip());
                    case INFO, DEBUG -> LOG.debug("llama.cpp: {}", line.strip());
                }
            });
            ModelParameters parameters = new ModelParameters()
                    .setModel(file.path().toString())
                    .setCtxSize(contextTokens)
                    .setThreads(threads)
                    .setThreadsBatch(threads)
                    .setParallel(1)
                    .setGpuLayers(0);
            return new LlamaBinding(new LlamaModel(parameters), contextTokens);
        } catch (RuntimeException e) {
            // Its own exception type is not public.
            throw new EngineException(
                    Code.DATA,
                    "llama.cpp cannot load " + file.path() + " (" + e.getMessage()
                            + "). Its log above says why; a newer llama-server on the PATH is used instead when it is"
                            + " there.",
                    e);
        } catch (UnsatisfiedLinkError e) {
            throw new EngineException(
                    Code.SYSTEM,
                    "The built-in llama.cpp cannot be loaded on this system (" + e.getMessage()
                            + "). Install the library that it lacks, such as libgomp1, or put a llama-server on the PATH.",
                    e);
        }
    }

    int contextTokens() {
        return contextTokens;
    }

    /** The text to go on from: of a chat by the model's own template. */
    String prompt(CompletionRequest request) {
        if (!request.chat()) {
            return request.prompt();
        }
        var messages = Json.array();
        for (CompletionRequest.Message message : request.messages()) {
            messages.add(Json.object().put("role", message.role()).put("content", message.text()));
        }
        byte[] json = Json.bytes(Json.object().set("messages", messages));
        return model.applyTemplate(new String(json, StandardCharsets.UTF_8));
    }

    /** The number of tokens of a text. */
    int count(String text) {
        return model.encode(text).length;
    }

    /** Begins to generate. The iterator gives a piece a token, some of them empty; cancel it if it is not used up. */
    LlamaIterator generate(CompletionRequest request, String prompt, int maxTokens) {
        InferenceParameters parameters = new InferenceParameters(prompt)
                .setNPredict(maxTokens)
                .setTemperature((float) request.temperature())
                .setTopP((float) request.topP())
                .setIgnoreEos(request.ignoreEnd())
                .setCachePrompt(true);
        if (request.seed().isPresent()) {
            parameters.setSeed((int) request.seed().getAsLong());
        }
        if (!request.stop().isEmpty()) {
            parameters.setStopStrings(request.stop().toArray(new String[0]));
        }
        return model.generate(parameters).iterator();
    }

    @Override
    public void close() {
        model.close();
    }
}
