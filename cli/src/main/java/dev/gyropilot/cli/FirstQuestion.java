package dev.gyropilot.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Asks a newly served model one question and shows the answer, so that a person sees it work. */
final class FirstQuestion {
    private static final List<String> SENTENCES =
            List.of("A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell sharply today.");
    private static final String QUESTION = "In one sentence: what does a gyropilot do?";
    private static final int MAX_TOKENS = 48;

    private final Terminal terminal;
    private final OpenAi openAi;

    FirstQuestion(Terminal terminal, OpenAi openAi) {
        this.terminal = terminal;
        this.openAi = openAi;
    }

    /** @param embeds whether the model makes embeddings; else it is asked as a chat model */
    void ask(String model, boolean embeds) throws IOException, InterruptedException {
        if (embeds) {
            compareSentences(model);
        } else {
            terminal.out().println();
            terminal.out().println("  " + terminal.dim("asked " + model + ":") + " " + QUESTION);
            terminal.out()
                    .println("  " + terminal.dim("answer:") + " "
                            + openAi.chat(model, QUESTION, MAX_TOKENS).strip());
        }
    }

    private void compareSentences(String model) throws IOException, InterruptedException {
        List<float[]> vectors = openAi.embeddings(model, SENTENCES);
        terminal.out().println();
        terminal.out()
                .println("  " + terminal.dim("asked " + model + ": which sentence is nearest to") + " \""
                        + SENTENCES.getFirst() + "\"?");
        int nearest =
                OpenAi.cosine(vectors.get(0), vectors.get(1)) > OpenAi.cosine(vectors.get(0), vectors.get(2)) ? 1 : 2;
        for (int i = 1; i < SENTENCES.size(); i++) {
            String similarity = String.format(Locale.ROOT, "%.2f", OpenAi.cosine(vectors.getFirst(), vectors.get(i)));
            String line = "    " + similarity + "  " + SENTENCES.get(i);
            terminal.out().println(i == nearest ? terminal.green(line + "  ← nearest") : line);
        }
    }
}
