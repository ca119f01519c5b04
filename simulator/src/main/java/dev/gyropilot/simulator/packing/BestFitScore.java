package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Fleet;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.brain.placement.packing.PlaceScore;

/** The fullest host by CPU and devices, on a scale of 0 to 100, and its fullest device; as the authors of FGD compare with. */
final class BestFitScore implements PlaceScore {
    private static final double CPU_SCALE = 128_000;
    private static final double DEVICE_SCALE = 8_000;

    private final Fleet fleet;

    BestFitScore(Fleet fleet) {
        this.fleet = fleet;
    }

    @Override
    public void rate(Need need, int host, Rating into) {
        double cpu = (fleet.freeCpuMillis(host) - need.cpuMillis()) / CPU_SCALE;
        double devices = (fleet.freeShares(host) - need.amount()) / DEVICE_SCALE;
        into.points = Math.floor(100 * (1 - 0.5 * cpu - 0.5 * devices));
        into.tie = 0;
        into.device = -1;
        for (int d = 0; need.isFraction() && d < fleet.host(host).devices(); d++) {
            int free = fleet.freeShare(host, d);
            if (free >= need.share() && (into.device < 0 || free < fleet.freeShare(host, into.device))) {
                into.device = d;
            }
        }
    }
}
