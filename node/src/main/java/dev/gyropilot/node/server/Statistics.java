package dev.gyropilot.node.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.node.json.Json;
import dev.gyropilot.node.pod.ContainerSnapshot;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** What containers use, as kubelets tell it: {@code /stats/summary}, {@code /metrics/resource} and {@code /pods}. */
final class Statistics {
    static final String JSON = "application/json";
    static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final double NANOS = 1e9;

    private Statistics() {}

    static String pods(ServedPods pods) {
        return Json.MAPPER
                .<ObjectNode>valueToTree(new PodListBuilder()
                        .withItems(pods.all().stream().map(ServedPod::pod).toList())
                        .build())
                .toString();
    }

    static String summary(ServedPods pods, InstantSource clock) {
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        ObjectNode root = Json.MAPPER.createObjectNode();
        var list = root.putArray("pods");
        for (ServedPod worker : pods.all()) {
            var metadata = worker.pod().getMetadata();
            ObjectNode pod = list.addObject();
            pod.putObject("podRef")
                    .put("name", metadata.getName())
                    .put("namespace", metadata.getNamespace())
                    .put("uid", metadata.getUid());
            var containers = pod.putArray("containers");
            for (ContainerSnapshot container : worker.snapshot()) {
                ObjectNode node = containers.addObject().put("name", container.name());
                container
                        .group()
                        .cpuNanos()
                        .ifPresent(
                                nanos -> node.putObject("cpu").put("time", now).put("usageCoreNanoSeconds", nanos));
                container
                        .group()
                        .memoryBytes()
                        .ifPresent(bytes ->
                                node.putObject("memory").put("time", now).put("workingSetBytes", bytes));
            }
        }
        return root.toString();
    }

    static String metrics(ServedPods pods) {
        var text = new StringBuilder();
        var memory = new StringBuilder();
        text.append("# HELP container_cpu_usage_seconds_total Cumulative cpu time consumed by the container\n")
                .append("# TYPE container_cpu_usage_seconds_total counter\n");
        memory.append("# HELP container_memory_working_set_bytes Current working set of the container\n")
                .append("# TYPE container_memory_working_set_bytes gauge\n");
        for (ServedPod worker : pods.all()) {
            var metadata = worker.pod().getMetadata();
            for (ContainerSnapshot container : worker.snapshot()) {
                String labels = "{container=\"" + container.name() + "\",namespace=\"" + metadata.getNamespace()
                        + "\",pod=\"" + metadata.getName() + "\"} ";
                container
                        .group()
                        .cpuNanos()
                        .ifPresent(nanos -> text.append("container_cpu_usage_seconds_total")
                                .append(labels)
                                .append(String.format(Locale.ROOT, "%.6f\n", nanos / NANOS)));
                container
                        .group()
                        .memoryBytes()
                        .ifPresent(bytes -> memory.append("container_memory_working_set_bytes")
                                .append(labels)
                                .append(bytes)
                                .append('\n'));
            }
        }
        return text.append(memory).toString();
    }
}
