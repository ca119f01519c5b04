package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Fleet;
import dev.gyropilot.brain.placement.packing.Mix;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.brain.placement.packing.PlaceScore;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Fragmentation gradient descent (Weng et al., "Beware of Fragmentation", USENIX ATC 2023): the host on which the expected
 * waste of the typical pods grows least, by its scale of 0 to 100; then the first by name.
 */
final class FgdScore implements PlaceScore {
    private static final double COVERED = 0.95;
    private static final double ROUNDING = 1e-9;

    private final Fleet fleet;
    private final double[] frequency;
    private final long[] cpu;
    private final int[] devices;
    private final int[] share;

    /** Which typical pods accept the device type of a host. */
    private final Map<String, boolean[]> accepted = new HashMap<>();

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
        List<Need> typical = sorted.subList(0, count);
        frequency = new double[count];
        for (int i = 0; i < count; i++) {
            frequency[i] = mix.frequencies().getOrDefault(typical.get(i), 0.0) / covered;
        }
        cpu = typical.stream().mapToLong(Need::cpuMillis).toArray();
        devices = typical.stream().mapToInt(Need::devices).toArray();
        share = typical.stream().mapToInt(Need::share).toArray();
        for (int h = 0; h < fleet.size(); h++) {
            accepted.computeIfAbsent(fleet.host(h).type(), type -> {
                boolean[] result = new boolean[typical.size()];
                for (int i = 0; i < result.length; i++) {
                    result[i] = typical.get(i).devices() > 0 && typical.get(i).accepts(type);
                }
                return result;
            });
        }
    }

    @Override
    public void rate(Need need, int host, Rating into) {
        int[] free = new int[fleet.host(host).devices()];
        for (int d = 0; d < free.length; d++) {
            free[d] = fleet.freeShare(host, d);
        }
        long cpuBefore = fleet.freeCpuMillis(host);
        boolean[] accepts = accepted.getOrDefault(fleet.host(host).type(), new boolean[0]);
        double before = waste(accepts, cpuBefore, free);
        long cpuAfter = cpuBefore - need.cpuMillis();
        into.tie = 0;
        into.device = -1;
        if (need.isFraction()) {
            into.points = -1;
            for (int d = 0; d < free.length; d++) {
                if (free[d] >= need.share()) {
                    free[d] -= need.share();
                    double points = scale(before - waste(accepts, cpuAfter, free));
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
            into.points = scale(before - waste(accepts, cpuAfter, free));
        }
    }

    private static double scale(double less) {
        return Math.floor(100 / (1 + Math.exp(-less / 1000)));
    }

    /** The mean over the typical pods of what each could not use of the idle devices. */
    private double waste(boolean[] accepts, long cpuFree, int[] free) {
        int idle = 0;
        for (int part : free) {
            idle += part;
        }
        double result = 0;
        for (int i = 0; i < frequency.length; i++) {
            int useless = idle;
            if (accepts[i] && cpuFree >= cpu[i]) {
                int enough = 0;
                int tooSmall = 0;
                for (int part : free) {
                    if (part >= share[i]) {
                        enough++;
                    } else {
                        tooSmall += part;
                    }
                }
                useless = enough >= devices[i] ? tooSmall : idle;
            }
            result += frequency[i] * useless;
        }
        return result;
    }
}
