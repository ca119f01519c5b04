package dev.gyropilot.engines.llama;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The head of a GGUF file, read and checked before llama.cpp sees it, because llama.cpp ends the process on some damage
 * and says little on other.
 *
 * <p>Layout: magic, version, number of tensors and of key-value pairs, the pairs, the tensors' names, shapes, types and
 * offsets, and after padding the tensors' data. Little-endian throughout.
 *
 * @param architecture {@code general.architecture}, which decides whether the binding can run it
 * @param contextTokens the context that it was trained for, 0 when it says none
 */
record GgufFile(Path path, String architecture, int contextTokens, long tensors, long bytes) {
    private static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;

    /** A head has no more of anything than this; more means damage. */
    private static final long MAX_COUNT = 10_000_000;

    private static final int MAX_STRING = 64 << 20;

    /** Sizes of the fixed-size value types, by type number; 8 is a string and 9 an array. */
    private static final int[] VALUE_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    /** Elements and bytes of a block, by tensor type; others are newer than this table and are not checked. */
    private static final Map<Integer, int[]> BLOCKS = Map.ofEntries(
            Map.entry(0, new int[] {1, 4}),
            Map.entry(1, new int[] {1, 2}),
            Map.entry(2, new int[] {32, 18}),
            Map.entry(3, new int[] {32, 20}),
            Map.entry(6, new int[] {32, 22}),
            Map.entry(7, new int[] {32, 24}),
            Map.entry(8, new int[] {32, 34}),
            Map.entry(9, new int[] {32, 36}),
            Map.entry(10, new int[] {256, 84}),
            Map.entry(11, new int[] {256, 110}),
            Map.entry(12, new int[] {256, 144}),
            Map.entry(13, new int[] {256, 176}),
            Map.entry(14, new int[] {256, 210}),
            Map.entry(15, new int[] {256, 292}),
            Map.entry(20, new int[] {32, 18}),
            Map.entry(23, new int[] {256, 136}),
            Map.entry(30, new int[] {1, 2}));

