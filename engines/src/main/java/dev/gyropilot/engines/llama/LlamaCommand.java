package dev.gyropilot.engines.llama;

import dev.gyropilot.engines.Arguments;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.NativeLibraries;
import dev.gyropilot.engines.ServerFlags;
import dev.gyropilot.engines.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code engines llama}: serves text generation by llama.cpp. */
public final class LlamaCommand {
    private static final Logger LOG = LoggerFactory.getLogger(LlamaCommand.class);

    private LlamaCommand() {}

    /** Its flags. */
    public static Arguments.Spec spec() {
        Arguments.Spec spec = new Arguments.Spec(
                "llama",
                "Serves chat and completions of a GGUF model: by a llama-server on the PATH, else by the built-in llama.cpp.");
        spec.flag("--model-path", "FILE", "", "The .gguf file, or a folder with exactly one")
                .flag("--model-name", "NAME", "", "The name that clients use")
                .flag("--ctx-size", "TOKENS", "0", "Prompt and answer together; 0 takes the model's own, at most 4096")
                .flag("--threads", "N", "0", "Threads; 0 takes half the processors")
                .flag("--max-waiting", "N", "64", "More waiting requests are refused with 503 (built-in only)")
                .flag("--backend", "auto|program|built-in", "auto", "Which llama.cpp to use")
                .flag("--native-cache", "DIR", NativeLibraries.defaultCache().toString(), "Where native libraries go");
        return ServerFlags.declare(spec);
    }

    /** Runs until stopped; the exit code. */
    public static int run(Arguments arguments) throws InterruptedException {
        GgufFile file = GgufFile.read(modelFile(arguments.path("--model-path")));
        String name = arguments.text("--model-name");
        int asked = arguments.integer("--ctx-size", 0, 1 << 24);
        int context = asked > 0 ? asked : Math.min(4096, file.contextTokens() > 0 ? file.contextTokens() : 2048);
        int threads = arguments.integer("--threads", 0, 1024);
        int used = threads > 0 ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        String backend = arguments.text("--backend");
        Optional<Path> program = LlamaProgram.find(System.getenv().getOrDefault("PATH", ""));
        return switch (backend) {
            case "auto" ->
                program.isPresent()
                        ? program(program.get(), arguments, file, name, context, used)
                        : builtIn(arguments, file, name, context, used);
            case "program" ->
                program(
                        program.orElseThrow(() -> new EngineException(
                                Code.NOT_FOUND,
                                "There is no llama-server on the PATH; install llama.cpp or give --backend built-in.")),
                        arguments,
                        file,
                        name,
                        context,
                        used);
            case "built-in" -> builtIn(arguments, file, name, context, used);
            default -> throw arguments.usage("flag --backend is '" + backend + "'; give auto, program or built-in");
        };
    }

    private static Path modelFile(Path path) {
        if (!Files.isDirectory(path)) {
            return path;
        }
        try (var files = Files.list(path)) {
            List<Path> found =
                    files.filter(f -> f.toString().endsWith(".gguf")).sorted().toList();
            if (found.size() == 1) {
                return found.getFirst();
            }
            throw new EngineException(
                    Code.NOT_FOUND,
                    "The folder " + path + " has " + found.size()
                            + " .gguf files; name the file itself with --model-path.");
        } catch (java.io.IOException e) {
            throw new EngineException(Code.NOT_FOUND, "Cannot list " + path + ": " + e + ".", e);
        }
    }

    private static int program(
            Path program, Arguments arguments, GgufFile file, String name, int context, int threads) {
        InetSocketAddress address = ServerFlags.address(arguments);
        return LlamaProgram.run(
                List.of(
                        program.toString(),
                        "--model",
                        file.path().toString(),
                        "--alias",
                        name,
                        "--host",
                        address.getAddress().getHostAddress(),
                        "--port",
                        Integer.toString(address.getPort()),
                        "--ctx-size",
                        Integer.toString(context),
                        "--threads",
                        Integer.toString(threads),
                        "--metrics"),
                arguments.duration("--drain").toSeconds());
    }

    private static int builtIn(Arguments arguments, GgufFile file, String name, int context, int threads)
            throws InterruptedException {
        file.refusal().ifPresent(message -> {
            throw new EngineException(Code.DATA, message);
        });
        LlamaServer llama = new LlamaServer(name, arguments.integer("--max-waiting", 1, 1 << 20), Instant.now());
        EventLoopGroup loops = HttpServer.newLoops(1, "http");
        InetSocketAddress address = ServerFlags.address(arguments);
        HttpServer server = ServerFlags.orCannotListen(
                address, () -> HttpServer.start(address, loops, ServerFlags.limits(arguments), llama.router()));
        LOG.info("listening on {}; loading {} ({})", server.address(), file.path(), file.architecture());
        long begun = System.nanoTime();
        llama.serve(LlamaBinding.load(file, context, threads, arguments.path("--native-cache")));
        LOG.info(
                "ready: {} by the built-in llama.cpp, context of {} tokens, {} threads, loaded in {} ms",
                name,
                context,
                threads,
                (System.nanoTime() - begun) / 1_000_000);
        return ServerFlags.serveUntilStopped(ServerFlags.ending(server, llama.common(), arguments, llama));
    }
}
