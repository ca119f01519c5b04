package dev.gyropilot.brain.placement.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.objects.ClaimReader;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import dev.gyropilot.brain.placement.objects.NodeReader;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Our allocator beside the public one of Kubernetes on random worlds and on the cases of {@link DeviceCasesTest}: the same devices, or none on both sides. Upstream may
 * meet a broken selector or constraint only after a long search in vain, which ours does not go through; then one says error
 * and the other none. The other side is the Go program {@code acceptance/dra-crosscheck}, whose binary {@code GYROPILOT_DRA_CROSSCHECK} names; {@code
 * -Ddra.crosscheck.inputs=100000} asks more.
 */
class CrossCheckIT {
    private static final int INPUTS = Integer.getInteger("dra.crosscheck.inputs", 5000);
    private static final long SEED = Long.getLong("dra.crosscheck.seed", 1);
    private static final int SHOWN = 5;

    /** Costs from here on are all one. */
    private static final double IMMENSE = 1e15;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, String> FEATURES = Map.of(
            "adminAccess", "AdminAccess",
            "bindingConditions", "DeviceBindingAndStatus",
            "compatibilityGroups", "CompatibilityGroups",
            "consumableCapacity", "ConsumableCapacity",
            "deviceTaints", "DeviceTaints",
            "listTypeAttributes", "ListTypeAttributes",
            "partitionableDevices", "PartitionableDevices",
            "prioritizedList", "PrioritizedList");

    @Test
    void bothAllocatorsGiveTheSameDevicesAndRefuseTheSameWorlds() throws Exception {
        var differences = new ArrayList<String>();
        var answers = new TreeMap<String, Integer>();
        try (var upstream = Upstream.start()) {
            for (int i = 0; i < INPUTS; i++) {
                ObjectNode world = new RandomWorlds(SEED + i).next();
                JsonNode theirs = upstream.ask(JSON.createObjectNode().set("world", world));
                if (theirs.path("timeOut").asBoolean()) {
                    answers.merge("upstream ran out of time", 1, Integer::sum);
                    continue;
                }
                String expected = text(theirs);
                // Every other search looks ahead from the first pick on, which is otherwise left to long ones.
                int effort = i % 2 == 0 ? Search.EFFORT : -1;
                String ours = ours(world, effort);
                answers.merge(expected.split(" ", 2)[0], 1, Integer::sum);
                if (effort < 0 && expected.equals("error") && !ours.equals("error")) {
                    answers.merge("errors on ways that looking ahead spares", 1, Integer::sum);
                    continue;
                }
                boolean onlyWorded = !ours.startsWith("allocated") && !expected.startsWith("allocated");
                if (onlyWorded && !ours.equals(expected)) {
                    answers.merge("refused in other words", 1, Integer::sum);
                } else if (!ours.equals(expected)) {
                    differences.add("seed " + (SEED + i) + "\n  upstream: " + expected + " "
                            + theirs.path("error").asText() + "\n  ours:     " + ours + "\n  " + world);
                }
            }
        }
        System.out.println("asked " + INPUTS + " worlds, upstream said " + answers);
        assertThat(differences.stream().limit(SHOWN).toList())
                .as(differences.size() + " differences of " + INPUTS)
                .isEmpty();
        assertThat(answers.keySet()).contains("allocated", "none", "error");
        assertThat(answers.getOrDefault("refused in other words", 0)).isLessThan(1 + INPUTS / 500);
    }

