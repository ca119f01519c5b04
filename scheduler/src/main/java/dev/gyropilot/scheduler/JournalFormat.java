package dev.gyropilot.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.gyropilot.api.config.Settings;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The journal's lines, each a JSON object: first what the scheduler was told at its start, then one for each round with what it
 * got to know ({@code in}) and decided ({@code out}).
 */
final class JournalFormat {
    private static final String FORMAT = "gyropilot-scheduler/1";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final KubernetesSerialization objects;

    /** The first line. */
    record Start(SchedulerConfig config, Decider.Memory memory) {}

    /** A further line. */
    record Entry(Round round, ArrayNode out) {}

    JournalFormat(KubernetesSerialization objects) {
        this.objects = objects;
    }

    String start(Start start) throws IOException {
        ObjectNode line = JSON.createObjectNode().put("format", FORMAT);
        ArrayNode names = line.putArray("schedulerNames");
        start.config.schedulerNames().stream().sorted().forEach(names::add);
        line.put("claimController", start.config.claimController());
        line.set("settings", JSON.valueToTree(Settings.values(start.config)));
        line.set("memory", JSON.valueToTree(start.memory));
        return JSON.writeValueAsString(line);
    }

    Start start(String text) throws IOException {
        JsonNode line = JSON.readTree(text);
        if (!line.path("format").asText().equals(FORMAT)) {
            throw new IOException("the journal's format is \""
                    + line.path("format").asText() + "\", this program reads \"" + FORMAT + "\"");
        }
        Set<String> names = JSON.convertValue(
                line.path("schedulerNames"), JSON.getTypeFactory().constructCollectionType(Set.class, String.class));
        SchedulerConfig config = Settings.bind(
                "scheduler",
                line.path("settings"),
                SchedulerConfig.alongside(names)
                        .withClaimController(line.path("claimController").asBoolean()));
        return new Start(config, JSON.treeToValue(line.path("memory"), Decider.Memory.class));
    }

    String entry(Round round, List<Outcome> outcomes) throws IOException {
        ObjectNode line = JSON.createObjectNode()
                .put("at", round.at().toString())
                .put("cyclePause", round.cyclePause().toString());
        if (round.learns()) {
            line.put("learns", true);
        }
        if (!round.inputs().isEmpty()) {
            ArrayNode in = line.putArray("in");
            for (Input input : round.inputs()) {
                in.add(text(input));
            }
        }
        if (!outcomes.isEmpty()) {
            line.set("out", out(outcomes));
        }
        return JSON.writeValueAsString(line);
    }

    Entry entry(String text, Readers readers) throws IOException {
        JsonNode line = JSON.readTree(text);
        var inputs = new ArrayList<Input>();
        for (JsonNode input : line.path("in")) {
            inputs.add(input(input, readers));
        }
        var round = new Round(
                Instant.parse(line.path("at").asText()),
                Duration.parse(line.path("cyclePause").asText()),
                line.path("learns").asBoolean(),
                inputs);
        return new Entry(round, line.path("out") instanceof ArrayNode out ? out : JSON.createArrayNode());
    }

    private ObjectNode text(Input input) {
        ObjectNode node = JSON.createObjectNode();
        switch (input) {
            case Input.Seen seen ->
                node.put("kind", seen.kind())
                        .putRawValue(seen.gone() ? "gone" : "object", new RawValue(objects.asJson(seen.object())));
            case Input.Written written -> {
                node.put("written", written.decision());
                written.failure().ifPresent(failure -> node.put("failure", failure));
                if (!written.claimVersions().isEmpty()) {
                    ObjectNode versions = node.putObject("claims");
                    written.claimVersions().forEach(versions::put);
                }
            }
            case Input.NotStopped failed -> node.put("notStopped", failed.job());
            case Input.Opened() -> node.put("opened", true);
        }
        return node;
    }

    private Input input(JsonNode node, Readers readers) throws IOException {
        if (node.has("kind")) {
            boolean gone = node.has("gone");
            String kind = node.path("kind").asText();
            Readers.Entry<?> reader = readers.find(kind);
            if (reader == null) {
                throw new IOException(
                        "the journal has an object of kind \"" + kind + "\", which this program does not read");
            }
            HasMetadata object =
                    objects.unmarshal(JSON.writeValueAsString(node.path(gone ? "gone" : "object")), reader.type());
            return new Input.Seen(kind, object, gone, reader.read(object, gone));
        }
        if (node.has("written")) {
            var versions = new HashMap<String, Long>();
            node.path("claims")
                    .properties()
                    .forEach(version ->
                            versions.put(version.getKey(), version.getValue().asLong()));
            return new Input.Written(
                    node.path("written").asLong(),
                    Optional.ofNullable(node.get("failure")).map(JsonNode::asText),
                    versions);
        }
        return node.has("opened")
                ? new Input.Opened()
                : new Input.NotStopped(node.path("notStopped").asText());
    }

    /** The same as it is after it was written: a number's type is lost on the way. */
    static JsonNode reread(JsonNode node) throws IOException {
        return JSON.readTree(JSON.writeValueAsBytes(node));
    }

    static ArrayNode out(List<Outcome> outcomes) {
        ArrayNode out = JSON.createArrayNode();
        for (Outcome outcome : outcomes) {
            ObjectNode node =
                    out.addObject().put("decision", outcome.decision()).put("pod", outcome.pod());
            switch (outcome) {
                case Outcome.Bound bound -> bound(node, bound);
                case Outcome.Stopped stopped ->
                    node.put("does", "stop").put("reason", stopped.reason()).put("message", stopped.message());
                case Outcome.Refused refused ->
                    node.put("does", "refuse").put("reason", refused.reason()).put("message", refused.message());
            }
        }
        return out;
    }

    private static void bound(ObjectNode node, Outcome.Bound bound) {
        node.put("does", "bind").put("node", bound.placed().node());
        if (!bound.placed().allocations().isEmpty()) {
            ArrayNode devices = node.putArray("devices");
            for (ClaimAllocation allocation : bound.placed().allocations()) {
                for (ClaimAllocation.Result result : allocation.results()) {
                    ObjectNode device = devices.addObject()
                            .put("claim", allocation.name())
                            .put("request", result.request())
                            .put("driver", result.device().pool().driver())
                            .put("pool", result.device().pool().pool())
                            .put("device", result.device().device());
                    result.shareId().ifPresent(share -> device.put("share", share));
                    if (!result.consumedCapacity().isEmpty()) {
                        ObjectNode capacity = device.putObject("capacity");
                        result.consumedCapacity().entrySet().stream()
                                .sorted(Map.Entry.comparingByKey())
                                .forEach(entry -> capacity.put(
                                        entry.getKey(), entry.getValue().toPlainString()));
                    }
                }
            }
        }
        ArrayNode terms = node.putArray("terms");
        bound.placed()
                .terms()
                .forEach(term -> terms.addObject()
                        .put("name", term.name())
                        .put("points", term.points())
                        .put("weight", term.weight()));
    }
}
