package dev.gyropilot.engines.llama;

import dev.gyropilot.engines.metrics.Metrics;
import dev.gyropilot.engines.metrics.Metrics.Counter;
import dev.gyropilot.engines.metrics.Metrics.Histogram;
import java.util.function.DoubleSupplier;

/** The metrics of a llama.cpp engine, under vLLM's names where they mean the same. */
final class LlamaMetrics {
    final Metrics all = new Metrics();
    final Counter promptTokens;
    final Counter generatedTokens;
    final Counter rejections;
    final Counter stopped;
    final Counter cutByLength;
    final Counter aborted;
    final Histogram firstToken;
    final Histogram nextToken;
    final Histogram wholeRequest;

    LlamaMetrics(String modelName, DoubleSupplier running, DoubleSupplier waiting) {
        String[] labels = {"model_name", modelName};
        all.gauge("vllm:num_requests_running", "Requests being answered.", running, labels);
        all.gauge("vllm:num_requests_waiting", "Requests that wait for their turn.", waiting, labels);
        // Under llama-server's names too, so that it does not matter which of the two runs.
        all.gauge("llamacpp:requests_processing", "Requests being answered.", running);
        all.gauge("llamacpp:requests_deferred", "Requests that wait for their turn.", waiting);
        promptTokens = all.counter("vllm:prompt_tokens_total", "Prompt tokens.", labels);
        generatedTokens = all.counter("vllm:generation_tokens_total", "Generated tokens.", labels);
        rejections =
                all.counter("vllm:admission_rejections_total", "Requests refused because the queue was full.", labels);
        stopped = finished(modelName, "stop");
        cutByLength = finished(modelName, "length");
        aborted = finished(modelName, "abort");
        firstToken = all.histogram(
                "vllm:time_to_first_token_seconds", "Seconds to the first token.", Metrics.shortSeconds(), labels);
        nextToken = all.histogram(
                "vllm:inter_token_latency_seconds", "Seconds from token to token.", Metrics.shortSeconds(), labels);
        wholeRequest = all.histogram(
                "vllm:e2e_request_latency_seconds", "Seconds from arrival to end.", Metrics.requestSeconds(), labels);
    }

    private Counter finished(String modelName, String reason) {
        return all.counter(
                "vllm:request_success_total", "Finished requests.", "model_name", modelName, "finished_reason", reason);
    }
}
