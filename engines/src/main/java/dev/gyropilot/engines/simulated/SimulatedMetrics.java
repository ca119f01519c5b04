package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.metrics.Metrics;
import dev.gyropilot.engines.metrics.Metrics.Counter;
import dev.gyropilot.engines.metrics.Metrics.Histogram;
import java.util.function.DoubleSupplier;

/** vLLM's metrics of one replica, under vLLM's names and with its bounds. */
final class SimulatedMetrics {
    private static final double[] FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0,
        160.0, 640.0, 2560.0
    };
    private static final double[] NEXT_TOKEN = {
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0
    };
    private static final double[] TOKENS = {
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000
    };
    private static final double[] ITERATION = {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384};

    private final Metrics metrics = new Metrics();
    private final String[] labels;
    final Counter promptTokens;
    final Counter cachedTokens;
    final Counter generatedTokens;
    final Counter cacheQueries;
    final Counter cacheHits;
    final Counter preemptions;
    final Counter rejections;
    final Counter stopped;
    final Counter cutByLength;
    final Counter aborted;
    final Histogram firstToken;
    final Histogram nextToken;
    final Histogram perToken;
    final Histogram wholeRequest;
    final Histogram queued;
    final Histogram prefill;
    final Histogram decode;
    final Histogram inference;
    final Histogram promptLength;
    final Histogram answerLength;
    final Histogram iteration;

    SimulatedMetrics(SimulatedConfig config, DoubleSupplier running, DoubleSupplier waiting, DoubleSupplier cacheUse) {
        labels = new String[] {"model_name", config.modelName(), "engine", "0"};
        metrics.gauge("gyropilot_engine_simulated", "1: no model runs here, answers are made up.", () -> 1);
        gauge("num_requests_running", "Requests in the batch.", running);
        gauge("num_requests_waiting", "Requests that wait for a place in the batch.", waiting);
        gauge("num_requests_waiting_by_reason", "Waiting requests by reason.", waiting, "reason", "capacity");
        gauge("num_requests_waiting_by_reason", "Waiting requests by reason.", () -> 0, "reason", "deferred");
        gauge("kv_cache_usage_perc", "Share of KV blocks in use, 1 is all.", cacheUse);
        gauge("engine_sleep_state", "1 for the state it is in.", () -> 1, "sleep_state", "awake");
        gauge(
                "cache_config_info",
                "The KV cache's size.",
                () -> 1,
                "block_size",
                Integer.toString(config.blockTokens()),
                "num_gpu_blocks",
                Integer.toString(config.kvBlocks()),
                "enable_prefix_caching",
                "True");
        promptTokens = counter("prompt_tokens_total", "Prompt tokens.");
        cachedTokens = counter("prompt_tokens_cached_total", "Prompt tokens taken from the cache.");
        generatedTokens = counter("generation_tokens_total", "Generated tokens.");
        cacheQueries = counter("prefix_cache_queries_total", "Tokens looked up in the prefix cache.");
        cacheHits = counter("prefix_cache_hits_total", "Tokens found in the prefix cache.");
        counter("external_prefix_cache_queries_total", "Tokens looked up in an external cache.");
        counter("external_prefix_cache_hits_total", "Tokens found in an external cache.");
        preemptions = counter("num_preemptions_total", "Requests put back for lack of KV blocks.");
        stopped = counter("request_success_total", "Finished requests.", "finished_reason", "stop");
        cutByLength = counter("request_success_total", "Finished requests.", "finished_reason", "length");
        aborted = counter("request_success_total", "Finished requests.", "finished_reason", "abort");
        rejections = counter("admission_rejections_total", "Requests refused because the queue was full.");
        firstToken = histogram("time_to_first_token_seconds", "Seconds to the first token.", FIRST_TOKEN);
        nextToken = histogram("inter_token_latency_seconds", "Seconds from token to token.", NEXT_TOKEN);
        perToken = histogram(
                "request_time_per_output_token_seconds",
                "A request's mean seconds per token after the first.",
                NEXT_TOKEN);
        double[] request = Metrics.requestSeconds();
        wholeRequest = histogram("e2e_request_latency_seconds", "Seconds from arrival to end.", request);
        queued = histogram("request_queue_time_seconds", "Seconds of waiting.", request);
        prefill = histogram("request_prefill_time_seconds", "Seconds of prefill.", request);
        decode = histogram("request_decode_time_seconds", "Seconds of decoding.", request);
        inference = histogram("request_inference_time_seconds", "Seconds of prefill and decoding.", request);
        promptLength = histogram("request_prompt_tokens", "A request's prompt tokens.", TOKENS);
        answerLength = histogram("request_generation_tokens", "A request's generated tokens.", TOKENS);
        iteration = histogram("iteration_tokens_total", "Tokens of one step.", ITERATION);
    }

    byte[] text() {
        return metrics.text();
    }

    Metrics all() {
        return metrics;
    }

    private void gauge(String name, String help, DoubleSupplier value, String... more) {
        metrics.gauge("vllm:" + name, help, value, join(more));
    }

    private Counter counter(String name, String help, String... more) {
        return metrics.counter("vllm:" + name, help, join(more));
    }

    private Histogram histogram(String name, String help, double[] bounds) {
        return metrics.histogram("vllm:" + name, help, bounds, labels);
    }

    private String[] join(String... more) {
        String[] all = java.util.Arrays.copyOf(labels, labels.length + more.length);
        System.arraycopy(more, 0, all, labels.length, more.length);
        return all;
    }
}
