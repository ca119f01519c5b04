package dev.gyropilot.brain.placement.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceReaderTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String POOL = "driver: d, pool: {name: p}, ";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pool: {name: p} | spec.driver is missing",
                "driver: d | spec.pool is missing",
                "driver: d, pool: {} | spec.pool.name is missing",
                "driver: d, pool: {name: ''} | spec.pool.name is missing",
            })
    void aSliceOfNoPoolIsRefusedByTheField(String spec, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeviceReader.read(slice(spec)))
                .withMessage(message + ". Remedy: set it.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "devices: [{name: a}, {}] | spec.devices[1].name is missing",
                "devices: [{name: a, capacity: {m: {}}}] | spec.devices[0].capacity[m].value is missing",
                "devices: [{name: a, capacity: {m: {value: much}}}] |"
                        + " spec.devices[0].capacity[m].value is \"much\", which is no quantity",
                "devices: [{name: a, consumesCounters: [{counters: {m: {value: 1}}}]}] |"
                        + " spec.devices[0].consumesCounters[0].counterSet is missing",
                "devices: [{name: a, consumesCounters: [{counterSet: s, counters: {m: {}}}]}] |"
                        + " spec.devices[0].consumesCounters[0].counters[m].value is missing",
                "sharedCounters: [{name: s, counters: {m: {}}}] | spec.sharedCounters[0].counters[m].value is missing",
                "devices: [{name: a, taints: [{effect: NoSchedule}]}] | spec.devices[0].taints[0].key is missing",
            })
    void whatIsMissingIsNamedByItsField(String more, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeviceReader.read(slice(POOL + more)))
                .withMessageStartingWith(message)
                .withMessageContaining("Remedy: ");
    }

    @Test
    void aTaintKnowsSinceWhenItIsThere() throws JsonProcessingException {
        var read = DeviceReader.read(slice(POOL
                + "devices: [{name: a, taints: [{key: k, effect: NoExecute, timeAdded: '1970-01-01T00:00:07Z'}]}]"));
        assertThat(read.devices().getFirst().taints().getFirst().addedMillis()).isEqualTo(7000);
    }

    private static ResourceSlice slice(String spec) throws JsonProcessingException {
        return YAML.readValue("metadata: {name: s}\nspec: {" + spec + "}", ResourceSlice.class);
    }
}
