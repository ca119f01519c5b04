package dev.gyropilot.brain.placement.packing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Makes room by moving work: for a need that fits nowhere, or to empty a host. Each move has its new place before the old one
 * is given up, so that nothing depends on two pieces of work being gone at once. Few moves go before small ones.
 */
public final class Rearrangement {
    /** How many of the most promising hosts are tried. */
    private static final int HOST_LIMIT = 64;

    private final Fleet fleet;
    private final Packer packer;
    private final IntFunction<? extends Collection<Tenant>> tenants;

    /**
     * What to do, in this order.
     *
     * @param place where there is room afterwards; empty when a host was to be emptied
     */
    public record Plan(List<Move> moves, Optional<Place> place) {}

    /** A piece of work and its new place. */
    public record Move(Tenant tenant, Place to) {}

    /** What would have to leave a host. */
    private record Candidate(int host, List<Tenant> leaving) {
        int amount() {
            return leaving.stream().mapToInt(tenant -> tenant.need().amount()).sum();
        }
    }

    /** @param tenants the movable work of a host */
    public Rearrangement(Fleet fleet, Packer packer, IntFunction<? extends Collection<Tenant>> tenants) {
        this.fleet = fleet;
        this.packer = packer;
        this.tenants = tenants;
    }

    /** Room for a need that fits nowhere. The fleet is left as it was. */
    public Optional<Plan> makeRoom(Need need, int moveLimit) {
        var candidates = new ArrayList<Candidate>();
        for (int host = 0; host < fleet.size(); host++) {
            leaving(need, host, moveLimit).ifPresent(candidates::add);
        }
        candidates.sort(Comparator.comparingInt((Candidate c) -> c.leaving().size())
                .thenComparingInt(Candidate::amount)
                .thenComparingInt(Candidate::host));
        for (Candidate candidate : candidates.subList(0, Math.min(HOST_LIMIT, candidates.size()))) {
            Optional<Plan> plan = move(candidate, Optional.of(need));
            if (plan.isPresent()) {
                return plan;
            }
        }
        return Optional.empty();
    }

    /** Other places for all the work of a host. The fleet is left as it was. */
    public Optional<Plan> empty(int host) {
        return move(new Candidate(host, List.copyOf(tenants.apply(host))), Optional.empty());
    }

    private Optional<Plan> move(Candidate candidate, Optional<Need> need) {
        var moves = new ArrayList<Move>();
        for (Tenant tenant : candidate.leaving()) {
            Place to = packer.choose(tenant.need(), candidate.host());
            if (to == null) {
                break;
            }
            fleet.take(tenant.need(), to);
            moves.add(new Move(tenant, to));
        }
        Optional<Plan> plan = Optional.empty();
        if (moves.size() == candidate.leaving().size()) {
            moves.forEach(move -> fleet.give(move.tenant().need(), move.tenant().place()));
            if (need.isEmpty()) {
                plan = Optional.of(new Plan(List.copyOf(moves), Optional.empty()));
            } else if (fleet.fits(need.get(), candidate.host())) {
                Place place = packer.on(need.get(), candidate.host());
                plan = Optional.of(new Plan(List.copyOf(moves), Optional.of(place)));
            }
            moves.forEach(move -> fleet.take(move.tenant().need(), move.tenant().place()));
        }
        moves.forEach(move -> fleet.give(move.tenant().need(), move.to()));
        return plan;
    }

    /** Few tenants without which the need fits; none when there are no such. */
    private Optional<Candidate> leaving(Need need, int host, int limit) {
        Host of = fleet.host(host);
        if (!need.accepts(of.type()) || of.devices() < need.devices() || of.cpuMillis() < need.cpuMillis()) {
            return Optional.empty();
        }
        var leaving = new ArrayList<Tenant>();
        Collection<Tenant> here = tenants.apply(host);
        if (need.devices() > 0 && !freeDevices(need, host, here, leaving, limit)) {
            return Optional.empty();
        }
        long cpu = fleet.freeCpuMillis(host)
                + leaving.stream()
                        .mapToLong(tenant -> tenant.need().cpuMillis())
                        .sum();
        while (cpu < need.cpuMillis()) {
            long lack = need.cpuMillis() - cpu;
            Optional<Tenant> next = here.stream()
                    .filter(tenant -> !leaving.contains(tenant) && tenant.need().cpuMillis() > 0)
                    .min(Comparator.comparing((Tenant tenant) -> tenant.need().cpuMillis() < lack)
                            .thenComparingInt(tenant -> tenant.need().amount())
                            .thenComparingLong(tenant -> Math.abs(tenant.need().cpuMillis() - lack)));
            if (next.isEmpty() || leaving.size() >= limit) {
                return Optional.empty();
            }
            leaving.add(next.get());
            cpu += next.get().need().cpuMillis();
        }
        return leaving.isEmpty() || leaving.size() > limit
                ? Optional.empty()
                : Optional.of(new Candidate(host, List.copyOf(leaving)));
    }

    /** Device by device, the one next that costs the fewest moves. */
    private boolean freeDevices(Need need, int host, Collection<Tenant> here, List<Tenant> leaving, int limit) {
        boolean[] chosen = new boolean[fleet.host(host).devices()];
        for (int count = 0; count < need.devices(); count++) {
            int best = -1;
            List<Tenant> least = List.of();
            for (int device = 0; device < chosen.length; device++) {
                if (chosen[device]) {
                    continue;
                }
                Optional<List<Tenant>> these = without(need, host, device, here, leaving);
                if (these.isPresent() && (best < 0 || isLess(these.get(), least))) {
                    best = device;
                    least = these.get();
                }
            }
            if (best < 0 || leaving.size() + least.size() > limit) {
                return false;
            }
            chosen[best] = true;
            leaving.addAll(least);
        }
        return true;
    }

    private static boolean isLess(List<Tenant> a, List<Tenant> b) {
        return a.size() != b.size() ? a.size() < b.size() : amount(a) < amount(b);
    }

    private static int amount(List<Tenant> tenants) {
        return tenants.stream().mapToInt(tenant -> tenant.need().amount()).sum();
    }

    /** Who has to leave a device beyond those who do already: the smallest that is enough by itself, else the largest first. */
    private Optional<List<Tenant>> without(
            Need need, int host, int device, Collection<Tenant> here, List<Tenant> leaving) {
        int free = fleet.freeShare(host, device);
        var users = new ArrayList<Tenant>();
        for (Tenant tenant : here) {
            if (uses(tenant, device)) {
                if (leaving.contains(tenant)) {
                    free += tenant.need().share();
                } else {
                    users.add(tenant);
                }
            }
        }
        users.sort(Comparator.comparingInt(tenant -> tenant.need().share()));
        var result = new ArrayList<Tenant>();
        while (free < need.share()) {
            int lack = need.share() - free;
            if (users.isEmpty()) {
                return Optional.empty();
            }
            Tenant next = users.stream()
                    .filter(tenant -> tenant.need().share() >= lack)
                    .findFirst()
                    .orElse(users.getLast());
            users.remove(next);
            result.add(next);
            free += next.need().share();
        }
        return Optional.of(result);
    }

    private static boolean uses(Tenant tenant, int device) {
        for (int used : tenant.place().devices()) {
            if (used == device) {
                return true;
            }
        }
        return false;
    }
}