    /** What the cases expect is what upstream says, but for those that say in which way it is known to differ. */
    @Test
    void theCasesOfTheAllocatorHoldForUpstreamToo() throws Exception {
        var differences = new ArrayList<String>();
        try (var upstream = Upstream.start()) {
            for (var one : DeviceCasesTest.all("/devices").entrySet()) {
                JsonNode theirs = upstream.ask(JSON.createObjectNode().set("world", world(one.getValue())));
                boolean known = one.getValue().has("upstream");
                boolean same = isExpected(one.getValue().path("expect"), theirs, claims(one.getValue()));
                if (same == known) {
                    differences.add(one.getKey() + (known ? " does not differ any more: " : ": ")
                            + one.getValue().path("expect") + "\n  upstream: " + theirs);
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    /** What the selectors answer, and what they cost at worst and when they run. */
    @Test
    void theCasesOfSelectorsHoldForUpstreamToo() throws Exception {
        var differences = new ArrayList<String>();
        try (var upstream = Upstream.start()) {
            for (var one : DeviceCasesTest.all("/selectors").entrySet()) {
                JsonNode tree = one.getValue();
                JsonNode theirs = upstream.ask(question(tree));
                boolean known = tree.has("upstream");
                if (isExpected(tree, theirs) == known) {
                    differences.add(one.getKey() + (known ? " does not differ any more: " : ": ") + tree.path("expect")
                            + "\n  upstream: " + theirs);
                } else if (tree.path("expect").isBoolean() && !tree.has("upstreamCost")) {
                    String ours = costs(tree);
                    String costs = theirs.path("cost").asLong() + " of "
                            + Math.min(IMMENSE, theirs.path("maxCost").asDouble());
                    if (!ours.equals(costs)) {
                        differences.add(one.getKey() + " costs " + ours + ", upstream " + costs);
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    private static ObjectNode question(JsonNode one) {
        List<String> off = DeviceCasesTest.texts(one.path("off"));
        ObjectNode question = JSON.createObjectNode();
        ObjectNode selector = question.putObject("selector")
                .put("expression", one.path("expression").asText())
                .put("driver", one.path("driver").asText(SelectorCasesTest.DRIVER))
                .put("noShares", off.contains("consumableCapacity"))
                .put("noLists", off.contains("listTypeAttributes"));
        ObjectNode device = selector.putObject("device").put("name", "d");
        if (one.path("device") instanceof ObjectNode given) {
            device.setAll(given);
        }
        return question;
    }

    private static boolean isExpected(JsonNode one, JsonNode theirs) {
        JsonNode expect = one.path("expect");
        boolean fails = expect.has("error");
        return theirs.has("compile") == expect.has("compile")
                && theirs.has("error") == fails
                && theirs.path("matches").asBoolean() == expect.asBoolean(false);
    }

    private static String costs(JsonNode one) throws IOException {
        String expression = one.path("expression").asText();
        Slice slice = SelectorCasesTest.slice(one);
        CelSelectors selectors = SelectorCasesTest.selectors(one);
        return selectors.cost(expression, slice.pool().driver(), slice.devices().getFirst()) + " of "
                + Math.min(IMMENSE, (double) selectors.worstCost(expression));
    }

    private static ObjectNode world(JsonNode one) {
        ObjectNode world = JSON.createObjectNode();
        ObjectNode features = world.putObject("features");
        List<String> off = DeviceCasesTest.texts(one.path("off"));
        FEATURES.forEach((ours, theirs) -> features.put(theirs, !off.contains(ours)));
        features.put(
                "FractionalCapacityRange", DeviceCasesTest.texts(one.path("on")).contains("fractionalCapacityRange"));
        world.putObject("node").putObject("metadata").put("name", "node");
        for (JsonNode object : one.path("world")) {
            switch (object.path("kind").asText()) {
                case "Node" -> {
                    String wanted = one.path("node").asText("");
                    String name = object.at("/metadata/name").asText();
                    if (wanted.isEmpty() ? !world.path("node").has("kind") : wanted.equals(name)) {
                        world.set("node", object);
                    }
                }
                case "DeviceClass" -> world.withArray("classes").add(object);
                case "ResourceSlice" -> world.withArray("slices").add(object);
                default -> world.withArray("claims").add(object);
            }
        }
        return world.put("seconds", 1);
    }

    private static List<String> claims(JsonNode one) {
        var names = new ArrayList<String>();
        for (JsonNode object : one.path("world")) {
            if (object.path("kind").asText().equals("ResourceClaim") && !object.has("status")) {
                names.add(object.at("/metadata/name").asText());
            }
        }
        return names;
    }

    private static boolean isExpected(JsonNode expect, JsonNode theirs, List<String> claims) {
        if (expect.has("none") || expect.has("error")) {
            return theirs.path("none").asBoolean() == expect.has("none") && theirs.has("error") == expect.has("error");
        }
        boolean same = theirs.path("picks").size() == claims.size();
        for (int i = 0; same && i < claims.size(); i++) {
            JsonNode wanted = expect.path(claims.get(i));
            JsonNode whole = theirs.path("whole").path(i);
            if (wanted.isArray()) {
                var picks = new ArrayList<String>();
                whole.at("/devices/results")
                        .forEach(r -> picks.add(r.path("request").asText() + "="
                                + r.path("pool").asText() + "/"
                                + r.path("device").asText()));
                same = picks.equals(DeviceCasesTest.texts(wanted));
            } else {
                same = DeviceCasesTest.normalised(whole).equals(wanted);
            }
        }
        return same;
    }

    /** The Go program, asked line by line. */
    private record Upstream(Process process, Writer in, BufferedReader out) implements AutoCloseable {
        static Upstream start() throws IOException {
            String program = System.getenv("GYROPILOT_DRA_CROSSCHECK");
            assumeTrue(
                    program != null, "left out: GYROPILOT_DRA_CROSSCHECK names no binary of acceptance/dra-crosscheck");
            Process process = new ProcessBuilder(program)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new Upstream(
                    process,
                    new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        }

        JsonNode ask(JsonNode question) throws IOException {
            in.write(JSON.writeValueAsString(question));
            in.write('\n');
            in.flush();
            return JSON.readTree(out.readLine());
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            out.close();
        }
    }

    private static String text(JsonNode answer) {
        if (answer.path("none").asBoolean()) {
            return "none";
        }
        return answer.has("error") ? "error" : "allocated " + answer.path("picks");
    }

    private static String ours(ObjectNode world, int effort) throws IOException {
        Devices devices = Devices.EMPTY;
        for (JsonNode slice : world.path("slices")) {
            devices = devices.with(DeviceReader.read(JSON.treeToValue(slice, ResourceSlice.class)));
        }
        for (JsonNode type : world.path("classes")) {
            devices = devices.with(DeviceReader.read(
                    JSON.treeToValue(type, io.fabric8.kubernetes.api.model.resource.v1.DeviceClass.class)));
        }
        List<Claim> pending = new ArrayList<>();
        for (JsonNode object : world.path("claims")) {
            Claim claim = ClaimReader.read(JSON.treeToValue(object, ResourceClaim.class));
            devices = devices.with(claim);
            if (claim.allocation().isEmpty()) {
                pending.add(claim);
            }
        }
        Node node = NodeReader.read(JSON.treeToValue(world.path("node"), io.fabric8.kubernetes.api.model.Node.class));
        var allocator = new Allocator(Features.ALL, new CelSelectors(), Allocator.PICK_LIMIT, effort);
        return switch (allocator.allocate(devices, node, pending)) {
            case Outcome.Allocated allocated ->
                "allocated "
                        + JSON.valueToTree(allocated.claims().stream()
                                .map(claim -> claim.results().stream()
                                        .map(r -> r.request() + "=" + r.device())
                                        .toList())
                                .toList());
            case Outcome.NoFit _ -> "none";
            case Outcome.Failed _ -> "error";
        };
    }
}
