package dev.gyropilot.brain.placement.packing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a placement costs the work to come, in thousandths of a device:
 *
 * <ul>
 *   <li>devices that will find no CPU on their host ({@link Stranding});
 *   <li>the worth that a gap on a device loses beyond what fills it ({@link GapValue});
 *   <li>sets of whole devices that are broken up, as often as they are asked for;
 *   <li>the scarcity of the device type, where the work would be content with another.
 * </ul>
 *
 * All four follow from the mix of work and from what the hosts have; nothing is set per type or workload.
 */
public final class Costs {
    /** Nothing is known of the work to come, and nothing costs anything. */
    public static final Costs NONE = new Costs(Mix.UNKNOWN, Map.of());

    /** Costs closer than this are no difference. */
    public static final double STEP = 40;

    private static final double STRANDING = 0.5;
    private static final double SETS = 0.25;

    /** For each device of a type of which as much is asked for as there is. */
    private static final double SCARCITY = 400;

    /** A gap counts for a little less than a free device of the same worth, so that gaps are filled first. */
    private static final double OPEN_GAP = 0.98;

    private final Mix mix;
    private final Map<String, Long> devices;
    private final GapValue gaps;
    private final Stranding stranding;
    private final Map<String, Double> scarcity;
    private final List<Need> sets;
    private final double[] setFrequencies;

    private Costs(Mix mix, Map<String, Long> devices) {
        this.mix = mix;
        this.devices = Map.copyOf(devices);
        gaps = GapValue.of(mix);
        stranding = Stranding.of(mix, gaps);
        scarcity = scarcity(devices, mix);
        sets = mix.frequencies().keySet().stream().filter(n -> n.devices() > 1).toList();
        setFrequencies = sets.stream().mapToDouble(mix.frequencies()::get).toArray();
    }

    /** @param devices how many there are of each type */
    public static Costs of(Mix mix, Map<String, Long> devices) {
        return NONE.with(mix, devices);
    }

    /** Those of another mix and other devices; these themselves when nothing differs. */
    public Costs with(Mix other, Map<String, Long> otherDevices) {
        return other.equals(mix) && otherDevices.equals(devices) ? this : new Costs(other, otherDevices);
    }

    /**
     * What it costs that a host changes, gaps aside.
     *
     * @param shares thousandths of devices that are free before, and {@code sharesAfter} after
     * @param whole how many devices are wholly free before, and {@code wholeAfter} after
     */
    public double host(
            Need need,
            String type,
            long cpuMillis,
            long cpuMillisAfter,
            int shares,
            int sharesAfter,
            int whole,
            int wholeAfter) {
        return STRANDING * (stranding.of(cpuMillisAfter, sharesAfter) - stranding.of(cpuMillis, shares))
                + SETS * (intact(type, cpuMillis, whole) - intact(type, cpuMillisAfter, wholeAfter))
                + price(need, type);
    }

    /** What it costs that the free part of a device shrinks, in thousandths. */
    public double gap(int free, int after) {
        return Need.WHOLE * (worth(free) - worth(after));
    }

    private double worth(int share) {
        return share >= Need.WHOLE ? 1 : OPEN_GAP * gaps.of(share);
    }

    private double price(Need need, String type) {
        return need.types().isEmpty() && need.devices() > 0
                ? SCARCITY * scarcity.getOrDefault(type, 0.0) * need.amount() / Need.WHOLE
                : 0;
    }

    /** What the sets that still fit are asked for, weighed by their frequency. */
    private double intact(String type, long cpu, int whole) {
        double result = 0;
        for (int s = 0; s < setFrequencies.length; s++) {
            Need set = sets.get(s);
            if (whole >= set.devices() && cpu >= set.cpuMillis() && set.accepts(type)) {
                int times = whole / set.devices();
                result += setFrequencies[s] * set.amount() * times;
            }
        }
        return result;
    }

    /** For each type, the demand bound to it over what there is; a list of types shares its demand by their number. */
    private static Map<String, Double> scarcity(Map<String, Long> devices, Mix mix) {
        double total = devices.values().stream().mapToDouble(Long::doubleValue).sum();
        double asked = 0;
        var bound = new HashMap<String, Double>();
        for (var entry : mix.frequencies().entrySet()) {
            Need need = entry.getKey();
            double amount = entry.getValue() * need.amount();
            asked += amount;
            double of = need.types().stream()
                    .mapToDouble(type -> devices.getOrDefault(type, 0L))
                    .sum();
            for (String type : need.types()) {
                long here = devices.getOrDefault(type, 0L);
                if (here > 0) {
                    bound.merge(type, amount * here / of, Double::sum);
                }
            }
        }
        var result = new HashMap<String, Double>();
        for (var entry : bound.entrySet()) {
            double here = devices.getOrDefault(entry.getKey(), 0L);
            result.put(entry.getKey(), asked > 0 && here > 0 ? entry.getValue() / asked * total / here : 0);
        }
        return result;
    }
}
