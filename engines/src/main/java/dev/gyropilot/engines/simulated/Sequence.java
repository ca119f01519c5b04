package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.http.Exchange;
import dev.gyropilot.engines.openai.CompletionRequest;
import dev.gyropilot.engines.openai.CompletionWriter;
import dev.gyropilot.engines.openai.Usage;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One request on its way through a replica. Its loop only. */
final class Sequence {
    /** Where it is. */
    enum State {
        WAITING,
        RUNNING,
        OVER
    }

    final Exchange exchange;
    final CompletionRequest request;
    final CompletionWriter writer;
    final SimulatedText answer;
    final SplittableRandom random;
    final long salt;
    final long arrivedNanos;
    private final int promptLength;
    private final int[] ids;
    private Exchange.@Nullable EventStream stream;
    State state = State.WAITING;
    KvCache.@Nullable Lease lease;
    int turn;
    int produced;
    int cachedTokens;
    boolean paused;
    long admittedNanos;
    long firstTokenNanos;
    long lastTokenNanos;
    long nextNanos;

    Sequence(
            Exchange exchange,
            CompletionRequest request,
            CompletionWriter writer,
            int[] prompt,
            SimulatedText answer,
            SplittableRandom random,
            long salt,
            long arrivedNanos) {
        this.exchange = exchange;
        this.request = request;
        this.writer = writer;
        this.answer = answer;
        this.random = random;
        this.salt = salt;
        this.arrivedNanos = arrivedNanos;
        this.promptLength = prompt.length;
        this.ids = Arrays.copyOf(prompt, prompt.length + answer.ids().length);
        System.arraycopy(answer.ids(), 0, ids, prompt.length, answer.ids().length);
    }

    /** Prompt and answer. */
    int[] ids() {
        return ids;
    }

    int promptLength() {
        return promptLength;
    }

    /** Tokens that stand in the cache or must be computed before the next one. */
    int length() {
        return promptLength + produced;
    }

    boolean isComplete() {
        return produced >= answer.ids().length;
    }

    /** The stream, begun with the first token. */
    Exchange.EventStream stream(Runnable resume) {
        Exchange.EventStream open = stream;
        if (open == null) {
            open = exchange.stream();
            open.onWritable(resume);
            stream = open;
        }
        return open;
    }

    /** Ends the answer; the events still to send may be null. */
    void finish(@Nullable ByteBuf events) {
        state = State.OVER;
        Usage usage = new Usage(promptLength, cachedTokens, produced);
        Exchange.EventStream open = stream;
        if (open == null || events == null) {
            exchange.answer(200, "application/json", writer.whole(answer.text(), answer.finishReason(), usage));
            return;
        }
        writer.end(events, answer.finishReason(), usage, request.includeUsage());
        open.send(events);
        open.end();
    }
}
