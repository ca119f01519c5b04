package dev.gyropilot.cli;

import dev.gyropilot.node.simulate.SimulationSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "up",
        description = {
            "Start Gyropilot here: Kubernetes API, controllers, scheduler, node and gateway in one process.",
            "With a model, serve it, wait until it is ready and ask it one question."
        },
        footer = {
            "%nExamples:",
            "  gyro up minilm                     a small embedding model that ships with Gyropilot",
            "  gyro up hf://ORG/REPO/FILE.gguf    a language model of the Hugging Face hub, on llama.cpp",
            "  gyro up --simulate 8xH100x100      100 simulated nodes of 8 simulated H100 each",
            "  gyro up --kubeconfig FILE minilm   the same on a control plane that is there already",
        })
final class UpCommand implements Callable<Integer> {
    static final String DEFAULT_API_PORT = "7443";
    static final String DEFAULT_GATEWAY_PORT = "8080";

    private final Terminal terminal;
    private final Home home;

    @Parameters(
            paramLabel = "MODEL|FILE",
            arity = "0..*",
            description = "Models to serve: minilm, a .gguf or .yaml file, an https:// or hf:// address.")
    private List<String> models = List.of();

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = {
                "Work with that cluster in place of an API of our own:",
                "a control plane whose pods shall run here as processes."
            })
    private @Nullable Path kubeconfig;

    @Option(names = "--detach", description = "Run in the background; return when ready.")
    private boolean detach;

    @Option(
            names = "--api-port",
            paramLabel = "PORT",
            description = "Port of the Kubernetes API; 0 takes a free one (default: ${DEFAULT-VALUE}).",
            defaultValue = DEFAULT_API_PORT)
    private int apiPort;

    @Option(
            names = "--gateway-port",
            paramLabel = "PORT",
            description = "Port of the gateway; 0 takes a free one (default: ${DEFAULT-VALUE}).",
            defaultValue = DEFAULT_GATEWAY_PORT)
    private int gatewayPort;

    @Option(
            names = "--simulate",
            paramLabel = "SPEC",
            description = "Add simulated nodes: DEVICESxTYPExNODES, such as 8xH100x100. May be repeated.")
    private List<String> simulate = List.of();

    UpCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() throws Exception {
        long begin = System.nanoTime();
        PlatformOptions options = new PlatformOptions(
                kubeconfig == null ? null : kubeconfig.toAbsolutePath(),
                port("--api-port", apiPort),
                port("--gateway-port", gatewayPort),
                simulate);
        List<DeployRequest> requests = new ArrayList<>();
        for (String model : models) {
            requests.add(DeployRequest.parse(model, null));
        }
        checkSimulation();
        home.prepare();
        if (home.runState().isPresent()) {
            throw home.alreadyRunning();
        }
        return detach ? inBackground(options, requests, begin) : inForeground(options, requests, begin);
    }

    private void checkSimulation() {
        if (simulate.isEmpty()) {
            return;
        }
        try {
            SimulationSpec.parse(String.join(",", simulate));
        } catch (IllegalArgumentException e) {
            throw new CliError("--simulate: " + e.getMessage(), "", e);
        }
    }

    private static int port(String option, int port) {
        if (port < 0 || port > 65_535) {
            throw new CliError(option + " " + port + " is not a port", "Use 1 to 65535, or 0 for a free one.");
        }
        return port;
    }

    private Integer inForeground(PlatformOptions options, List<DeployRequest> requests, long begin) throws Exception {
        home.lock();
        Logs.toFile(home.log());
        CountDownLatch stopped = new CountDownLatch(1);
        Stopper stopper = new Stopper(terminal, stopped);
        Runtime.getRuntime().addShutdownHook(new Thread(stopper, "stop"));
        Platform platform;
        try {
            platform = Platform.start(home, options, terminal);
        } catch (Exception e) {
            home.clearRunState();
            stopped.countDown();
            throw e;
        }
        stopper.stops(platform);
        announce(home.running(), begin);
        int code = serve(requests);
        tryNext(true);
        if (code != 0) {
            terminal.say("Gyropilot goes on running; mend the above, or stop it with Ctrl-C.");
        }
        stopped.await();
        return code;
    }

    private Integer inBackground(PlatformOptions options, List<DeployRequest> requests, long begin) throws Exception {
        RunState state = new Background(home, terminal).start(options);
        announce(state, begin);
        int code = serve(requests);
        tryNext(false);
        return code;
    }

    private void announce(RunState state, long begin) {
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        terminal.done("Gyropilot " + state.version() + " is ready after "
                + String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0));
        var out = terminal.out();
        out.println();
        out.println("  Kubernetes API   " + terminal.cyan(state.apiServer()));
        out.println("  OpenAI API       " + terminal.cyan(state.gateway() + "/v1"));
        out.println("  Data and logs    " + home.directory());
        out.println();
    }

    private int serve(List<DeployRequest> requests) throws IOException, InterruptedException {
        if (requests.isEmpty()) {
            return 0;
        }
        try (Deployer deployer = new Deployer(terminal, Clients.of(home.kubeconfig()))) {
            List<String> names = new ArrayList<>();
            for (DeployRequest request : requests) {
                names.addAll(deployer.apply(request, "default"));
            }
            for (String name : names) {
                deployer.awaitReady("default", name);
                RunState state = home.running();
                new FirstQuestion(terminal, new OpenAi(state.gateway() + "/v1", home.apiKey()))
                        .ask(name, deployer.embeds("default", name));
            }
            return 0;
        } catch (CliError e) {
            terminal.error(String.valueOf(e.getMessage()), e.remedy());
            return 1;
        }
    }

    private void tryNext(boolean foreground) {
        RunState state = home.running();
        var out = terminal.out();
        Path kubeconfig = home.kubeconfig();
        @Nullable String model = models.isEmpty() ? null : "minilm";
        out.println();
        out.println(terminal.bold("Use it"));
        out.println("  eval \"$(./gyro env)\"          # points kubectl and the OpenAI clients here");
        out.println("  kubectl get modelservices,pods,nodes      # or: kubectl --kubeconfig " + kubeconfig);
        out.println("  curl " + state.gateway() + "/v1/embeddings -H \"Authorization: Bearer $(cat " + home.apiKeyFile()
                + ")\" \\");
        out.println("    -H 'Content-Type: application/json' -d '{\"model\":\"minilm\",\"input\":\"Hello\"}'");
        out.println(terminal.bold("Try next"));
        if (model == null) {
            out.println(
                    "  ./gyro deploy minilm --wait                         # serve a model that ships with Gyropilot");
        } else {
            out.println("  kubectl scale modelservice " + model
                    + " --replicas=3      # three processes share the requests");
            out.println("  ./gyro describe " + model + "                            # what runs, and what happened");
        }
        out.println("  ./gyro deploy hf://ORG/REPO/FILE.gguf --name chat   # a language model on llama.cpp");
        out.println("  ./gyro deploy simulated --name sim                  # a simulated one, streams made-up text");
        if (foreground) {
            out.println();
            out.println(terminal.dim("Ctrl-C stops everything; the data stays."));
        } else {
            out.println("  ./gyro down                                         # stop it; the data stays");
        }
        out.flush();
    }

    /** Closes the platform when the process is told to stop. */
    private static final class Stopper implements Runnable {
        private final Terminal terminal;
        private final CountDownLatch stopped;
        private volatile @Nullable Platform platform;

        Stopper(Terminal terminal, CountDownLatch stopped) {
            this.terminal = terminal;
            this.stopped = stopped;
        }

        void stops(Platform started) {
            platform = started;
        }

        @Override
        public void run() {
            Platform running = platform;
            if (running != null && stopped.getCount() > 0) {
                terminal.say("");
                terminal.doing("stopping");
                running.close();
                terminal.done("stopped; the data stays");
            }
            stopped.countDown();
        }
    }
}
