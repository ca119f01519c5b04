package dev.gyropilot.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {"Print shell completion for bash or zsh.", "Use: source <(gyro completion bash)"})
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.", defaultValue = "bash")
    private Shell shell = Shell.bash;

    enum Shell {
        bash,
        zsh
    }

    @SuppressWarnings("NullAway.Init") // picocli sets the spec
    CompletionCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (shell == Shell.zsh) {
            terminal.out().println("autoload -U +X bashcompinit && bashcompinit");
        }
        terminal.out().print(AutoComplete.bash("gyro", spec.root().commandLine()));
        return 0;
    }
}
