package dev.gyropilot.cli;

import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "deploy",
        description = "Serve a model, or apply a manifest.",
        footer = {
            "%nExamples:",
            "  gyro deploy minilm --wait",
            "  gyro deploy ./model.gguf --name chat",
            "  gyro deploy hf://ORG/REPO/FILE.gguf --name chat --sha256 HEX",
            "  gyro deploy simulated --name sim --replicas 3",
            "  gyro deploy examples/minilm.yaml --dry-run -o yaml"
        })
final class DeployCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Parameters(
            paramLabel = "MODEL|FILE",
            description = "minilm, simulated, a .gguf, .onnx or .yaml file, an https:// or hf:// address.")
    private String argument = "";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Name of the model service; made from the model when absent.")
    private @Nullable String name;

    @Option(names = "--replicas", paramLabel = "N", description = "How many replicas.")
    private @Nullable Integer replicas;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            description = "Engine; chosen by the model's format when absent.")
    private @Nullable String engine;

    @Option(names = "--sha256", paramLabel = "HEX", description = "SHA-256 that the model file must have.")
    private @Nullable String sha256;

    @Option(names = "--wait", description = "Wait until it is ready.")
    private boolean wait;

    @Option(names = "--dry-run", description = "Let the server check it, change nothing.")
    private boolean dryRun;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print the objects.")
    private Output output = Output.table;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    DeployCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        DeployRequest request = withOptions(DeployRequest.parse(argument, name));
        try (Deployer deployer = new Deployer(terminal, cluster.client(home))) {
            if (dryRun) {
                printAll(deployer.dryRun(request, cluster.namespace()));
                return 0;
            }
            List<String> services = deployer.apply(request, cluster.namespace());
            if (wait) {
                services.forEach(service -> deployer.awaitReady(cluster.namespace(), service));
            }
            if (output.machine()) {
                printAll(Deployer.objects(request));
            } else if (!wait && !services.isEmpty()) {
                terminal.say("Follow it with `gyro get` or `gyro describe " + services.getFirst() + "`.");
            }
            return 0;
        }
    }

    private DeployRequest withOptions(DeployRequest request) {
        if (!(request instanceof DeployRequest.Service(ModelService service))) {
            if (name != null || replicas != null || engine != null || sha256 != null) {
                throw new CliError(
                        "--name, --replicas, --engine and --sha256 do not go with a manifest",
                        "Write them into " + argument + ".");
            }
            return request;
        }
        ModelServiceSpec spec = service.getSpec();
        ModelServiceSpec.ModelReference model = spec.model();
        service.setSpec(new ModelServiceSpec(
                sha256 == null
                        ? model
                        : new ModelServiceSpec.ModelReference(
                                model.name(), model.version(), model.alias(), model.uri(), sha256, model.format()),
                engine == null ? spec.engine() : engine,
                spec.args(),
                spec.env(),
                replicas == null ? spec.replicas() : replicas,
                spec.scaling(),
                spec.resources(),
                spec.devices(),
                spec.aliases(),
                spec.nodeSelector(),
                spec.tolerations(),
                spec.rollout()));
        return request;
    }

    private void printAll(List<HasMetadata> objects) {
        Output form = output.machine() ? output : Output.yaml;
        objects.forEach(object -> form.print(terminal, object));
    }
}
