package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The {@code gyro} command. */
@Command(
        name = "gyro",
        description = "Gyropilot: a self-driving AI platform on Kubernetes, or on this laptop.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        scope = ScopeType.INHERIT,
        commandListHeading = "%nCommands:%n",
        footerHeading = "%n",
        footer = {
            "First steps:  gyro up minilm      start everything and serve a small embedding model",
            "              gyro status         what runs, and where",
            "              eval \"$(gyro env)\"  point kubectl and the OpenAI clients at it",
            "",
            "gyro build, gyro bench and gyro verify are commands of the launcher in the repository."
        },
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            EnvCommand.class,
            DeployCommand.class,
            GetCommand.class,
            DescribeCommand.class,
            LogsCommand.class,
            DeleteCommand.class,
            QueueCommand.class,
            WhyCommand.class,
            GpusCommand.class,
            PlaceCommand.class,
            ReplayCommand.class,
            RunCommand.class,
            ImageCommand.class,
            InstallCommand.class,
            UninstallCommand.class,
            DoctorCommand.class,
            SampleGgufCommand.class,
            VersionCommand.class,
            CompletionCommand.class,
            TrainCommand.class,
        })
public final class Main {
    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_USAGE = 2;

    private Main() {}

    public static void main(String[] arguments) {
        int code = run(arguments, Terminal.system(), Home.fromEnvironment());
        System.out.flush();
        System.exit(code);
    }

    /** Runs one command; the exit code is 0 only on success. */
    static int run(String[] arguments, Terminal terminal, Home home) {
        CommandLine commands = new CommandLine(new Main(), new CommandFactory(terminal, home))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler((failure, _, _) -> report(failure, terminal))
                .setParameterExceptionHandler((failure, _) -> usage(failure, terminal));
        return arguments.length == 0 ? help(commands) : commands.execute(arguments);
    }

    private static int help(CommandLine commands) {
        commands.usage(System.out);
        return EXIT_USAGE;
    }

    private static int usage(ParameterException failure, Terminal terminal) {
        CommandLine command = failure.getCommandLine();
        List<String> guesses = failure instanceof CommandLine.UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions()
                : List.of();
        String name = command.getCommandSpec().qualifiedName();
        terminal.error(
                String.valueOf(failure.getMessage()),
                (guesses.isEmpty() ? "" : "Maybe you meant " + String.join(" or ", guesses) + ". ") + "See `" + name
                        + " --help`.");
        return EXIT_USAGE;
    }

    private static int report(Exception failure, Terminal terminal) {
        LoggerFactory.getLogger(Main.class).debug("command failed", failure);
        switch (failure) {
            case CliError known -> terminal.error(known.getMessage(), known.remedy());
            case KubernetesClientException api -> terminal.error(apiMessage(api), apiRemedy(api));
            default ->
                terminal.error(
                        failure.toString(),
                        "This is a defect of Gyropilot. The log of a running one is in logs/gyropilot.log of its data"
                                + " directory.");
        }
        return EXIT_FAILURE;
    }

    private static String apiMessage(KubernetesClientException failure) {
        var status = failure.getStatus();
        @Nullable String message = status == null ? null : status.getMessage();
        return message == null ? "the Kubernetes API did not answer: " + failure.getMessage() : message;
    }

    private static String apiRemedy(KubernetesClientException failure) {
        return failure.getCode() == 0 ? "Is it running? See `gyro status`." : "";
    }
}
