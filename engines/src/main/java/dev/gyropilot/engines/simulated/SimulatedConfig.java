package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.Arguments;
import java.time.Duration;
import java.util.List;

/**
 * How a simulated replica behaves. Made from flags, by the command line as by a library's user, so that there is one
 * list of names and defaults.
 *
 * @param prefillPerToken added to the time to the first token for each prompt token that is not in the cache
 * @param timeFactorUnderLoad by what all times are multiplied when every sequence slot is taken; grows linearly to it
 * @param outputTokens mean length of an answer that no limit cuts
 * @param kvBlocks blocks of the KV cache
 * @param blockTokens tokens of one block
 * @param failureRate share of requests that fail on purpose, 0 to 1
 */
public record SimulatedConfig(
        String modelName,
        Duration timeToFirstToken,
        Duration timeToFirstTokenStdDev,
        Duration interTokenLatency,
        Duration interTokenLatencyStdDev,
        Duration prefillPerToken,
        double timeFactorUnderLoad,
        int maxSequences,
        int maxWaiting,
        int maxModelTokens,
        int outputTokens,
        int kvBlocks,
        int blockTokens,
        Mode mode,
        long seed,
        Duration startup,
        double failureRate,
        int maxBodyBytes) {
    /** Where the text of an answer comes from. */
    public enum Mode {
        /** The last message again. */
        ECHO,
        /** Words drawn by the seed. */
        RANDOM
    }

    /** Declares the flags. */
    static Arguments.Spec declare(Arguments.Spec spec) {
        return spec.flag("--model-name", "NAME", "simulated", "The name that clients use")
                .flag("--time-to-first-token", "TIME", "0ms", "Time from a request's turn to its first token")
                .flag("--time-to-first-token-std-dev", "TIME", "0ms", "Its standard deviation, at most 30 % of it")
                .flag("--inter-token-latency", "TIME", "0ms", "Time from token to token")
                .flag("--inter-token-latency-std-dev", "TIME", "0ms", "Its standard deviation, at most 30 % of it")
                .flag("--prefill-time-per-token", "TIME", "0ms", "Added per prompt token that is not cached")
                .flag(
                        "--time-factor-under-load",
                        "FACTOR",
                        "1",
                        "Times are multiplied by this when all slots are taken")
                .flag("--max-num-seqs", "N", "5", "Requests generated at once; others wait")
                .flag("--max-waiting-queue-length", "N", "1000", "More waiting requests are refused with 503")
                .flag("--max-model-len", "TOKENS", "32768", "Prompt and answer together")
                .flag("--output-tokens", "N", "64", "Mean length of an answer that max_tokens does not cut")
                .flag("--kv-cache-size", "BLOCKS", "4096", "Blocks of the KV cache")
                .flag("--block-size", "TOKENS", "16", "Tokens of one block, 1 to 1024")
                .flag(
                        "--mode",
                        "echo|random",
                        "random",
                        "Answer with the last message, or with words drawn by the seed")
                .flag("--seed", "N", "0", "The same seed and prompt give the same answer")
                .flag("--startup-duration", "TIME", "0ms", "Time after the start in which it is not ready")
                .flag("--failure-injection-rate", "PERCENT", "0", "Share of requests that fail with 500, 503 or 429")
                .flag("--max-body-bytes", "BYTES", "16777216", "Largest request body; more is refused with 413");
    }

    /** From flags as on the command line, such as {@code --max-num-seqs=8}. */
    public static SimulatedConfig of(String... flags) {
        return from(declare(new Arguments.Spec("simulated", "")).parse(List.of(flags)));
    }

    static SimulatedConfig from(Arguments arguments) {
        return new SimulatedConfig(
                arguments.text("--model-name"),
                arguments.duration("--time-to-first-token"),
                deviation(arguments, "--time-to-first-token"),
                arguments.duration("--inter-token-latency"),
                deviation(arguments, "--inter-token-latency"),
                arguments.duration("--prefill-time-per-token"),
                arguments.decimal("--time-factor-under-load", 1, 1000),
                arguments.integer("--max-num-seqs", 1, 1 << 20),
                arguments.integer("--max-waiting-queue-length", 0, 1 << 24),
                arguments.integer("--max-model-len", 2, 1 << 27),
                arguments.integer("--output-tokens", 1, 1 << 24),
                arguments.integer("--kv-cache-size", 1, 1 << 27),
                arguments.integer("--block-size", 1, 1024),
                switch (arguments.text("--mode")) {
                    case "echo" -> Mode.ECHO;
                    case "random" -> Mode.RANDOM;
                    default ->
                        throw arguments.usage("flag --mode is '" + arguments.text("--mode") + "'; give echo or random");
                },
                arguments.whole("--seed", Long.MIN_VALUE, Long.MAX_VALUE),
                arguments.duration("--startup-duration"),
                arguments.decimal("--failure-injection-rate", 0, 100) / 100,
                arguments.integer("--max-body-bytes", 1024, 1 << 30));
    }

    private static Duration deviation(Arguments arguments, String mean) {
        Duration deviation = arguments.duration(mean + "-std-dev");
        if (deviation.toNanos() > arguments.duration(mean).toNanos() * 0.3) {
            throw arguments.usage("flag " + mean + "-std-dev is more than 30 % of " + mean
                    + "; beyond that the times would be cut at zero and their mean be wrong");
        }
        return deviation;
    }
}
