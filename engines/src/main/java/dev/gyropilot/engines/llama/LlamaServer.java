package dev.gyropilot.engines.llama;

import de.kherud.llama.LlamaIterator;
import dev.gyropilot.engines.http.ApiException;
import dev.gyropilot.engines.http.CommonRoutes;
import dev.gyropilot.engines.http.Exchange;
import dev.gyropilot.engines.http.Json;
import dev.gyropilot.engines.http.Router;
import dev.gyropilot.engines.openai.CompletionRequest;
import dev.gyropilot.engines.openai.CompletionWriter;
import dev.gyropilot.engines.openai.Usage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** OpenAI's chat and completions over the binding: one request at a time, the others in a bounded queue. */
final class LlamaServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LlamaServer.class);

    private final String modelName;
    private final int maxWaiting;
    private final BlockingQueue<Turn> waiting;
    private final CommonRoutes common;
    private final LlamaMetrics metrics;
    private final Thread worker;
    private volatile boolean busy;
    private volatile boolean closed;
    private volatile @Nullable LlamaBinding binding;

    private record Turn(Exchange exchange, CompletionRequest request, long arrivedNanos) {}

    LlamaServer(String modelName, int maxWaiting, Instant started) {
        this.modelName = modelName;
        this.maxWaiting = maxWaiting;
        waiting = new ArrayBlockingQueue<>(maxWaiting);
        metrics = new LlamaMetrics(modelName, () -> busy ? 1 : 0, waiting::size);
        common = new CommonRoutes(modelName, "gyropilot", started, () -> {
            LlamaBinding loaded = binding;
            return loaded == null ? 0 : loaded.contextTokens();
        });
        worker = Thread.ofPlatform().daemon().name("generate").unstarted(this::work);
    }

    Router router() {
        return common.addTo(new Router(), metrics.all)
                .on("POST", "/v1/chat/completions", submit(true))
                .on("POST", "/v1/completions", submit(false));
    }

    CommonRoutes common() {
        return common;
    }

    /** The model is there: requests are answered from now on. */
    void serve(LlamaBinding loaded) {
        binding = loaded;
        worker.start();
        common.enter(CommonRoutes.Phase.READY);
    }

    private Consumer<Exchange> submit(boolean chat) {
        return exchange -> {
            var body = Json.request(exchange.body());
            common.check(body);
            Turn turn = new Turn(exchange, CompletionRequest.read(body, chat), System.nanoTime());
            if (!waiting.offer(turn)) {
                metrics.rejections.increment();
                throw ApiException.overloaded(
                        2, "Too many requests wait already: the limit is " + maxWaiting + ". Try again shortly.");
            }
            exchange.onGone(() -> waiting.remove(turn));
        };
    }

    private void work() {
        LlamaBinding loaded = java.util.Objects.requireNonNull(binding);
        while (!closed) {
            try {
                Turn turn = waiting.take();
                busy = true;
                if (!turn.exchange.isGone()) {
                    answer(loaded, turn);
                }
            } catch (InterruptedException e) {
                return;
            } finally {
                busy = false;
            }
        }
    }

    private void answer(LlamaBinding loaded, Turn turn) throws InterruptedException {
        Generation generation = new Generation(loaded, turn);
        try {
            generation.run();
        } catch (ApiException e) {
            turn.exchange.fail(e);
        } catch (RuntimeException e) {
            LOG.error("generation failed", e);
            generation.failed();
        }
    }

    /** One answer in the making. */
    private final class Generation {
        private final LlamaBinding loaded;
        private final Turn turn;
        private final CompletionWriter writer;
        private Exchange.@Nullable EventStream stream;

        Generation(LlamaBinding loaded, Turn turn) {
            this.loaded = loaded;
            this.turn = turn;
            String id = UUID.randomUUID().toString().replace("-", "");
            writer = new CompletionWriter(
                    turn.request.chat(), id, System.currentTimeMillis() / 1000, modelName, "llama.cpp");
        }

        void run() throws InterruptedException {
            CompletionRequest request = turn.request;
            String prompt = loaded.prompt(request);
            int promptTokens = loaded.count(prompt);
            int room = loaded.contextTokens() - promptTokens;
            if (promptTokens == 0 || room < 1 || request.maxTokens().orElse(1) > room) {
                throw ApiException.tooLong(
                        request.chat() ? "messages" : "prompt",
                        "The prompt has " + promptTokens + " tokens and the answer may have "
                                + request.maxTokens().orElse(1) + "; the context is " + loaded.contextTokens()
                                + " tokens. Shorten one of them, or serve with a larger --ctx-size.");
            }
            metrics.promptTokens.add(promptTokens);
            int limit = request.maxTokens().orElse(room);
            LlamaIterator pieces = loaded.generate(request, prompt, limit);
            StringBuilder text = new StringBuilder();
            int generated = 0;
            long last = turn.arrivedNanos;
            while (pieces.hasNext()) {
                String piece = pieces.next().text;
                // The last piece only says that it was the last.
                if (pieces.hasNext()) {
                    long now = System.nanoTime();
                    (generated == 0 ? metrics.firstToken : metrics.nextToken).observe((now - last) / 1e9);
                    last = now;
                    generated++;
                }
                text.append(piece);
                if (turn.exchange.isGone() || (request.stream() && !send(piece))) {
                    if (pieces.hasNext()) {
                        pieces.cancel();
                    }
                    metrics.aborted.increment();
                    return;
                }
            }
            int tokens = tokens(text.toString(), generated, limit);
            finish(text, new Usage(promptTokens, 0, tokens), tokens >= limit ? "length" : "stop");
        }

        /**
         * A piece is a token, unless llama.cpp held some back: within a character of several bytes, or because they might
         * begin a stop text. It does not tell; then the text is counted anew.
         */
        private int tokens(String text, int pieces, int limit) {
            boolean exact = turn.request.stop().isEmpty() && text.chars().allMatch(c -> c < 0x80);
            return exact ? pieces : Math.clamp(loaded.count(text) - loaded.count(""), pieces, Math.max(pieces, limit));
        }

        private boolean send(String piece) throws InterruptedException {
            Exchange.EventStream open = stream;
            ByteBuf event = Unpooled.buffer(512);
            if (open == null) {
                open = turn.exchange.stream();
                stream = open;
                writer.begin(event);
            }
            if (!piece.isEmpty()) {
                writer.text(event, CompletionWriter.escape(piece));
            }
            return !event.isReadable() || open.sendAndWait(bytes(event));
        }

        private void finish(StringBuilder text, Usage usage, String reason) throws InterruptedException {
            metrics.generatedTokens.add(usage.completion());
            metrics.wholeRequest.observe((System.nanoTime() - turn.arrivedNanos) / 1e9);
            (reason.equals("stop") ? metrics.stopped : metrics.cutByLength).increment();
            Exchange.EventStream open = stream;
            if (open == null) {
                turn.exchange.answer(200, "application/json", writer.whole(text.toString(), reason, usage));
                return;
            }
            ByteBuf event = Unpooled.buffer(512);
            writer.end(event, reason, usage, turn.request.includeUsage());
            if (open.sendAndWait(bytes(event))) {
                turn.exchange.loop().execute(open::end);
            }
        }

        void failed() {
            Exchange.EventStream open = stream;
            if (open == null) {
                turn.exchange.fail(ApiException.internal("The model failed on this request; the log says more."));
            } else {
                open.cut();
            }
        }

        private static byte[] bytes(ByteBuf buffer) {
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            return bytes;
        }
    }

    @Override
    public void close() {
        closed = true;
        worker.interrupt();
        LlamaBinding loaded = binding;
        try {
            if (loaded != null && worker.join(Duration.ofSeconds(2))) {
                // Not while it still generates: the library would fault.
                loaded.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
