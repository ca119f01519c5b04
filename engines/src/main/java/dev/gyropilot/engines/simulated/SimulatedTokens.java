package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.openai.CompletionRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tokenizer without a vocabulary: a token is a run of letters and digits, or one other character, with the blanks
 * before it; its id is a hash. The same text always has the same ids, wherever it stands, which is what prefix caches
 * and routing by prefix need.
 */
final class SimulatedTokens {
    /** Ids lie below this, as with common models. */
    static final int VOCABULARY = 128_000;

    private static final int END_OF_TURN = 1;

    private int[] ids = new int[64];
    private int size;

    private SimulatedTokens() {}

    /** The ids of a text. */
    static int[] ids(String text) {
        SimulatedTokens tokens = new SimulatedTokens();
        tokens.text(text);
        return Arrays.copyOf(tokens.ids, tokens.size);
    }

    /** The ids of a request's whole prompt, a chat with a mark for each turn and for the answer's beginning. */
    static int[] prompt(CompletionRequest request) {
        SimulatedTokens tokens = new SimulatedTokens();
        tokens.text(request.prompt());
        for (CompletionRequest.Message message : request.messages()) {
            tokens.add(role(message.role()));
            tokens.text(message.text());
            tokens.add(END_OF_TURN);
        }
        if (request.chat()) {
            tokens.add(role("assistant"));
        }
        return Arrays.copyOf(tokens.ids, tokens.size);
    }

    /** The pieces of a text, which joined give the text again but for blanks at its end. */
    static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        for (int from = 0; from < text.length(); ) {
            int to = end(text, from);
            pieces.add(text.substring(from, to));
            from = to;
        }
        return pieces;
    }

    private static int role(String role) {
        return 2 + Math.floorMod(role.hashCode(), 97);
    }

    private void text(String text) {
        for (int from = 0; from < text.length(); ) {
            int to = end(text, from);
            int hash = 17;
            for (int i = from; i < to; i++) {
                hash = hash * 31 + text.charAt(i);
            }
            add(100 + Math.floorMod((hash * 0x9E3779B9) >>> 3, VOCABULARY - 100));
            from = to;
        }
    }

    private void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
    }

    private static int end(String text, int from) {
        int i = from;
        while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
            i++;
        }
        if (i == text.length()) {
            return i;
        }
        int start = i;
        while (i < text.length() && Character.isLetterOrDigit(text.charAt(i))) {
            i++;
        }
        if (i > start) {
            return i;
        }
        // One character, and both halves of it when it is a pair.
        return start + Character.charCount(text.codePointAt(start));
    }
}
