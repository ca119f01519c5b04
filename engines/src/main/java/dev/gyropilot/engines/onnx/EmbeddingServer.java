package dev.gyropilot.engines.onnx;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.engines.http.ApiException;
import dev.gyropilot.engines.http.CommonRoutes;
import dev.gyropilot.engines.http.Exchange;
import dev.gyropilot.engines.http.Json;
import dev.gyropilot.engines.http.Router;
import dev.gyropilot.engines.metrics.Metrics;
import dev.gyropilot.engines.metrics.Metrics.Counter;
import dev.gyropilot.engines.metrics.Metrics.Histogram;
import dev.gyropilot.engines.openai.EmbeddingAnswer;
import dev.gyropilot.engines.openai.EmbeddingRequest;
import dev.gyropilot.engines.openai.EmbeddingRequest.Input;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** OpenAI's embeddings endpoint over one model. It answers health probes before the model is there. */
final class EmbeddingServer implements AutoCloseable {
    private final String modelName;
    private final int maxWaitingTexts;
    private final EmbeddingWorkers workers;
    private final Metrics metrics = new Metrics();
    private final CommonRoutes common;
    private final Counter promptTokens;
    private final Counter truncated;
    private final Counter succeeded;
    private final Counter refused;
    private final Histogram requestSeconds;
    private final AtomicInteger requests = new AtomicInteger();
    private volatile @Nullable EmbeddingModel model;

    EmbeddingServer(String modelName, int threads, int maxWaitingTexts, Instant started) {
        this.modelName = modelName;
        this.maxWaitingTexts = maxWaitingTexts;
        workers = new EmbeddingWorkers(threads, maxWaitingTexts);
        common = new CommonRoutes(modelName, "gyropilot", started, () -> {
            EmbeddingModel loaded = model;
            return loaded == null ? 0 : loaded.maxTokens();
        });
        String[] labels = {"model_name", modelName};
        metrics.gauge(
                "vllm:num_requests_running",
                "Requests of which a text is being worked on.",
                () -> requests.get() - workers.waitingJobs(),
                labels);
        metrics.gauge("vllm:num_requests_waiting", "Requests that wait for a thread.", workers::waitingJobs, labels);
        metrics.gauge("gyropilot_engine_texts_running", "Texts being worked on.", workers::runningTexts, labels);
        metrics.gauge("gyropilot_engine_texts_waiting", "Texts that wait for a thread.", workers::waitingTexts, labels);
        promptTokens = metrics.counter("vllm:prompt_tokens_total", "Tokens read.", labels);
        succeeded = metrics.counter("vllm:request_success_total", "Requests answered.", labels);
        refused = metrics.counter(
                "vllm:admission_rejections_total", "Requests refused because too many texts waited.", labels);
        truncated = metrics.counter(
                "gyropilot_engine_truncated_inputs_total", "Texts cut off at the model's limit.", labels);
        requestSeconds = metrics.histogram(
                "vllm:e2e_request_latency_seconds", "Seconds from request to answer.", Metrics.shortSeconds(), labels);
    }

    Router router() {
        return common.addTo(new Router(), metrics).on("POST", "/v1/embeddings", this::embeddings);
    }

    CommonRoutes common() {
        return common;
    }

    /** The model is there: requests are answered from now on. */
    void serve(EmbeddingModel loaded) {
        model = loaded;
        common.enter(CommonRoutes.Phase.READY);
    }

    private void embeddings(Exchange exchange) {
        ObjectNode body = Json.request(exchange.body());
        common.check(body);
        EmbeddingModel loaded = model;
        if (loaded == null) {
            throw ApiException.overloaded(1, "The model '" + modelName + "' is still loading; try again shortly.");
        }
        EmbeddingRequest request =
                EmbeddingRequest.read(body, loaded.tokenizer().vocabularySize(), loaded.dimensions());
        AtomicLong tokens = new AtomicLong();
        AtomicInteger cut = new AtomicInteger();
        long begun = System.nanoTime();
        EmbeddingWorkers.Job job = new EmbeddingWorkers.Job(
                request.inputs().size(),
                i -> embed(loaded, request.inputs().get(i), tokens, cut),
                (vectors, failure) -> {
                    requests.decrementAndGet();
                    if (failure != null) {
                        exchange.fail(ApiException.internal("The model failed on this request; the log says more."));
                        return;
                    }
                    promptTokens.add(tokens.get());
                    truncated.add(cut.get());
                    succeeded.increment();
                    requestSeconds.observe((System.nanoTime() - begun) / 1e9);
                    if (cut.get() > 0) {
                        exchange.setHeader("x-gyropilot-truncated-inputs", Integer.toString(cut.get()));
                    }
                    exchange.answer(
                            200,
                            "application/json",
                            EmbeddingAnswer.render(modelName, request.base64(), vectors, tokens.get()));
                });
        requests.incrementAndGet();
        if (!workers.submit(job)) {
            requests.decrementAndGet();
            refused.increment();
            throw ApiException.overloaded(
                    1, "Too many texts wait already: the limit is " + maxWaitingTexts + ". Try again shortly.");
        }
        exchange.onGone(job::cancel);
    }

    private static float[] embed(EmbeddingModel model, Input input, AtomicLong tokens, AtomicInteger cut) {
        WordPiece.Tokens encoded = switch (input) {
            case Input.Text text -> model.tokenizer().encode(text.text(), model.maxTokens());
            case Input.Ids ids -> model.tokenizer().frame(ids.ids(), model.maxTokens());
        };
        tokens.addAndGet(encoded.ids().length);
        if (encoded.isTruncated()) {
            cut.incrementAndGet();
        }
        return model.embed(encoded.ids());
    }

    @Override
    public void close() {
        workers.close();
        EmbeddingModel loaded = model;
        if (loaded != null) {
            loaded.close();
        }
    }
}
