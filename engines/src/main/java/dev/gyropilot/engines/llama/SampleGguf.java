package dev.gyropilot.engines.llama;

import dev.gyropilot.engines.Arguments;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * {@code engines sample-gguf}: writes a small model of Llama's shape with random weights. It loads, streams and counts
 * like any other; its text is noise.
 */
public final class SampleGguf {
    private static final int VOCABULARY = 2048;
    private static final int EMBEDDING = 64;
    private static final int HEADS = 4;
    private static final int KEY_HEADS = 2;
    private static final int FEED_FORWARD = 128;
    private static final int LAYERS = 2;
    private static final int CONTEXT = 2048;
    private static final int ALIGNMENT = 32;

    private static final int TYPE_U32 = 4;
    private static final int TYPE_I32 = 5;
    private static final int TYPE_F32 = 6;
    private static final int TYPE_BOOL = 7;
    private static final int TYPE_STRING = 8;
    private static final int TYPE_ARRAY = 9;

    private static final String CHAT_TEMPLATE =
            "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' +"
                    + " message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{"
                    + " '<|im_start|>assistant\n' }}{% endif %}";

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Tensor(String name, long... shape) {
        long bytes() {
            long elements = 1;
            for (long length : shape) {
                elements *= length;
            }
            return elements * Float.BYTES;
        }
    }

    private final ByteBuffer head = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    private int pairs;

    private SampleGguf() {}

    /** Its flags. */
    public static Arguments.Spec spec() {
        return new Arguments.Spec(
                        "sample-gguf", "Writes a small GGUF model with random weights: real in all but its text.")
                .word("OUT")
                .flag("--seed", "N", "1", "The same seed gives the same file");
    }

    /** Runs to the end. */
    public static void run(Arguments arguments) {
        Path out = Path.of(arguments.word(0));
        long seed = arguments.whole("--seed", Long.MIN_VALUE, Long.MAX_VALUE);
        write(out, seed);
        System.err.println("sample-gguf: wrote " + out + "; its weights are random, so its text is noise");
        System.out.println(out);
    }

