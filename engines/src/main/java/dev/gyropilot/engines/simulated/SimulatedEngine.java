package dev.gyropilot.engines.simulated;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.engines.http.ApiException;
import dev.gyropilot.engines.http.CommonRoutes;
import dev.gyropilot.engines.http.Exchange;
import dev.gyropilot.engines.http.HttpLimits;
import dev.gyropilot.engines.http.HttpServer;
import dev.gyropilot.engines.http.Json;
import dev.gyropilot.engines.http.Router;
import dev.gyropilot.engines.openai.CompletionRequest;
import dev.gyropilot.engines.openai.CompletionWriter;
import dev.gyropilot.engines.openai.EmbeddingAnswer;
import dev.gyropilot.engines.openai.EmbeddingRequest;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One replica of an engine without a model: vLLM's API and metric names, times by configuration, text by a seed. It says
 * in each answer that it is simulated: header {@code x-gyropilot-simulated}, fingerprint, owner, and the text itself.
 *
 * <p>It lives on one event loop of the given group; hundreds may share a group.
 */
public final class SimulatedEngine implements AutoCloseable {
    private static final int EMBEDDING_SIZE = 64;
    private static final int[] INJECTED = {500, 503, 429};

    private final SimulatedConfig config;
    private final Replica replica;
    private final CommonRoutes common;
    private final HttpServer server;
    private final AtomicLong requests = new AtomicLong();

