package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.install.chart.Chart;
import dev.gyropilot.install.chart.ChartException;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What installing and removing have in common: the cluster, the namespace and the chart's values. */
final class InstallOptions {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig of the cluster; as kubectl finds it when absent.")
    private @Nullable Path kubeconfig;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of Gyropilot's own objects (default: ${DEFAULT-VALUE}).",
            defaultValue = Names.SYSTEM_NAMESPACE)
    private String namespace = Names.SYSTEM_NAMESPACE;

    @Option(
            names = {"-f", "--values"},
            paramLabel = "FILE",
            description = "Values of the chart, as in install/chart/values.yaml.")
    private @Nullable Path values;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "One value, such as gateway.replicas=3. May be repeated.")
    private Map<String, String> set = new LinkedHashMap<>();

    String namespace() {
        return namespace;
    }

    KubernetesClient client() {
        return kubeconfig == null ? Clients.ofEnvironment() : Clients.of(kubeconfig);
    }

    /** The objects that an installation may have besides or have had: those of parts that values switch on. */
    List<HasMetadata> optionalObjects() {
        Map<String, HasMetadata> optional = new LinkedHashMap<>();
        objects(Map.of("node", Map.of("enabled", true))).forEach(object -> optional.put(identity(object), object));
        objects(Map.of()).forEach(object -> optional.remove(identity(object)));
        return List.copyOf(optional.values());
    }

    private static String identity(HasMetadata object) {
        return object.getKind() + "/" + object.getMetadata().getName();
    }

    /** The objects of the chart. */
    List<HasMetadata> objects(Map<String, Object> more) {
        try {
            Map<String, Object> changed = Chart.values(fromFile());
            for (var entry : set.entrySet()) {
                changed = Chart.values(changed, nested(entry.getKey(), entry.getValue()));
            }
            changed = Chart.values(changed, more);
            return Chart.render(namespace, changed).stream()
                    .<HasMetadata>map(text -> Json.kubernetes().unmarshal(text, GenericKubernetesResource.class))
                    .toList();
        } catch (ChartException e) {
            throw new CliError(String.valueOf(e.getMessage()), "See install/chart/values.yaml.", e);
        }
    }

    private Map<String, Object> fromFile() {
        if (values == null) {
            return Map.of();
        }
        try {
            return Chart.map(Files.readString(values));
        } catch (IOException e) {
            throw new CliError("cannot read the values " + values + ": " + e.getMessage(), "Check the path.", e);
        }
    }

    private static Map<String, Object> nested(String key, String value) {
        int dot = key.indexOf('.');
        return dot < 0
                ? Chart.map(key + ": " + value)
                : Map.of(key.substring(0, dot), nested(key.substring(dot + 1), value));
    }
}
