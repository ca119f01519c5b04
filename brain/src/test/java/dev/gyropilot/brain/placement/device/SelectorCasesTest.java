package dev.gyropilot.brain.placement.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.brain.placement.device.SelectorCompiler.DeviceSelector;
import dev.gyropilot.brain.placement.device.SelectorCompiler.SelectorException;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Device selectors as data: {@code resources/selectors/*.yaml}. A case has an {@code expression}; the {@code device} that is
 * asked, without its name; what that {@code cost} and what it costs at {@code worst}; the {@code driver} if that is not gpu.example.com; the features that are {@code off}; and what is
 * expected: true, false, {@code compile: text} when it does not compile, {@code error: text} when it fails on the device.
 * {@code upstream} says in which way Kubernetes is known to answer otherwise, {@code upstreamCost} why it counts otherwise.
 */
class SelectorCasesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final String DRIVER = "gpu.example.com";

    @TestFactory
    Stream<DynamicTest> cases() throws IOException, URISyntaxException {
        return DeviceCasesTest.all("/selectors").entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> check(one.getValue())));
    }

    private static void check(JsonNode one) throws IOException {
        String expression = one.path("expression").asText();
        JsonNode expect = one.path("expect");
        CelSelectors selectors = selectors(one);
        if (expect.has("compile")) {
            assertThatThrownBy(() -> selectors.compile(expression))
                    .isInstanceOf(SelectorException.class)
                    .hasMessageContaining(expect.path("compile").asText());
            return;
        }
        Slice slice = slice(one);
        Device device = slice.devices().getFirst();
        DeviceSelector selector = selectors.compile(expression);
        if (expect.has("error")) {
            assertThatThrownBy(() -> selector.matches(slice.pool().driver(), device))
                    .isInstanceOf(SelectorException.class)
                    .hasMessageContaining(expect.path("error").asText());
            return;
        }
        assertThat(selector.matches(slice.pool().driver(), device)).isEqualTo(expect.asBoolean());
        if (one.has("cost")) {
            assertThat(selectors.cost(expression, slice.pool().driver(), device))
                    .isEqualTo(one.path("cost").asLong());
            assertThat(selectors.worstCost(expression))
                    .isEqualTo(one.path("worst").asLong());
        }
    }

    static CelSelectors selectors(JsonNode one) {
        List<String> off = DeviceCasesTest.texts(one.path("off"));
        return new CelSelectors(new Features(
                true,
                true,
                !off.contains("consumableCapacity"),
                true,
                true,
                true,
                !off.contains("listTypeAttributes"),
                true,
                false));
    }

    /** The device of a case, in a slice of its own. */
    static Slice slice(JsonNode one) throws IOException {
        ObjectNode slice = JSON.createObjectNode();
        slice.putObject("metadata").put("name", "s");
        ObjectNode spec = slice.putObject("spec");
        spec.put("driver", one.path("driver").asText(DRIVER)).put("nodeName", "n");
        spec.putObject("pool").put("name", "p").put("generation", 1).put("resourceSliceCount", 1);
        ObjectNode device = spec.putArray("devices").addObject().put("name", "d");
        if (one.path("device") instanceof ObjectNode given) {
            device.setAll(given);
        }
        return DeviceReader.read(JSON.treeToValue(slice, ResourceSlice.class));
    }
}