    private SimulatedEngine(SimulatedConfig config, InetSocketAddress address, EventLoop loop) {
        this.config = config;
        replica = new Replica(config, loop);
        common = new CommonRoutes(config.modelName(), "gyropilot-simulated", Instant.now(), config::maxModelTokens);
        Router router = common.addTo(new Router(), replica.metrics().all())
                .on("POST", "/v1/chat/completions", api(exchange -> complete(exchange, true)))
                .on("POST", "/v1/completions", api(exchange -> complete(exchange, false)))
                .on("POST", "/v1/embeddings", api(this::embed))
                .on("POST", "/tokenize", api(this::tokenize))
                .on("GET", "/ping", exchange -> exchange.answer(200, "text/plain", new byte[0]))
                .on("GET", "/load", exchange -> exchange.answer(Json.object().put("server_load", replica.load())));
        server = HttpServer.start(address, loop, HttpLimits.DEFAULT.withMaxBodyBytes(config.maxBodyBytes()), router);
        if (config.startup().isZero()) {
            common.enter(CommonRoutes.Phase.READY);
        } else {
            var _ = loop.schedule(
                    () -> common.enter(CommonRoutes.Phase.READY),
                    config.startup().toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    /** Starts a replica; the group stays the caller's. Not to be called on one of its loops. */
    public static SimulatedEngine start(SimulatedConfig config, InetSocketAddress address, EventLoopGroup group) {
        return new SimulatedEngine(config, address, group.next());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.address();
    }

    /** Its metrics, as it serves them. */
    public byte[] metrics() {
        return replica.metrics().text();
    }

    HttpServer server() {
        return server;
    }

    CommonRoutes common() {
        return common;
    }

    /** Lets requests in flight end. */
    public boolean drain(Duration grace) throws InterruptedException {
        common.enter(CommonRoutes.Phase.DRAINING);
        return server.drain(grace);
    }

    @Override
    public void close() {
        server.close();
    }

    private Consumer<Exchange> api(Consumer<Exchange> handler) {
        return exchange -> {
            exchange.setHeader("x-gyropilot-simulated", "true");
            failOnPurpose(exchange);
            handler.accept(exchange);
        };
    }

    private void failOnPurpose(Exchange exchange) {
        String asked = exchange.header("x-return-error");
        if (asked != null && asked.matches("[45][0-9][0-9]")) {
            throw injected(Integer.parseInt(asked));
        }
        long number = requests.incrementAndGet();
        if (config.failureRate() > 0) {
            SplittableRandom random = new SplittableRandom(config.seed() ^ number * 0x9E3779B97F4A7C15L);
            if (random.nextDouble() < config.failureRate()) {
                throw injected(INJECTED[random.nextInt(INJECTED.length)]);
            }
        }
    }

    private static ApiException injected(int status) {
        return ApiException.of(
                status,
                "simulated_failure",
                "simulated_failure",
                "This failure was made on purpose by the simulation.");
    }

    private void complete(Exchange exchange, boolean chat) {
        long now = System.nanoTime();
        ObjectNode body = Json.request(exchange.body());
        common.check(body);
        CompletionRequest request = CompletionRequest.read(body, chat);
        int[] prompt = SimulatedTokens.prompt(request);
        int room = config.maxModelTokens() - prompt.length;
        if (prompt.length == 0) {
            throw ApiException.invalid("prompt", "'prompt' is empty; there is nothing to go on from.");
        }
        if (room < 1 || request.maxTokens().orElse(1) > room) {
            throw ApiException.tooLong(
                    chat ? "messages" : "prompt",
                    "The prompt has " + prompt.length + " tokens and the answer may have "
                            + request.maxTokens().orElse(1) + "; the model's context is " + config.maxModelTokens()
                            + " tokens. Shorten one of them.");
        }
        long salt = body.path("cache_salt").asText("").hashCode();
        SplittableRandom random = new SplittableRandom(config.seed()
                + 31L * Arrays.hashCode(prompt)
                + 17 * request.seed().orElse(0));
        SimulatedText text =
                SimulatedText.of(request, config, random, request.maxTokens().orElse(room));
        String id = Long.toHexString(random.nextLong());
        long created = System.currentTimeMillis() / 1000;
        CompletionWriter writer = new CompletionWriter(chat, id, created, config.modelName(), "simulated");
        replica.submit(new Sequence(exchange, request, writer, prompt, text, random, salt, now));
    }

    private void embed(Exchange exchange) {
        ObjectNode body = Json.request(exchange.body());
        common.check(body);
        EmbeddingRequest request = EmbeddingRequest.read(body, SimulatedTokens.VOCABULARY, EMBEDDING_SIZE);
        List<EmbeddingRequest.Input> inputs = request.inputs();
        float[][] vectors = new float[inputs.size()][];
        long tokens = 0;
        for (int i = 0; i < vectors.length; i++) {
            int[] ids = switch (inputs.get(i)) {
                case EmbeddingRequest.Input.Text text -> SimulatedTokens.ids(text.text());
                case EmbeddingRequest.Input.Ids given -> given.ids();
            };
            tokens += ids.length;
            vectors[i] = vector(ids);
        }
        byte[] answer = EmbeddingAnswer.render(config.modelName(), request.base64(), vectors, tokens);
        var _ = exchange.loop()
                .schedule(
                        () -> exchange.answer(200, "application/json", answer),
                        config.timeToFirstToken().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    /** A direction drawn by the tokens: the same text is at 1, any other near 0. */
    private float[] vector(int[] ids) {
        SplittableRandom random = new SplittableRandom(config.seed() + Arrays.hashCode(ids));
        float[] vector = new float[EMBEDDING_SIZE];
        double squares = 0;
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
            squares += vector[i] * vector[i];
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= (float) Math.sqrt(squares);
        }
        return vector;
    }

    private void tokenize(Exchange exchange) {
        ObjectNode body = Json.request(exchange.body());
        common.check(body);
        boolean chat = body.has("messages");
        int[] ids = SimulatedTokens.prompt(CompletionRequest.read(body, chat));
        ArrayNode tokens = Json.array();
        for (int id : ids) {
            tokens.add(id);
        }
        ObjectNode answer = Json.object().put("count", ids.length).put("max_model_len", config.maxModelTokens());
        answer.set("tokens", tokens);
        exchange.answer(answer);
    }
}