    /** Writes the model; a file of this name is replaced. The same seed gives the same bytes. */
    public static void write(Path out, long seed) {
        Path part = out.resolveSibling(out.getFileName() + ".part");
        try {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16)) {
                new SampleGguf().write(stream, seed);
            }
            Files.move(part, out, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EngineException(Code.SYSTEM, "Cannot write " + out + ": " + e + ".", e);
        }
    }

    private void write(OutputStream out, long seed) throws IOException {
        List<Tensor> tensors = tensors();
        pairs();
        ByteBuffer start = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        start.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(tensors.size())
                .putLong(pairs);
        ByteBuffer infos = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        long offset = 0;
        for (Tensor tensor : tensors) {
            string(infos, tensor.name);
            infos.putInt(tensor.shape.length);
            for (long length : tensor.shape) {
                infos.putLong(length);
            }
            // Type 0 is F32. All sizes are multiples of the alignment.
            infos.putInt(0).putLong(offset);
            offset += tensor.bytes();
        }
        out.write(start.array());
        out.write(head.array(), 0, head.position());
        out.write(infos.array(), 0, infos.position());
        int written = start.capacity() + head.position() + infos.position();
        out.write(new byte[(ALIGNMENT - written % ALIGNMENT) % ALIGNMENT]);
        SplittableRandom random = new SplittableRandom(seed);
        for (Tensor tensor : tensors) {
            ByteBuffer data = ByteBuffer.allocate((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            boolean norm = tensor.name.endsWith("norm.weight");
            while (data.hasRemaining()) {
                data.putFloat(norm ? 1 : (float) (random.nextGaussian() * 0.1));
            }
            out.write(data.array());
        }
    }

    private static List<Tensor> tensors() {
        int keys = EMBEDDING / HEADS * KEY_HEADS;
        List<Tensor> tensors = new ArrayList<>();
        tensors.add(new Tensor("token_embd.weight", EMBEDDING, VOCABULARY));
        for (int i = 0; i < LAYERS; i++) {
            String block = "blk." + i + ".";
            tensors.add(new Tensor(block + "attn_norm.weight", EMBEDDING));
            tensors.add(new Tensor(block + "attn_q.weight", EMBEDDING, EMBEDDING));
            tensors.add(new Tensor(block + "attn_k.weight", EMBEDDING, keys));
            tensors.add(new Tensor(block + "attn_v.weight", EMBEDDING, keys));
            tensors.add(new Tensor(block + "attn_output.weight", EMBEDDING, EMBEDDING));
            tensors.add(new Tensor(block + "ffn_norm.weight", EMBEDDING));
            tensors.add(new Tensor(block + "ffn_gate.weight", EMBEDDING, FEED_FORWARD));
            tensors.add(new Tensor(block + "ffn_up.weight", EMBEDDING, FEED_FORWARD));
            tensors.add(new Tensor(block + "ffn_down.weight", FEED_FORWARD, EMBEDDING));
        }
        tensors.add(new Tensor("output_norm.weight", EMBEDDING));
        tensors.add(new Tensor("output.weight", EMBEDDING, VOCABULARY));
        return tensors;
    }

    private void pairs() {
        text("general.architecture", "llama");
        text("general.name", "Gyropilot sample");
        text("general.description", "Random weights: the text is noise.");
        number("general.alignment", ALIGNMENT);
        number("llama.context_length", CONTEXT);
        number("llama.embedding_length", EMBEDDING);
        number("llama.block_count", LAYERS);
        number("llama.feed_forward_length", FEED_FORWARD);
        number("llama.attention.head_count", HEADS);
        number("llama.attention.head_count_kv", KEY_HEADS);
        number("llama.rope.dimension_count", EMBEDDING / HEADS);
        number("llama.vocab_size", VOCABULARY);
        key("llama.attention.layer_norm_rms_epsilon", TYPE_F32).putFloat(1e-5f);
        text("tokenizer.ggml.model", "llama");
        vocabulary();
        number("tokenizer.ggml.bos_token_id", 1);
        number("tokenizer.ggml.eos_token_id", 2);
        number("tokenizer.ggml.unknown_token_id", 0);
        key("tokenizer.ggml.add_bos_token", TYPE_BOOL).put((byte) 1);
        text("tokenizer.chat_template", CHAT_TEMPLATE);
    }

    /** Three marks, the 256 bytes, letters, and words of two to four letters that merge from them one by one. */
    private void vocabulary() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int b = 0; b < 256; b++) {
            tokens.add(String.format(Locale.ROOT, "<0x%02X>", b));
        }
        tokens.add("▁");
        for (char c = 'a'; c <= 'z'; c++) {
            tokens.add(Character.toString(c));
            tokens.add("▁" + c);
        }
        String consonants = "bcdfghjklmnprstvwz";
        String vowels = "aeiou";
        for (int i = 0; tokens.size() < VOCABULARY; i++) {
            String word = "▁" + consonants.charAt(i % 18) + vowels.charAt(i / 18 % 5);
            tokens.add(i < 90 ? word : word + consonants.charAt(i / 90 % 18) + (i / 1620 == 0 ? "" : "o"));
        }
        array("tokenizer.ggml.tokens", TYPE_STRING, tokens.size());
        tokens.forEach(token -> string(head, token));
        array("tokenizer.ggml.scores", TYPE_F32, tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            head.putFloat(i < 259 ? 0 : -i);
        }
        array("tokenizer.ggml.token_type", TYPE_I32, tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            // 1 normal, 2 unknown, 3 control, 6 byte
            head.putInt(i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
        }
    }

    private ByteBuffer key(String name, int type) {
        pairs++;
        string(head, name);
        return head.putInt(type);
    }

    private void text(String name, String value) {
        key(name, TYPE_STRING);
        string(head, value);
    }

    private void number(String name, int value) {
        key(name, TYPE_U32).putInt(value);
    }

    private void array(String name, int type, int length) {
        key(name, TYPE_ARRAY).putInt(type).putLong(length);
    }

    private static void string(ByteBuffer out, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        out.putLong(bytes.length).put(bytes);
    }
}
