package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.openai.CompletionRequest;
import dev.gyropilot.engines.openai.CompletionWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The whole answer to a request, decided before its first token is sent: a function of the seed and the prompt.
 *
 * @param ids its tokens
 * @param escaped its pieces as they stand in JSON
 * @param text its pieces joined
 * @param finishReason {@code stop} or {@code length}
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record SimulatedText(int[] ids, List<byte[]> escaped, String text, String finishReason) {
    /** Every answer says what it is. */
    private static final List<String> OPENING = List.of("[", "simulated", "]");

    private static final List<Word> WORDS = words();

    private record Word(String text, byte[] escaped, int id) {
        static Word of(String text) {
            return new Word(text, CompletionWriter.escape(text), SimulatedTokens.ids(text)[0]);
        }
    }

    private static final List<Word> OPENING_WORDS =
            OPENING.stream().map(Word::of).toList();

    private static List<Word> words() {
        String all = "the ship holds its course while night falls over a calm sea and stars turn above her mast "
                + "wind fills every sail as waves pass under keel far from any harbour light where gulls sleep "
                + "compass needle points north through fog rain salt spray dawn follows old charts show safe water";
        return List.of(all.split(" ")).stream().map(word -> Word.of(" " + word)).toList();
    }

    /** Decides an answer of at most {@code limit} tokens. */
    static SimulatedText of(CompletionRequest request, SimulatedConfig config, SplittableRandom random, int limit) {
        List<Word> words = new ArrayList<>(OPENING_WORDS);
        int natural;
        if (config.mode() == SimulatedConfig.Mode.ECHO) {
            String last = request.chat() ? request.messages().getLast().text() : request.prompt();
            SimulatedTokens.pieces(" " + last.strip()).forEach(piece -> words.add(Word.of(piece)));
            natural = words.size();
        } else {
            natural = config.outputTokens() / 2 + random.nextInt(config.outputTokens() + 1);
        }
        boolean toTheLimit = request.ignoreEnd() && request.maxTokens().isPresent();
        int length = toTheLimit ? limit : Math.clamp(Math.max(natural, request.minTokens()), 1, limit);
        while (words.size() < length) {
            words.add(WORDS.get(random.nextInt(WORDS.size())));
        }
        String reason = length < natural || toTheLimit ? "length" : "stop";
        return cutAtStops(words.subList(0, length), request.stop(), reason);
    }

    private static SimulatedText cutAtStops(List<Word> words, List<String> stops, String reason) {
        StringBuilder text = new StringBuilder();
        int kept = words.size();
        String finish = reason;
        for (int i = 0; i < words.size() && kept == words.size(); i++) {
            text.append(words.get(i).text);
            for (String stop : stops) {
                if (text.indexOf(
                                stop,
                                Math.max(0, text.length() - words.get(i).text.length() - stop.length()))
                        >= 0) {
                    // A real engine cuts inside a token; here the token with the stop's end is dropped whole.
                    kept = i;
                    finish = "stop";
                }
            }
        }
        List<Word> rest = words.subList(0, kept);
        StringBuilder joined = new StringBuilder();
        rest.forEach(word -> joined.append(word.text));
        return new SimulatedText(
                rest.stream().mapToInt(Word::id).toArray(),
                rest.stream().map(Word::escaped).toList(),
                joined.toString(),
                finish);
    }
}
