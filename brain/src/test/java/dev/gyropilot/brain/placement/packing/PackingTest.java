package dev.gyropilot.brain.placement.packing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PackingTest {
    private static final long GIB = 1L << 30;

    private final Map<String, Tenant> tenants = new TreeMap<>();

    private static Need need(long cpu, int devices, int share, String... types) {
        return new Need(cpu, GIB, devices, share, Set.of(types));
    }

    private static Host host(String name, String type, long cpu, int devices) {
        return new Host(name, type, cpu, 512 * GIB, devices);
    }

    private static List<Need> times(int count, Need need) {
        return Collections.nCopies(count, need);
    }

    @SafeVarargs
    private static Mix mix(List<Need>... parts) {
        var all = new ArrayList<Need>();
        for (List<Need> part : parts) {
            all.addAll(part);
        }
        return Mix.of(all);
    }

    private Place put(Fleet fleet, String id, Need need, int host, int... devices) {
        var place = new Place(host, devices);
        fleet.take(need, place);
        tenants.put(id, new Tenant(id, need, place));
        return place;
    }

    private Collection<Tenant> on(int host) {
        return tenants.values().stream().filter(t -> t.place().host() == host).toList();
    }

    @Test
    void gapIsWorthWhatTheExpectedFractionsMakeOfIt() {
        GapValue halves = GapValue.of(mix(times(9, need(1000, 1, 500)), times(1, need(1000, 1, 1000))));
        assertThat(halves.of(1000)).isEqualTo(1);
        assertThat(halves.of(990)).isCloseTo(0.5, within(1e-6));
        assertThat(halves.of(500)).isCloseTo(0.5, within(1e-6));
        assertThat(halves.of(490)).isZero();

        // As many 0.3 as 0.7: a gap of 0.3 completes a device, so that together they are worth one.
        GapValue pairs = GapValue.of(mix(times(5, need(1000, 1, 300)), times(5, need(1000, 1, 700))));
        assertThat(pairs.of(300) + pairs.of(700)).isCloseTo(1, within(1e-6));

        // Far fewer crumbs than gaps that they fit into: they need no device of their own.
        GapValue crumbs = GapValue.of(mix(times(99, need(1000, 1, 800)), times(1, need(1000, 1, 100))));
        assertThat(crumbs.of(200)).isZero();
        assertThat(crumbs.of(800)).isCloseTo(1, within(1e-6));
    }

    @Test
    void gapOfAnUnknownMixIsWorthNothing() {
        assertThat(GapValue.of(Mix.UNKNOWN).of(700)).isZero();
        assertThat(GapValue.of(Mix.UNKNOWN).of(1000)).isEqualTo(1);
    }

    @Test
    void worthOfGapsNeverFallsAndNeverExceedsADevice() {
        var random = new Random(7);
        for (int round = 0; round < 50; round++) {
            var needs = new ArrayList<Need>();
            for (int i = 0; i < 60; i++) {
                needs.add(need(1000, 1, 1 + random.nextInt(1000)));
            }
            GapValue gaps = GapValue.of(Mix.of(needs));
            double before = 0;
            for (int share = 0; share <= 1000; share++) {
                assertThat(gaps.of(share))
                        .as("round %d, share %d", round, share)
                        .isBetween(before, 1.0);
                before = gaps.of(share);
            }
        }
    }

    @Test
    void allocatableIsWhatTheBestPackingOfFractionsLeaves() {
        assertThat(mix(times(3, need(0, 1, 1000))).allocatable()).isEqualTo(1);
        assertThat(mix(times(3, need(0, 1, 600))).allocatable()).isCloseTo(0.6, within(1e-6));
        assertThat(mix(times(3, need(0, 1, 600)), times(3, need(0, 1, 400))).allocatable())
                .isCloseTo(1, within(1e-6));
    }

    @Test
    void devicesWithoutCpuAreStranded() {
        Stranding stranding = Stranding.of(
                mix(times(1, need(8000, 1, 1000)), times(1, need(16000, 1, 1000))), GapValue.of(Mix.UNKNOWN));
        assertThat(stranding.of(0, 4000)).isCloseTo(4000, within(300.0));
        assertThat(stranding.of(24_000, 4000)).isBetween(2000.0, 2400.0);
        assertThat(stranding.of(480_000, 4000)).isCloseTo(0, within(1.0));
        assertThat(stranding.of(0, 0)).isZero();
    }

    @Test
    void workThatNeedsLittleCpuGoesWhereCpuIsShort() {
        Need thirsty = need(12_000, 1, 1000);
        Need modest = need(2_000, 1, 1000);
        Mix mix = mix(times(1, thirsty), times(1, modest));
        var fleet = new Fleet(List.of(host("poor", "a", 20_000, 4), host("rich", "a", 96_000, 4)));
        Packer packer = Packer.forMix(fleet, mix);
        assertThat(hostOf(packer.choose(modest))).isEqualTo(0);
        assertThat(hostOf(packer.choose(thirsty))).isEqualTo(1);
        assertThat(hostOf(packer.choose(need(16_000, 0, 0)))).isEqualTo(1);
    }

    @Test
    void fractionCompletesADeviceInsteadOfOpeningAnother() {
        Mix mix = mix(times(5, need(100, 1, 300)), times(5, need(100, 1, 700)));
        var fleet = new Fleet(List.of(host("n", "a", 96_000, 4)));
        put(fleet, "half", need(100, 1, 500), 0, 0);
        put(fleet, "seven", need(100, 1, 700), 0, 2);
        Place place = Objects.requireNonNull(Packer.forMix(fleet, mix).choose(need(100, 1, 300)));
        assertThat(place.devices()).containsExactly(2);
    }

    @Test
    void setsOfDevicesThatAreAskedForAreKeptTogether() {
        Need one = need(100, 1, 1000);
        Mix mix = mix(times(8, one), times(2, need(800, 8, 1000)));
        var fleet = new Fleet(List.of(host("empty", "a", 96_000, 8), host("used", "a", 96_000, 8)));
        put(fleet, "x", need(100, 2, 1000), 1, 0, 1);
        assertThat(hostOf(Packer.forMix(fleet, mix).choose(one))).isEqualTo(1);
    }

    @Test
    void scarceTypeIsLeftToWorkThatIsBoundToIt() {
        Need any = need(100, 1, 1000);
        Need bound = need(100, 1, 1000, "scarce");
        Mix mix = mix(times(6, any), times(4, bound));
        var fleet = new Fleet(List.of(host("a", "scarce", 96_000, 4), host("b", "common", 96_000, 8)));
        Packer packer = Packer.forMix(fleet, mix);
        assertThat(hostOf(packer.choose(any))).isEqualTo(1);
        assertThat(hostOf(packer.choose(bound))).isEqualTo(0);
    }

    @Test
    void needThatFitsNowhereHasNoPlace() {
        var fleet = new Fleet(List.of(host("a", "x", 1000, 2)));
        Packer packer = Packer.forMix(fleet, Mix.UNKNOWN);
        assertThat(packer.choose(need(2000, 1, 500))).isNull();
        assertThat(packer.choose(need(100, 3, 1000))).isNull();
        assertThat(packer.choose(need(100, 1, 500, "y"))).isNull();
        assertThat(packer.choose(new Need(100, 1024 * GIB, 0, 0, Set.of()))).isNull();
        assertThat(packer.choose(need(100, 2, 1000))).isNotNull();
    }

    @Test
    void needOfMoreThanADeviceIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> need(1, 1, 1001)).hasMessageContaining("1001").hasMessageContaining("Maybe");
        assertThatThrownBy(() -> need(1, 0, 10)).hasMessageContaining("0 for no device");
    }

    @Test
    void roomIsMadeByTheFewestMoves() {
        Need whole = need(100, 1, 1000);
        Need half = need(100, 1, 500);
        var fleet = new Fleet(List.of(host("a", "x", 96_000, 2), host("b", "x", 96_000, 1)));
        put(fleet, "w", whole, 0, 0);
        put(fleet, "h1", half, 0, 1);
        put(fleet, "h2", half, 1, 0);
        var rearrangement = new Rearrangement(fleet, Packer.forMix(fleet, mix(times(1, half))), this::on);
        Rearrangement.Plan plan = rearrangement.makeRoom(whole, 2).orElseThrow();
        assertThat(plan.moves()).hasSize(1);
        Tenant moved = plan.moves().getFirst().tenant();
        Place room = plan.place().orElseThrow();
        assertThat(room.host()).isEqualTo(moved.place().host());
        assertThat(plan.moves().getFirst().to().host()).isNotEqualTo(room.host());
        assertThat(fleet.freeShares(0)).as("the fleet is left as it was").isEqualTo(500);
        assertThat(rearrangement.makeRoom(need(100, 2, 1000), 1)).isEmpty();
    }

    @Test
    @DisplayName(
            "KAI-1311, Volcano-3948, Kueue-4329, HAMi-2072: scattered fractions are moved together until a whole node is free")
    void aWholeNodeIsFreedByBoundedMoves() {
        Need half = need(100, 1, 500);
        Need node = need(400, 4, 1000);
        var fleet = new Fleet(List.of(host("a", "x", 96_000, 4), host("b", "x", 96_000, 4), host("c", "x", 96_000, 4)));
        for (int host = 0; host < 3; host++) {
            // On one host there is the least to move.
            for (int device = 0; device < (host == 1 ? 2 : 3); device++) {
                put(fleet, "h" + host + "-" + device, half, host, device);
            }
        }
        var rearrangement = new Rearrangement(fleet, Packer.forMix(fleet, mix(times(1, half))), this::on);
        assertThat(rearrangement.makeRoom(node, 1)).as("one move is not enough").isEmpty();
        Rearrangement.Plan plan = rearrangement.makeRoom(node, 4).orElseThrow();
        assertThat(plan.place().orElseThrow().host()).isEqualTo(1);
        assertThat(plan.moves())
                .hasSize(2)
                .allSatisfy(move -> assertThat(move.to().host()).isNotEqualTo(1));
    }

    @Test
    void hostIsEmptiedOnlyWhenAllItsWorkHasAPlace() {
        Need half = need(100, 1, 500);
        var fleet = new Fleet(List.of(host("a", "x", 96_000, 2), host("b", "x", 96_000, 2)));
        put(fleet, "h1", half, 0, 0);
        put(fleet, "h2", half, 0, 1);
        put(fleet, "h3", half, 1, 0);
        var rearrangement = new Rearrangement(fleet, Packer.forMix(fleet, mix(times(1, half))), this::on);
        assertThat(rearrangement.empty(0).orElseThrow().moves()).hasSize(2);
        put(fleet, "w", need(100, 1, 1000), 1, 1);
        assertThat(rearrangement.empty(0)).isEmpty();
    }

    /** Random work comes and goes and is moved; nothing is ever held twice and everything is given back in the end. */
    @Test
    void randomRearrangementsHoldNothingTwice() {
        for (int seed = 0; seed < 20; seed++) {
            randomRearrangements(new Random(seed));
        }
    }

    private void randomRearrangements(Random random) {
        tenants.clear();
        List<Host> hosts = IntStream.range(0, 12)
                .mapToObj(i -> host("n" + i, "t" + i % 2, 32_000, 1 + i % 4 * 2))
                .toList();
        var fleet = new Fleet(hosts);
        List<Need> kinds = List.of(
                need(4000, 1, 470), need(3000, 1, 810), need(9000, 1, 1000), need(16_000, 4, 1000), need(8000, 0, 0));
        Packer packer = Packer.forMix(fleet, Mix.of(kinds));
        var rearrangement = new Rearrangement(fleet, packer, this::on);
        for (int step = 0; step < 300; step++) {
            if (random.nextInt(4) == 0 && !tenants.isEmpty()) {
                String gone = List.copyOf(tenants.keySet()).get(random.nextInt(tenants.size()));
                Tenant tenant = Objects.requireNonNull(tenants.remove(gone));
                fleet.give(tenant.need(), tenant.place());
                continue;
            }
            Need need = kinds.get(random.nextInt(kinds.size()));
            @Nullable Place place = packer.choose(need);
            if (place == null) {
                Optional<Rearrangement.Plan> plan = rearrangement.makeRoom(need, 3);
                if (plan.isPresent()) {
                    for (Rearrangement.Move move : plan.get().moves()) {
                        // Fleet asserts that there is room before the old place is given up.
                        put(
                                fleet,
                                move.tenant().id(),
                                move.tenant().need(),
                                move.to().host(),
                                move.to().devices());
                        fleet.give(move.tenant().need(), move.tenant().place());
                    }
                    place = plan.get().place().orElseThrow();
                }
            }
            if (place != null) {
                put(fleet, "p" + step, need, place.host(), place.devices());
            }
        }
        tenants.values().forEach(tenant -> fleet.give(tenant.need(), tenant.place()));
        for (int h = 0; h < fleet.size(); h++) {
            assertThat(fleet.freeShares(h)).isEqualTo(hosts.get(h).devices() * Need.WHOLE);
            assertThat(fleet.freeCpuMillis(h)).isEqualTo(hosts.get(h).cpuMillis());
        }
    }

    private static int hostOf(@Nullable Place place) {
        return Objects.requireNonNull(place).host();
    }
}
