package dev.gyropilot.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
    @ParameterizedTest
    @CsvSource({
        "0,0,2,1,-1,max 100000",
        "100,0,102,4,-1,max 100000",
        "1000,2000,1024,39,200000,200000 100000",
        "500,5,512,20,1000,1000 100000",
        "900000,0,262144,10000,-1,max 100000",
    })
    void translatesCpuToBothVersions(long request, long limit, String shares, String weight, String quota, String max) {
        var limits = new Limits(
                request,
                limit == 0 ? OptionalLong.empty() : OptionalLong.of(limit),
                OptionalLong.empty(),
                OptionalLong.empty());
        assertThat(limits.shares()).isEqualTo(shares);
        assertThat(limits.weight()).isEqualTo(weight);
        assertThat(limits.quotaMicros()).isEqualTo(quota);
        assertThat(limits.cpuMax()).isEqualTo(max);
    }
}
