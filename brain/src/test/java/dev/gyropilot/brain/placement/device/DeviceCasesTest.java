package dev.gyropilot.brain.placement.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.objects.AllocationWriter;
import dev.gyropilot.brain.placement.objects.ClaimReader;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import dev.gyropilot.brain.placement.objects.NodeReader;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The allocator's behaviour as data: {@code resources/devices/*.yaml}. A file is a list of cases; a case has
 *
 * <ul>
 *   <li>{@code world}: objects in the API's own shapes (Node, DeviceClass, ResourceSlice, ResourceClaim; the apiVersion and
 *       the metadata of a claim's namespace may be left out). Claims with a status are allocated already;
 *   <li>{@code node}: the node to allocate on; the first of the world if left out;
 *   <li>{@code off}: the features that are off; {@code on}: those that are on although they are not by default;
 *   <li>{@code picks}: after how many the search is interrupted;
 *   <li>{@code upstream}: in which way the public allocator of Kubernetes is known to answer otherwise;
 *   <li>{@code expect}: per claim either a list of {@code request: device} pairs, written {@code request=pool/device}, or the
 *       whole {@code status.allocation}; or {@code error: text} or {@code none: text} instead.
 * </ul>
 */
class DeviceCasesTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestFactory
    Stream<DynamicTest> cases() throws IOException, URISyntaxException {
        return all("/devices").entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> check(one.getValue())));
    }

    /** The cases of all files in a folder of the test resources, by file and name. */
    static Map<String, JsonNode> all(String resource) throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(DeviceCasesTest.class.getResource(resource))
                .toURI());
        var cases = new LinkedHashMap<String, JsonNode>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                for (JsonNode one : YAML.readTree(file.toFile())) {
                    String name = file.getFileName() + ": " + one.path("name").asText();
                    assertThat(cases.put(name, one))
                            .as("two cases named " + name)
                            .isNull();
                }
            }
        }
        assertThat(cases).isNotEmpty();
        return cases;
    }

    private static void check(JsonNode one) throws IOException {
        var devices = Devices.EMPTY;
        var nodes = new ArrayList<Node>();
        var claims = new ArrayList<Claim>();
        for (JsonNode object : one.path("world")) {
            String kind = object.path("kind").asText();
            switch (kind) {
                case "Node" ->
                    nodes.add(NodeReader.read(JSON.treeToValue(object, io.fabric8.kubernetes.api.model.Node.class)));
                case "DeviceClass" ->
                    devices = devices.with(DeviceReader.read(
                            JSON.treeToValue(object, io.fabric8.kubernetes.api.model.resource.v1.DeviceClass.class)));
                case "ResourceSlice" ->
                    devices = devices.with(DeviceReader.read(JSON.treeToValue(object, ResourceSlice.class)));
                case "ResourceClaim" -> {
                    Claim claim = ClaimReader.read(JSON.treeToValue(object, ResourceClaim.class));
                    devices = devices.with(claim);
                    if (claim.allocation().isEmpty()) {
                        claims.add(claim);
                    }
                }
                default -> throw new IllegalArgumentException("kind \"" + kind + "\" is not part of a case");
            }
        }
        var allocator = new Allocator(
                features(one),
                new CelSelectors(features(one)),
                one.path("picks").asInt(Allocator.PICK_LIMIT));
        Outcome outcome = allocator.allocate(devices, node(nodes, one.path("node")), claims);
        Outcome again = allocator.allocate(devices, node(nodes, one.path("node")), claims);
        assertThat(again).isEqualTo(outcome);
        compare(one.path("expect"), outcome);
    }

    private static Node node(List<Node> nodes, JsonNode name) {
        return nodes.stream()
                .filter(n -> name.isMissingNode() || n.name().equals(name.asText()))
                .findFirst()
                .orElse(new Node("node", Map.of(), List.of(), false, Map.of()));
    }

    private static Features features(JsonNode one) {
        List<String> names = texts(one.path("off"));
        List<String> on = texts(one.path("on"));
        return new Features(
                !names.contains("adminAccess"),
                !names.contains("prioritizedList"),
                !names.contains("consumableCapacity"),
                !names.contains("partitionableDevices"),
                !names.contains("deviceTaints"),
                !names.contains("bindingConditions"),
                !names.contains("listTypeAttributes"),
                !names.contains("compatibilityGroups"),
                on.contains("fractionalCapacityRange"));
    }

    private static void compare(JsonNode expect, Outcome outcome) throws IOException {
        if (expect.has("error")) {
            assertThat(outcome).isInstanceOf(Outcome.Failed.class);
            assertThat(((Outcome.Failed) outcome).message())
                    .contains(expect.path("error").asText());
            return;
        }
        if (expect.has("none")) {
            assertThat(outcome).isInstanceOf(Outcome.NoFit.class);
            assertThat(((Outcome.NoFit) outcome).reason())
                    .contains(expect.path("none").asText());
            return;
        }
        assertThat(outcome).isInstanceOf(Outcome.Allocated.class);
        for (ClaimAllocation allocation : ((Outcome.Allocated) outcome).claims()) {
            JsonNode wanted = expect.path(allocation.name());
            if (wanted.isArray()) {
                assertThat(allocation.results().stream().map(r -> r.request() + "=" + place(r)))
                        .as(allocation.name())
                        .containsExactlyElementsOf(texts(wanted));
            } else {
                assertThat(normalised(JSON.readTree(JSON.writeValueAsString(AllocationWriter.write(allocation)))))
                        .isEqualTo(wanted);
            }
        }
    }

    private static String place(ClaimAllocation.Result result) {
        return result.device().pool().pool() + "/" + result.device().device();
    }

    static List<String> texts(JsonNode array) {
        var result = new ArrayList<String>();
        array.forEach(text -> result.add(text.asText()));
        return result;
    }

    /** Share ids become a fixed text, as they are free to choose. */
    static JsonNode normalised(JsonNode tree) {
        for (Iterator<JsonNode> results = tree.path("devices").path("results").elements(); results.hasNext(); ) {
            ObjectNode result = (ObjectNode) results.next();
            if (result.has("shareID")) {
                result.put("shareID", "share");
            }
        }
        return tree;
    }
}
