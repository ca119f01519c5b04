package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Fleet;
import dev.gyropilot.brain.placement.packing.Mix;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.brain.placement.packing.PlaceScore;
import java.util.Comparator;
import java.util.List;

/**
 * Fragmentation gradient descent (Weng et al., "Beware of Fragmentation", USENIX ATC 2023): the host on which the expected
 * waste of the typical pods grows least, by its scale of 0 to 100; then the first by name.
 */
final class FgdScore implements PlaceScore {
    private static final double COVERED = 0.95;
    private static final double ROUNDING = 1e-9;

    private final Fleet fleet;
    private final Need[] typical;
    private final double[] frequency;

    FgdScore(Fleet fleet, Mix mix) {
        this.fleet = fleet;
        List<Need> sorted = mix.frequencies().keySet().stream()
                .sorted(Comparator.<Need>comparingDouble(
                                need -> -mix.frequencies().getOrDefault(need, 0.0))
                        .thenComparing(Comparator.comparingLong(Need::cpuMillis)
                                .thenComparingInt(Need::share)
                                .thenComparingInt(Need::devices)
                                .thenComparing(need -> need.types().toString())
                                .reversed()))
                .toList();
        int count = 0;
        double covered = 0;
        while (count < sorted.size() && covered < COVERED - ROUNDING) {
            covered += mix.frequencies().getOrDefault(sorted.get(count++), 0.0);
        }
        typical = sorted.subList(0, count).toArray(Need[]::new);
        frequency = new double[count];
        for (int i = 0; i < count; i++) {
            frequency[i] = mix.frequencies().getOrDefault(typical[i], 0.0) / covered;
        }
    }

    @Override
    public void rate(Need need, int host, Rating into) {
        int[] free = new int[fleet.host(host).devices()];
        for (int d = 0; d < free.length; d++) {
            free[d] = fleet.freeShare(host, d);
        }
        long cpu = fleet.freeCpuMillis(host);
        String type = fleet.host(host).type();
        double before = waste(type, cpu, free);
        long cpuAfter = cpu - need.cpuMillis();
        into.tie = 0;
        into.device = -1;
        if (need.isFraction()) {
            into.points = -1;
            for (int d = 0; d < free.length; d++) {
                if (free[d] >= need.share()) {
                    free[d] -= need.share();
                    double points = scale(before - waste(type, cpuAfter, free));
                    free[d] += need.share();
                    if (points > into.points) {
                        into.points = points;
                        into.device = d;
                    }
                }
            }
        } else {
            for (int device : fleet.place(need, host, -1).devices()) {
                free[device] -= need.share();
            }
            into.points = scale(before - waste(type, cpuAfter, free));
        }
    }

    private static double scale(double less) {
        return Math.floor(100 / (1 + Math.exp(-less / 1000)));
    }

    /** The mean over the typical pods of what each could not use of the idle devices. */
    private double waste(String type, long cpu, int[] free) {
        int idle = 0;
        for (int share : free) {
            idle += share;
        }
        double result = 0;
        for (int i = 0; i < typical.length; i++) {
            Need pod = typical[i];
            int useless = idle;
            if (pod.devices() > 0 && cpu >= pod.cpuMillis() && pod.accepts(type)) {
                int enough = 0;
                int tooSmall = 0;
                for (int share : free) {
                    if (share >= pod.share()) {
                        enough++;
                    } else {
                        tooSmall += share;
                    }
                }
                useless = enough >= pod.devices() ? tooSmall : idle;
            }
            result += frequency[i] * useless;
        }
        return result;
    }
}
