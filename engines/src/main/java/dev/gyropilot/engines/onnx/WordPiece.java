package dev.gyropilot.engines.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.http.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BERT's WordPiece tokenizer, read from a Hugging Face {@code tokenizer.json}: a word is cut greedily into the longest
 * pieces of the vocabulary; a word that cannot be cut, or is too long, is unknown.
 */
final class WordPiece {
    private final BertText text;
    private final Map<String, Integer> vocabulary;
    private final Map<String, Integer> special;
    private final String continuation;
    private final int unknownId;
    private final int startId;
    private final int endId;
    private final int maxWordLength;
    private final int truncationTokens;

    /** Token ids with the start and end marks, and how many there would have been without a limit. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Tokens(long[] ids, int fullLength) {
        boolean isTruncated() {
            return ids.length < fullLength;
        }
    }

    private WordPiece(JsonNode root, String source) {
        JsonNode model = root.path("model");
        require(model.path("type").asText("WordPiece").equals("WordPiece"), source, "model.type", model.path("type"));
        JsonNode normalizer = root.path("normalizer");
        require(
                normalizer.path("type").asText("").equals("BertNormalizer"),
                source,
                "normalizer.type",
                normalizer.path("type"));
        JsonNode words = root.path("pre_tokenizer").path("type");
        require(words.asText("").equals("BertPreTokenizer"), source, "pre_tokenizer.type", words);
        boolean lowercase = normalizer.path("lowercase").asBoolean(true);
        JsonNode accents = normalizer.path("strip_accents");
        text = new BertText(
                normalizer.path("clean_text").asBoolean(true),
                normalizer.path("handle_chinese_chars").asBoolean(true),
                accents.isBoolean() ? accents.asBoolean() : lowercase,
                lowercase);
        vocabulary = HashMap.newHashMap(model.path("vocab").size());
        model.path("vocab")
                .properties()
                .forEach(e -> vocabulary.put(e.getKey(), e.getValue().asInt()));
        require(!vocabulary.isEmpty(), source, "model.vocab", model.path("vocab"));
        special = new HashMap<>();
        root.path("added_tokens").forEach(token -> {
            if (token.path("special").asBoolean()) {
                special.put(token.path("content").asText(), token.path("id").asInt());
            }
        });
        continuation = model.path("continuing_subword_prefix").asText("##");
        maxWordLength = model.path("max_input_chars_per_word").asInt(100);
        unknownId = idOf(model.path("unk_token").asText("[UNK]"), source);
        startId = idOf("[CLS]", source);
        endId = idOf("[SEP]", source);
        truncationTokens = root.path("truncation").path("max_length").asInt(0);
    }

    /**
     * Reads a tokenizer.
     *
     * @param source where the JSON came from, for messages
     */
    static WordPiece read(byte[] json, String source) {
        try {
            return new WordPiece(Json.read(json), source);
        } catch (IOException e) {
            throw new EngineException(
                    Code.DATA,
                    source + " is not readable JSON (" + e.getMessage()
                            + "). It may be damaged or half downloaded: fetch it again.",
                    e);
        }
    }

    private static void require(boolean fits, String source, String field, JsonNode value) {
        if (!fits) {
            throw new EngineException(
                    Code.DATA,
                    source + ": " + field + " is " + (value.isMissingNode() ? "missing" : value)
                            + "; this engine reads WordPiece tokenizers of the BERT family only.");
        }
    }

    private int idOf(String token, String source) {
        Integer id = special.get(token);
        if (id == null) {
            id = vocabulary.get(token);
        }
        if (id == null) {
            throw new EngineException(Code.DATA, source + ": the vocabulary has no " + token + " token.");
        }
        return id;
    }

    /** The number of tokens that exist; ids are below it. */
    int vocabularySize() {
        return vocabulary.size();
    }

    /** The limit that the file itself names, 0 when it names none. */
    int truncationTokens() {
        return truncationTokens;
    }

    /** The tokens of a text, at most {@code maxTokens} with both marks: what is over is cut off at the end. */
    Tokens encode(String input, int maxTokens) {
        Ids ids = new Ids(maxTokens);
        int from = 0;
        while (from < input.length()) {
            // Special tokens are found in the raw text, before anything is normalised.
            int bracket = input.indexOf('[', from);
            int at = bracket;
            String found = "";
            while (at >= 0 && found.isEmpty()) {
                found = specialAt(input, at);
                if (found.isEmpty()) {
                    at = input.indexOf('[', at + 1);
                }
            }
            String plain = input.substring(from, at < 0 ? input.length() : at);
            for (String word : text.words(plain)) {
                pieces(word, ids);
            }
            if (at < 0) {
                break;
            }
            ids.add(special.getOrDefault(found, unknownId));
            from = at + found.length();
        }
        return ids.marked(startId, endId);
    }

    private String specialAt(String input, int at) {
        for (String token : special.keySet()) {
            if (input.startsWith(token, at)) {
                return token;
            }
        }
        return "";
    }

    /** Tokens given as ids: marks are added where they lack. */
    Tokens frame(int[] given, int maxTokens) {
        int from = given.length > 0 && given[0] == startId ? 1 : 0;
        int to = given.length > from && given[given.length - 1] == endId ? given.length - 1 : given.length;
        Ids ids = new Ids(maxTokens);
        for (int i = from; i < to; i++) {
            ids.add(given[i]);
        }
        return ids.marked(startId, endId);
    }

    private void pieces(String word, Ids ids) {
        if (word.codePointCount(0, word.length()) > maxWordLength) {
            ids.add(unknownId);
            return;
        }
        List<Integer> found = new ArrayList<>();
        int start = 0;
        while (start < word.length()) {
            int end = word.length();
            Integer id = null;
            while (end > start) {
                String piece = word.substring(start, end);
                id = vocabulary.get(start == 0 ? piece : continuation + piece);
                if (id != null) {
                    break;
                }
                end = word.offsetByCodePoints(end, -1);
            }
            if (id == null) {
                ids.add(unknownId);
                return;
            }
            found.add(id);
            start = end;
        }
        found.forEach(ids::add);
    }

    /** Keeps what fits and counts the rest. */
    private static final class Ids {
        private final int limit;
        private long[] ids = new long[32];
        private int length = 1;
        private int fullLength = 2;

        Ids(int maxTokens) {
            limit = maxTokens - 1;
        }

        void add(int id) {
            fullLength++;
            if (length >= limit) {
                return;
            }
            if (length + 1 >= ids.length) {
                ids = Arrays.copyOf(ids, ids.length * 2);
            }
            ids[length++] = id;
        }

        Tokens marked(int start, int end) {
            long[] all = Arrays.copyOf(ids, length + 1);
            all[0] = start;
            all[length] = end;
            return new Tokens(all, fullLength);
        }
    }
}
