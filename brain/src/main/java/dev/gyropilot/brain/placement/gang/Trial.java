package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Pod;
import java.util.List;

/**
 * One way to place pods one after another.
 *
 * @param together whether the first that uses a claim goes only where those who share the claim have room, too
 * @param thrifty whether claims take the devices that cost others least, in place of the first in their drivers' order
 * @param reduced how many of the pods with alternatives, the first in order, go without their first ones
 * @param dropped how many alternatives those go without, of each request, the last of which always stays
 */
record Trial(List<Pod> order, boolean together, boolean thrifty, int reduced, int dropped) {
    /** As they come. */
    static Trial plain(List<Pod> order) {
        return new Trial(order, false, false, 0, 0);
    }

    Trial inOrder(List<Pod> other) {
        return new Trial(other, together, thrifty, reduced, dropped);
    }

    Trial reducing(int pods, int alternatives) {
        return new Trial(order, together, true, pods, alternatives);
    }

    Trial keepingTogether() {
        return new Trial(order, true, thrifty, reduced, dropped);
    }
}
