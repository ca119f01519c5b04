package dev.gyropilot.engines;

import dev.gyropilot.engines.fetch.FetchCommand;
import dev.gyropilot.engines.llama.LlamaCommand;
import dev.gyropilot.engines.llama.SampleGguf;
import dev.gyropilot.engines.onnx.OnnxCommand;
import dev.gyropilot.engines.simulated.SimulatedCommand;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The program in the engines' image: one sub-command per engine, and the fetcher. */
public final class Main {
    private static final Map<String, Command> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("onnx", new Command(OnnxCommand::spec, OnnxCommand::run));
        COMMANDS.put("llama", new Command(LlamaCommand::spec, LlamaCommand::run));
        COMMANDS.put("simulated", new Command(SimulatedCommand::spec, SimulatedCommand::run));
        COMMANDS.put("fetch", new Command(FetchCommand::spec, toTheEnd(FetchCommand::run)));
        COMMANDS.put("sample-gguf", new Command(SampleGguf::spec, toTheEnd(SampleGguf::run)));
    }

    private interface Body {
        int run(Arguments arguments) throws Exception;
    }

    private record Command(Supplier<Arguments.Spec> spec, Body body) {}

    private Main() {}

    private static Body toTheEnd(Consumer<Arguments> body) {
        return arguments -> {
            body.accept(arguments);
            return 0;
        };
    }

    /** Runs a sub-command; exits with 0 on success and with the failure's code otherwise. */
    public static void main(String[] line) {
        int code = run(List.of(line));
        if (code != 0) {
            System.exit(code);
        }
    }

    static int run(List<String> line) {
        // Found on the class path, also when a larger program that brings its own configuration contains this one.
        System.setProperty("logback.configurationFile", "dev/gyropilot/engines/logback.xml");
        if (line.isEmpty()
                || line.getFirst().equals("--help")
                || line.getFirst().equals("help")) {
            System.out.print(help());
            return line.isEmpty() ? EngineException.Code.USAGE.exitCode() : 0;
        }
        Command command = COMMANDS.get(line.getFirst());
        if (command == null) {
            System.err.println("engines: there is no sub-command '" + line.getFirst() + "'; known are "
                    + String.join(", ", COMMANDS.keySet()) + ".");
            return EngineException.Code.USAGE.exitCode();
        }
        List<String> rest = new ArrayList<>(line.subList(1, line.size()));
        if (rest.contains("--help")) {
            System.out.print(command.spec.get().help());
            return 0;
        }
        try {
            return command.body.run(command.spec.get().parse(rest));
        } catch (EngineException e) {
            System.err.println("engines: " + e.getMessage());
            return e.code().exitCode();
        } catch (Exception e) {
            System.err.println("engines " + line.getFirst() + ": unexpected failure, please report it:");
            e.printStackTrace();
            return EngineException.Code.INTERNAL.exitCode();
        }
    }

    private static String help() {
        StringBuilder text = new StringBuilder("Usage: engines COMMAND [flags]\n\nCommands:\n");
        COMMANDS.forEach((name, command) -> text.append(String.format(
                Locale.ROOT, "  %-12s %s%n", name, command.spec.get().summary())));
        return text.append("\nRun 'engines COMMAND --help' for its flags.\n").toString();
    }
}
