package dev.gyropilot.engines.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** Finds an encoder's files, in a folder, beside an .onnx file, or built into the program, and loads them. */
final class ModelFiles {
    /** What BERT's position table holds when the model's files say nothing else. */
    private static final int POSITIONS = 512;

    /** The published limit of all-MiniLM-L6-v2, which its tokenizer file does not carry. */
    private static final int MINILM_TOKENS = 256;

    private static final int MINILM_BYTES = 22_972_370;

    private static final String MINILM = "/all-minilm-l6-v2-q";

    private ModelFiles() {}

    /** Loads a built-in model. {@code maxTokens} 0 takes the model's own limit. */
    static EmbeddingModel builtin(String uri, int maxTokens) {
        if (!uri.equals("builtin://minilm")) {
            throw new EngineException(
                    Code.USAGE,
                    "There is no built-in model " + uri + "; known is builtin://minilm. For others give --model-path.");
        }
        WordPiece tokenizer = WordPiece.read(resource(MINILM + "-tokenizer.json"), uri + " tokenizer.json");
        try (Arena arena = Arena.ofConfined();
                InputStream in = stream(MINILM + ".onnx")) {
            // Outside the heap, so that the heap can stay small.
            MemorySegment segment = arena.allocate(MINILM_BYTES);
            ByteBuffer buffer = segment.asByteBuffer();
            byte[] part = new byte[1 << 16];
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                buffer.put(part, 0, n);
            }
            return new EmbeddingModel(buffer.flip(), uri, tokenizer, limit(maxTokens, MINILM_TOKENS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = stream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream stream(String name) {
        InputStream in = ModelFiles.class.getResourceAsStream(name);
        if (in == null) {
            throw new EngineException(Code.INTERNAL, "The program lacks its resource " + name + ".");
        }
        return in;
    }

    /** Loads from a folder or an .onnx file with {@code tokenizer.json} beside it. */
    static EmbeddingModel open(Path path, int maxTokens) {
        Path model = modelFile(path);
        Path folder = Objects.requireNonNull(model.toAbsolutePath().getParent());
        Path tokenizerFile = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(tokenizerFile)) {
            throw new EngineException(
                    Code.NOT_FOUND,
                    "There is no " + tokenizerFile + "; put the model's tokenizer.json beside " + model + ".");
        }
        try {
            WordPiece tokenizer = WordPiece.read(Files.readAllBytes(tokenizerFile), tokenizerFile.toString());
            int own = ownLimit(folder, tokenizer);
            try (FileChannel channel = FileChannel.open(model);
                    Arena arena = Arena.ofConfined()) {
                if (channel.size() == 0) {
                    throw new EngineException(Code.DATA, model + " is empty: fetch it again.");
                }
                MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
                return new EmbeddingModel(segment.asByteBuffer(), model.toString(), tokenizer, limit(maxTokens, own));
            }
        } catch (IOException e) {
            throw new EngineException(Code.NOT_FOUND, "Cannot read " + model + ": " + e + ".", e);
        }
    }

    private static Path modelFile(Path path) {
        if (Files.isRegularFile(path)) {
            return path;
        }
        if (!Files.isDirectory(path)) {
            throw new EngineException(
                    Code.NOT_FOUND, "There is no model at " + path + "; give an .onnx file or a folder that has one.");
        }
        for (String usual : new String[] {"model.onnx", "onnx/model.onnx"}) {
            if (Files.isRegularFile(path.resolve(usual))) {
                return path.resolve(usual);
            }
        }
        try (Stream<Path> files = Files.list(path)) {
            var found =
                    files.filter(f -> f.toString().endsWith(".onnx")).sorted().toList();
            if (found.size() == 1) {
                return found.getFirst();
            }
            throw new EngineException(
                    Code.NOT_FOUND,
                    "The folder " + path + " has " + found.size()
                            + " .onnx files and none is named model.onnx; name the file itself.");
        } catch (IOException e) {
            throw new EngineException(Code.NOT_FOUND, "Cannot list " + path + ": " + e + ".", e);
        }
    }

    private static int ownLimit(Path folder, WordPiece tokenizer) throws IOException {
        int positions = number(folder.resolve("config.json"), "max_position_embeddings");
        int sentence = number(folder.resolve("sentence_bert_config.json"), "max_seq_length");
        int own = sentence > 0 ? sentence : tokenizer.truncationTokens() > 0 ? tokenizer.truncationTokens() : POSITIONS;
        return positions > 0 ? Math.min(own, positions) : own;
    }

    private static int number(Path file, String field) throws IOException {
        if (!Files.isRegularFile(file)) {
            return 0;
        }
        JsonNode value = Json.read(Files.readAllBytes(file)).path(field);
        return value.asInt(0);
    }

    private static int limit(int asked, int own) {
        if (asked > POSITIONS) {
            throw new EngineException(
                    Code.USAGE,
                    "--max-tokens is " + asked + "; encoders of the BERT family know " + POSITIONS + " positions.");
        }
        return asked > 0 ? asked : own;
    }
}
