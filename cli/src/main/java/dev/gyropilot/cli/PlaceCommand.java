package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.objects.AllocationWriter;
import dev.gyropilot.scheduler.OfflineScheduler;
import dev.gyropilot.scheduler.OfflineScheduler.PlacedClaim;
import dev.gyropilot.scheduler.OfflineScheduler.PlacedPod;
import dev.gyropilot.scheduler.OfflineScheduler.Unplaced;
import dev.gyropilot.scheduler.claims.ImplicitClaims;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "place",
        description = {
            "Decide where the pods and claims of a file would go, without a cluster.",
            "Each file is a world of its own: any mix of Node, Namespace, DeviceClass, ResourceSlice, ResourceClaim,"
                    + " ResourceClaimTemplate, DeviceTaintRule, PriorityClass, Pod, Queue and PodGroup objects. What is"
                    + " already placed stays; the rest is decided by priority, then in the order of the file."
        })
final class PlaceCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Kubernetes objects as YAML or JSON.")
    private List<Path> files = List.of();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print {file, items, unplaced}, one object per file; json on one line each.")
    private Output output = Output.table;

    @Option(
            names = "--first-fit",
            description =
                    "Give claims the first devices in their driver's order, as Kubernetes and a scheduler whose setting"
                            + " thriftyDevices is false, not those that cost others least.")
    private boolean firstFit;

    PlaceCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        int code = 0;
        for (Path file : files) {
            try {
                place(file);
            } catch (CliError e) {
                terminal.error(e.getMessage(), e.remedy());
                code = 1;
            }
        }
        return code;
    }

    private void place(Path file) {
        WorldFile world = WorldFile.read(file);
        world.warnings().forEach(warning -> terminal.warn(file + ": " + warning));
        OfflineScheduler.Result result = OfflineScheduler.place(world.objects(), !firstFit);
        var unplaced = new ArrayList<>(world.broken());
        unplaced.addAll(result.unplaced());
        switch (output) {
            case json -> terminal.out().println(answer(file, world, result, unplaced));
            case yaml -> {
                terminal.out().println("---");
                terminal.out()
                        .println(Json.kubernetes()
                                .asYaml(answer(file, world, result, unplaced))
                                .replaceFirst("^---\\s*", "")
                                .strip());
            }
            case table, wide, name -> print(file, result, unplaced);
        }
        terminal.out().flush();
    }

    private ObjectNode answer(Path file, WorldFile world, OfflineScheduler.Result result, List<Unplaced> unplaced) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("file", file.toString());
        ArrayNode items = answer.putArray("items");
        Map<String, PlacedPod> pods =
                result.pods().stream().collect(Collectors.toMap(p -> p.namespace() + "/" + p.name(), p -> p));
        Map<String, PlacedClaim> claims =
                result.claims().stream().collect(Collectors.toMap(c -> c.namespace() + "/" + c.name(), c -> c));
        var made = new HashMap<String, Map<String, String>>();
        result.generated().stream()
                .filter(claim -> !ImplicitClaims.isImplicit(claim))
                .forEach(claim -> made.computeIfAbsent(
                                claim.getMetadata().getNamespace() + "/"
                                        + claim.getMetadata()
                                                .getOwnerReferences()
                                                .getFirst()
                                                .getName(),
                                _ -> new HashMap<>())
                        .put(
                                claim.getMetadata().getAnnotations().get("resource.kubernetes.io/pod-claim-name"),
                                claim.getMetadata().getName()));
        for (ObjectNode tree : world.trees()) {
            ObjectNode item = tree.deepCopy();
            if (item.path("kind").asText().equals("Pod")) {
                items.add(pod(item, pods.get(key(item)), made.getOrDefault(key(item), Map.of())));
            } else {
                items.add(claim(item, claims.get(key(item))));
            }
        }
        for (var generated : result.generated()) {
            ObjectNode item = (ObjectNode) tree(generated);
            items.add(claim(item, claims.get(key(item))));
        }
        ArrayNode list = answer.putArray("unplaced");
        unplaced.forEach(u -> list.addObject()
                .put("kind", u.kind())
                .put("namespace", u.namespace())
                .put("name", u.name())
                .put("reason", u.reason())
                .put("message", u.message()));
        return answer;
    }

    private static String key(ObjectNode item) {
        return item.at("/metadata/namespace").asText("default") + "/"
                + item.at("/metadata/name").asText();
    }

    private static ObjectNode pod(ObjectNode item, @Nullable PlacedPod placed, Map<String, String> claims) {
        if (placed != null) {
            ((ObjectNode) item.get("metadata")).put("uid", placed.uid());
            ((ObjectNode) item.get("spec")).put("nodeName", placed.node());
            placed.implicit()
                    .ifPresent(implicit -> item.withObject("status")
                            .set("extendedResourceClaimStatus", tree(ImplicitClaims.status(implicit))));
        }
        if (!claims.isEmpty()) {
            ArrayNode statuses = item.withObject("status").withArray("resourceClaimStatuses");
            claims.forEach(
                    (entry, name) -> statuses.addObject().put("name", entry).put("resourceClaimName", name));
        }
        return item;
    }

    private static ObjectNode claim(ObjectNode item, @Nullable PlacedClaim placed) {
        ClaimAllocation allocation = placed == null ? null : placed.allocation();
        if (placed == null || allocation == null) {
            return item;
        }
        ObjectNode status = item.withObject("status");
        if (!status.has("allocation")) {
            status.set("allocation", tree(AllocationWriter.write(allocation)));
        }
        ArrayNode reserved = status.withArray("reservedFor");
        placed.pods().forEach((name, uid) -> {
            boolean known = false;
            for (JsonNode entry : reserved) {
                known |= entry.path("uid").asText().equals(uid);
            }
            if (!known) {
                reserved.addObject().put("name", name).put("resource", "pods").put("uid", uid);
            }
        });
        if (reserved.isEmpty()) {
            status.remove("reservedFor");
        }
        return item;
    }

    private static JsonNode tree(Object object) {
        return Json.kubernetes().convertValue(object, JsonNode.class);
    }

    private void print(Path file, OfflineScheduler.Result result, List<Unplaced> unplaced) {
        var out = terminal.out();
        if (files.size() > 1) {
            out.println(terminal.bold(file.toString()));
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("KIND", "NAMESPACE", "NAME", "PLACE"));
        result.pods().forEach(pod -> rows.add(List.of("Pod", pod.namespace(), pod.name(), pod.node())));
        result.claims()
                .forEach(claim -> rows.add(List.of(
                        "ResourceClaim",
                        claim.namespace(),
                        claim.name(),
                        Objects.requireNonNullElse(claim.allocation(), NOTHING).results().stream()
                                .map(r -> r.request() + "=" + r.device())
                                .collect(Collectors.joining(", ")))));
        if (rows.size() > 1) {
            Columns.print(out, rows);
        }
        for (Unplaced one : unplaced) {
            String where = one.namespace().isEmpty() ? one.name() : one.namespace() + "/" + one.name();
            out.println(terminal.yellow("not placed") + "  " + one.kind() + " " + where + "  (" + one.reason() + ")");
            out.println("            " + one.message());
        }
    }

    private static final ClaimAllocation NOTHING =
            new ClaimAllocation("", "", "", List.of(), List.of(), java.util.Optional.empty());
}
