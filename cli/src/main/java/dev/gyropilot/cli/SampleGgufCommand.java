package dev.gyropilot.cli;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.llama.SampleGguf;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sample-gguf",
        description = {
            "Write a small language model with random weights, to try text generation without a download.",
            "It loads, streams and counts like any other; its text is noise."
        })
final class SampleGgufCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", description = "The .gguf file to write; one of this name is replaced.")
    private Path file = Path.of("");

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same file (default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private long seed = 1;

    SampleGgufCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try {
            SampleGguf.write(file, seed);
        } catch (EngineException e) {
            throw new CliError(
                    String.valueOf(e.getMessage()), "Give a file in a folder that exists and can be written.", e);
        }
        terminal.done("wrote " + file + "; its weights are random, so its text is noise");
        terminal.say("Serve it with `gyro deploy " + file + " --name chat`.");
        return 0;
    }
}
