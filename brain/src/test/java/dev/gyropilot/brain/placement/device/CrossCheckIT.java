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
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Our allocator beside the public one of Kubernetes on random worlds: the same devices, or none on both sides. Upstream may
 * meet a broken selector or constraint only after a long search in vain, which ours does not go through; then one says error
 * and the other none. The other side is the Go program {@code acceptance/dra-crosscheck}, whose binary {@code GYROPILOT_DRA_CROSSCHECK} names; {@code
 * -Ddra.crosscheck.inputs=100000} asks more.
 */
class CrossCheckIT {
    private static final int INPUTS = Integer.getInteger("dra.crosscheck.inputs", 5000);
    private static final long SEED = Long.getLong("dra.crosscheck.seed", 1);
    private static final int SHOWN = 5;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void bothAllocatorsGiveTheSameDevicesAndRefuseTheSameWorlds() throws Exception {
        String program = System.getenv("GYROPILOT_DRA_CROSSCHECK");
        assumeTrue(program != null, "left out: GYROPILOT_DRA_CROSSCHECK names no binary of acceptance/dra-crosscheck");
        Process upstream = new ProcessBuilder(program)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var differences = new ArrayList<String>();
        var answers = new TreeMap<String, Integer>();
        try (Writer ask = new OutputStreamWriter(upstream.getOutputStream(), StandardCharsets.UTF_8);
                var read =
                        new BufferedReader(new InputStreamReader(upstream.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < INPUTS; i++) {
                ObjectNode world = new RandomWorlds(SEED + i).next();
                ask.write(JSON.writeValueAsString(JSON.createObjectNode().set("world", world)));
                ask.write('\n');
                ask.flush();
                JsonNode theirs = JSON.readTree(read.readLine());
                if (theirs.path("timeOut").asBoolean()) {
                    answers.merge("upstream ran out of time", 1, Integer::sum);
                    continue;
                }
                String expected = text(theirs);
                String ours = ours(world);
                answers.merge(expected.split(" ", 2)[0], 1, Integer::sum);
                boolean onlyWorded = !ours.startsWith("allocated") && !expected.startsWith("allocated");
                if (onlyWorded && !ours.equals(expected)) {
                    answers.merge("refused in other words", 1, Integer::sum);
                } else if (!ours.equals(expected)) {
                    differences.add("seed " + (SEED + i) + "\n  upstream: " + expected + " "
                            + theirs.path("error").asText() + "\n  ours:     " + ours + "\n  " + world);
                }
            }
        } finally {
            upstream.destroy();
        }
        System.out.println("asked " + INPUTS + " worlds, upstream said " + answers);
        assertThat(differences.stream().limit(SHOWN).toList())
                .as(differences.size() + " differences of " + INPUTS)
                .isEmpty();
        assertThat(answers.keySet()).contains("allocated", "none", "error");
        assertThat(answers.getOrDefault("refused in other words", 0)).isLessThan(1 + INPUTS / 500);
    }

    private static String text(JsonNode answer) {
        if (answer.path("none").asBoolean()) {
            return "none";
        }
        return answer.has("error") ? "error" : "allocated " + answer.path("picks");
    }

    private static String ours(ObjectNode world) throws IOException {
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
        var allocator = new Allocator(Features.ALL, new CelSelectors());
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
