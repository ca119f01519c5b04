package dev.gyropilot.brain.placement.packing;

/**
 * How much of a host's free devices will find no CPU, on average, when it goes on being filled with the expected work: the mean
 * of what n devices need more than there is, the need taken as normally distributed, by the mix's mean and deviation of CPU
 * per device.
 */
final class Stranding {
    private final double mean;
    private final double deviation;

    private Stranding(double mean, double deviation) {
        this.mean = mean;
        this.deviation = deviation;
    }

    /** A fraction counts as the part of a device that it is worth. */
    static Stranding of(Mix mix, GapValue gaps) {
        double cpu = 0;
        double devices = 0;
        for (var entry : mix.frequencies().entrySet()) {
            Need need = entry.getKey();
            if (need.devices() > 0) {
                cpu += entry.getValue() * need.cpuMillis();
                devices += entry.getValue() * need.devices() * gaps.of(need.share());
            }
        }
        if (devices <= 0 || cpu <= 0) {
            return new Stranding(0, 0);
        }
        double mean = cpu / devices;
        double variance = 0;
        for (var entry : mix.frequencies().entrySet()) {
            Need need = entry.getKey();
            double off = need.cpuMillis() - mean * need.devices() * gaps.of(need.share());
            variance += need.devices() > 0 ? entry.getValue() * off * off : 0;
        }
        return new Stranding(mean, Math.sqrt(variance / devices));
    }

    /**
     * What is stranded.
     *
     * @param shares thousandths of devices that are free on the host
     * @return thousandths of devices
     */
    double of(long freeCpuMillis, int shares) {
        if (shares <= 0 || mean <= 0) {
            return 0;
        }
        double devices = (double) shares / Need.WHOLE;
        double lack = mean * devices - freeCpuMillis;
        double spread = deviation * Math.sqrt(devices);
        if (spread <= 0) {
            return Need.WHOLE * Math.max(0, lack) / mean;
        }
        double z = lack / spread;
        return Need.WHOLE * spread * (density(z) + z * probability(z)) / mean;
    }

    private static double density(double z) {
        return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }

    /** The normal distribution (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17; error below 1e-7). */
    private static double probability(double z) {
        double t = 1 / (1 + 0.2316419 * Math.abs(z));
        double tail = density(z)
                * t
                * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return z >= 0 ? 1 - tail : tail;
    }
}
