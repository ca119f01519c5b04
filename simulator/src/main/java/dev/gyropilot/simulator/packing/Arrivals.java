package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Need;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** The order in which pods arrive in the protocol of FGD (Weng et al., USENIX ATC 2023): shuffled, then drawn again. */
final class Arrivals {
    /** How much is asked for in the end, of what there is. */
    static final double LOAD = 1.3;

    private Arrivals() {}

    /** @param capacity thousandths of a device that the cluster has */
    static List<Need> of(List<Need> pods, long capacity, long seed) {
        var random = new Random(seed);
        var result = new ArrayList<>(pods);
        Collections.shuffle(result, random);
        long asked = pods.stream().mapToLong(Need::amount).sum();
        while (true) {
            Need next = pods.get(random.nextInt(pods.size()));
            if (asked + next.share() > LOAD * capacity) {
                return result;
            }
            asked += next.amount();
            result.add(next);
        }
    }
}
