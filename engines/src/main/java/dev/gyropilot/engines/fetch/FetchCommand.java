package dev.gyropilot.engines.fetch;

import dev.gyropilot.engines.Arguments;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** {@code engines fetch}: brings a model into the cache and links it where the engine looks for it. */
public final class FetchCommand {
    private static final String HUB = "https://huggingface.co";
    private static final String TOKEN = "HF_TOKEN";

    private FetchCommand() {}

    /** Its flags. */
    public static Arguments.Spec spec() {
        String hub = System.getenv().getOrDefault("HF_ENDPOINT", HUB);
        return new Arguments.Spec("fetch", "Brings a model from its URI into the cache, checked by its SHA-256.")
                .flag("--uri", "URI", "", "builtin://, file:///, https://, http:// or hf://ORG/REPO[/FILE][@REVISION]")
                .flag(
                        "--out",
                        "PATH",
                        "",
                        "Becomes a link to the model, a file or a folder; a folder gets a link of its name")
                .flag("--cache", "DIR", "", "The cache; replicas that share it fetch once")
                .flag(
                        "--sha256",
                        "HEX",
                        "",
                        "What the content must hash to; without it the hub's word counts. A repository's is over its"
                                + " files' lines of sha256sum, sorted by path")
                .flag("--hub", "URL", hub.isEmpty() ? HUB : hub, "Address for hf://, also by HF_ENDPOINT")
                .flag(
                        "--token-file",
                        "FILE",
                        "",
                        "File with the hub's token, also by HF_TOKEN; it is sent to the hub's host only");
    }

    /** Runs to the end. */
    public static void run(Arguments arguments) {
        Optional<String> sha256 = arguments.find("--sha256").map(hex -> hex.toLowerCase(Locale.ROOT));
        if (sha256.isPresent() && !sha256.get().matches("(sha256:)?[0-9a-f]{64}")) {
            throw arguments.usage("flag --sha256 is '" + sha256.get() + "'; give 64 hex digits");
        }
        URI hub = URI.create(arguments.text("--hub"));
        if (hub.getHost() == null) {
            throw arguments.usage("flag --hub is '" + hub + "'; give an address such as " + HUB);
        }
        Fetcher fetcher = new Fetcher(
                hub,
                arguments
                        .find("--token-file")
                        .map(FetchCommand::token)
                        .or(() -> Optional.ofNullable(System.getenv(TOKEN)).filter(token -> !token.isBlank())),
                arguments.path("--cache"),
                Downloads.Policy.DEFAULT,
                line -> System.err.println("fetch: " + line));
        Path out = fetcher.fetch(
                arguments.text("--uri"), sha256.map(hex -> hex.replace("sha256:", "")), arguments.path("--out"));
        System.out.println(out);
    }

    private static String token(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new EngineException(Code.USAGE, "Cannot read the token file " + file + ": " + e + ".", e);
        }
    }
}