    /**
     * Reads and checks a file's head and that all of its tensors are there.
     *
     * @throws EngineException that says what is wrong with the file and what to do
     */
    static GgufFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new EngineException(Code.NOT_FOUND, "There is no model file at " + path + "; check --model-path.");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
            return new Reader(path, in).read();
        } catch (EOFException e) {
            throw damaged(path, "ends within its head");
        } catch (IOException e) {
            throw new EngineException(Code.SYSTEM, "Cannot read " + path + ": " + e + ".", e);
        }
    }

    private static EngineException damaged(Path path, String how) {
        return new EngineException(
                Code.DATA,
                "The model file " + path + " " + how
                        + ". It is damaged or half downloaded: fetch it again and compare its checksum.");
    }

    private static final class Reader {
        private final Path path;
        private final InputStream in;
        private final Map<String, Object> values = new HashMap<>();
        private long position;

        Reader(Path path, InputStream in) {
            this.path = path;
            this.in = in;
        }

        GgufFile read() throws IOException {
            if (u32() != MAGIC) {
                throw new EngineException(
                        Code.DATA,
                        path + " is not a GGUF file: it does not begin with GGUF. Convert the model with llama.cpp's"
                                + " convert_hf_to_gguf.py, or fetch its .gguf file.");
            }
            int version = u32();
            if (version < 2 || version > 3) {
                throw new EngineException(
                        Code.DATA, path + " is of GGUF version " + version + "; versions 2 and 3 are understood.");
            }
            long tensors = count("tensors");
            long pairs = count("key-value pairs");
            for (long i = 0; i < pairs; i++) {
                String key = string();
                values.put(key, value(u32()));
            }
            long needed = tensorBytes(tensors);
            long alignment = values.get("general.alignment") instanceof Long given ? given : 32;
            if (alignment <= 0 || Long.bitCount(alignment) != 1) {
                throw damaged(path, "has an alignment of " + alignment);
            }
            long data = Math.ceilDiv(position, alignment) * alignment;
            long size = Files.size(path);
            if (size < data + needed) {
                throw damaged(path, "has " + size + " bytes, but its tensors reach to byte " + (data + needed));
            }
            if (!(values.get("general.architecture") instanceof String architecture)) {
                throw damaged(path, "names no general.architecture");
            }
            int context = values.get(architecture + ".context_length") instanceof Long length
                    ? (int) Math.min(length, Integer.MAX_VALUE)
                    : 0;
            return new GgufFile(path, architecture, context, tensors, size);
        }

        private long tensorBytes(long tensors) throws IOException {
            long end = 0;
            for (long i = 0; i < tensors; i++) {
                String name = string();
                int dimensions = u32();
                if (dimensions < 0 || dimensions > 4) {
                    throw damaged(path, "has a tensor " + name + " of " + dimensions + " dimensions");
                }
                long elements = 1;
                for (int d = 0; d < dimensions; d++) {
                    long length = u64();
                    if (length <= 0 || elements > Long.MAX_VALUE / 1024 / length) {
                        throw damaged(path, "has a tensor " + name + " of an impossible shape");
                    }
                    elements *= length;
                }
                int[] block = BLOCKS.get(u32());
                long offset = u64();
                if (offset < 0) {
                    throw damaged(path, "has a tensor " + name + " at an impossible place");
                }
                long bytes = block == null ? 0 : elements / block[0] * block[1];
                end = Math.max(end, offset + bytes);
            }
            return end;
        }

        private long count(String what) throws IOException {
            long count = u64();
            if (count < 0 || count > MAX_COUNT) {
                throw damaged(path, "claims " + Long.toUnsignedString(count) + " " + what);
            }
            return count;
        }

        /** A string or an integer as long; of all else only the length is read. */
        private Object value(int type) throws IOException {
            if (type == 8) {
                return string();
            }
            if (type == 9) {
                int element = u32();
                long length = count("array elements");
                for (long i = 0; i < length; i++) {
                    var _ = value(element);
                }
                return "";
            }
            if (type < 0 || type >= VALUE_BYTES.length) {
                throw damaged(path, "has a value of the unknown type " + type);
            }
            byte[] bytes = bytes(VALUE_BYTES[type]);
            long number = 0;
            for (int i = bytes.length - 1; i >= 0; i--) {
                number = number << 8 | (bytes[i] & 0xFF);
            }
            return number;
        }

        private String string() throws IOException {
            long length = u64();
            if (length < 0 || length > MAX_STRING) {
                throw damaged(path, "has a string of " + Long.toUnsignedString(length) + " bytes");
            }
            return new String(bytes((int) length), StandardCharsets.UTF_8);
        }

        private int u32() throws IOException {
            return (int) number(4);
        }

        private long u64() throws IOException {
            return number(8);
        }

        private long number(int length) throws IOException {
            byte[] bytes = bytes(length);
            long number = 0;
            for (int i = length - 1; i >= 0; i--) {
                number = number << 8 | (bytes[i] & 0xFF);
            }
            return number;
        }

        private byte[] bytes(int length) throws IOException {
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            position += length;
            return bytes;
        }
    }

    /** Why the built-in binding cannot generate with it; empty when it can. */
    Optional<String> refusal() {
        if (Architectures.ENCODERS.contains(architecture)) {
            return Optional.of(path + " is an encoder (architecture '" + architecture
                    + "'): it makes vectors, not text. Serve an embedding model in ONNX form with the onnx engine.");
        }
        if (!Architectures.GENERATORS.contains(architecture)) {
            return Optional.of(path + " is of the architecture '" + architecture
                    + "', which the built-in llama.cpp (of spring 2025) does not know. Put a newer llama-server on the PATH:"
                    + " it is used when it is there. Known here are: "
                    + String.join(", ", new java.util.TreeSet<>(Architectures.GENERATORS)) + ".");
        }
        return Optional.empty();
    }
}
