package dev.gyropilot.engines.onnx;

import dev.gyropilot.engines.Arguments;
import dev.gyropilot.engines.NativeLibraries;
import dev.gyropilot.engines.ServerFlags;
import dev.gyropilot.engines.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code engines onnx}: serves embeddings. */
public final class OnnxCommand {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxCommand.class);

    private OnnxCommand() {}

    /** Its flags. */
    public static Arguments.Spec spec() {
        Arguments.Spec spec =
                new Arguments.Spec("onnx", "Serves text embeddings of a BERT-like ONNX model by OpenAI's API.");
        spec.flag("--model-uri", "URI", "", "A built-in model: builtin://minilm; of others --model-path is read")
                .flag("--model-path", "PATH", "", "An .onnx file or a folder; tokenizer.json lies beside the model")
                .flag("--model-name", "NAME", "", "The name that clients use")
                .flag("--threads", "N", "0", "Texts worked on at once; 0 takes the processors, at most 4")
                .flag("--max-tokens", "N", "0", "Longer texts are cut off here; 0 takes the model's own limit")
                .flag("--max-waiting-texts", "N", "8192", "More waiting texts are refused with 503")
                .flag("--native-cache", "DIR", NativeLibraries.defaultCache().toString(), "Where native libraries go");
        return ServerFlags.declare(spec);
    }

    /** Runs until stopped; the exit code. */
    public static int run(Arguments arguments) throws InterruptedException {
        Optional<String> uri = arguments.find("--model-uri");
        Optional<String> path = arguments.find("--model-path");
        boolean builtIn = uri.isPresent() && uri.get().startsWith("builtin://");
        if (!builtIn && path.isEmpty()) {
            throw arguments.usage("give --model-uri builtin://minilm or --model-path; other URIs are for the fetcher");
        }
        String name = arguments.text("--model-name");
        int asked = arguments.integer("--threads", 0, 256);
        int threads = asked > 0 ? asked : Math.min(4, Runtime.getRuntime().availableProcessors());
        int maxTokens = arguments.integer("--max-tokens", 0, 1 << 20);
        EmbeddingServer embeddings =
                new EmbeddingServer(name, threads, arguments.integer("--max-waiting-texts", 1, 1 << 24), Instant.now());
        EventLoopGroup loops = HttpServer.newLoops(1, "http");
        InetSocketAddress address = ServerFlags.address(arguments);
        HttpServer server = ServerFlags.orCannotListen(
                address, () -> HttpServer.start(address, loops, ServerFlags.limits(arguments), embeddings.router()));
        LOG.info("listening on {}; loading {}", server.address(), builtIn ? uri.get() : path.orElseThrow());
        OnnxRuntime.shareLibraries(arguments.path("--native-cache"));
        long begun = System.nanoTime();
        EmbeddingModel model = builtIn
                ? ModelFiles.builtin(uri.get(), maxTokens)
                : ModelFiles.open(Path.of(path.orElseThrow()), maxTokens);
        embeddings.serve(model);
        LOG.info(
                "ready: {} with {} dimensions, {} tokens at most, {} threads, loaded in {} ms",
                name,
                model.dimensions(),
                model.maxTokens(),
                threads,
                (System.nanoTime() - begun) / 1_000_000);
        return ServerFlags.serveUntilStopped(ServerFlags.ending(server, embeddings.common(), arguments, embeddings));
    }
}
