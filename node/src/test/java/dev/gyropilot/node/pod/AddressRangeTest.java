package dev.gyropilot.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AddressRangeTest {
    @Test
    void givesAddressesInTurnAndNoneTwice() {
        var range = new AddressRange("127.64.0.0/10");
        assertThat(range.take()).isEqualTo("127.64.0.1");
        assertThat(range.take()).isEqualTo("127.64.0.2");
        range.giveBack("127.64.0.1");
        range.reserve("127.64.0.3");
        assertThat(range.take()).isEqualTo("127.64.0.4");
    }

    @Test
    void fallsIntoPartsThatDoNotOverlap() {
        var range = new AddressRange("127.64.0.0/10");
        assertThat(range.part(20, 0)).hasToString("127.64.0.0/20");
        assertThat(range.part(20, 1023)).hasToString("127.127.240.0/20");
        assertThat(range.part(20, 1025)).hasToString("127.64.16.0/20");
        assertThat(range.part(20, -1)).hasToString("127.127.240.0/20");
        assertThat(range.part(20, 1).take()).isEqualTo("127.64.16.1");
        assertThatThrownBy(() -> range.part(9, 0)).hasMessageContaining("127.64.0.0/10");
    }

    @Test
    void saysWhenAllAreInUse() {
        var range = new AddressRange("10.0.0.0/28");
        for (int i = 0; i < 14; i++) {
            range.take();
        }
        assertThatThrownBy(range::take).hasMessageContaining("10.0.0.0/28").hasMessageContaining("wider");
    }

    @Test
    void refusesWhatIsNoRange() {
        assertThatThrownBy(() -> new AddressRange("localhost")).hasMessageContaining("127.64.0.0/10");
        assertThatThrownBy(() -> new AddressRange("127.0.0.0/33")).hasMessageContaining("/8 to /28");
    }
}
