package dev.gyropilot.brain.placement.packing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the best host by a score. What a score says of a need on a host is kept until the host changes, so that a decision
 * computes little more than the hosts that changed since the need was last seen. One thread at a time.
 */
public final class Packer {
    /** How many different needs are remembered before all are forgotten. */
    private static final int LIMIT = 4096;

    private final Fleet fleet;
    private final PlaceScore score;
    private final PlaceScore.Rating rating = new PlaceScore.Rating();
    private final Map<Need, Known> known = new HashMap<>();

    /** What a score said of one need, by host. */
    private static final class Known {
        final double[] points;
        final double[] tie;
        final int[] device;
        final int[] version;

        Known(int size) {
            points = new double[size];
            tie = new double[size];
            device = new int[size];
            version = new int[size];
            Arrays.fill(version, -1);
        }
    }

    public Packer(Fleet fleet, PlaceScore score) {
        this.fleet = fleet;
        this.score = score;
    }

    /** Gyropilot's own, for a mix of work. */
    public static Packer forMix(Fleet fleet, Mix mix) {
        return new Packer(fleet, new PackingScore(fleet, mix));
    }

    /** The best place; null when the need fits nowhere. */
    public @Nullable Place choose(Need need) {
        return choose(need, -1);
    }

    /** The best place on another host than this. */
    @Nullable
    Place choose(Need need, int except) {
        Known of = known(need);
        int best = -1;
        for (int host = 0; host < fleet.size(); host++) {
            if (host == except || !fleet.fits(need, host)) {
                continue;
            }
            refresh(of, need, host);
            if (best < 0
                    || of.points[host] > of.points[best]
                    || (of.points[host] == of.points[best] && of.tie[host] > of.tie[best])) {
                best = host;
            }
        }
        return best < 0 ? null : fleet.place(need, best, of.device[best]);
    }

    /** The best place on a host that the need fits. */
    Place on(Need need, int host) {
        Known of = known(need);
        refresh(of, need, host);
        return fleet.place(need, host, of.device[host]);
    }

    private Known known(Need need) {
        if (known.size() > LIMIT) {
            known.clear();
        }
        return known.computeIfAbsent(Mix.withoutMemory(need), n -> new Known(fleet.size()));
    }

    private void refresh(Known of, Need need, int host) {
        if (of.version[host] != fleet.version[host]) {
            score.rate(need, host, rating);
            of.points[host] = rating.points;
            of.tie[host] = rating.tie;
            of.device[host] = rating.device;
            of.version[host] = fleet.version[host];
        }
    }
}
