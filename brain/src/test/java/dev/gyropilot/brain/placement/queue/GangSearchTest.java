package dev.gyropilot.brain.placement.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.Device;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.gang.GangPlacement;
import dev.gyropilot.brain.placement.gang.GangVerdict;
import dev.gyropilot.brain.placement.gang.Group;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random gangs whose pods want whole devices, halves, either, or whatever there is, on random nodes. Whether there is a solution
 * is a sum here. What is found is one; and one is found wherever all devices are alike, else nearly always.
 */
class GangSearchTest {
    private static final int WORLDS = 100;

    private enum Wish {
        WHOLE,
        HALF,
        EITHER,
        ANY;

        Claim.Request request() {
            return switch (this) {
                case WHOLE -> DeviceCell.exactly("gpu", 1, DeviceCell.size(80));
                case HALF -> DeviceCell.exactly("gpu", 1, DeviceCell.size(40));
                case EITHER -> DeviceCell.firstAvailable(80, 40);
                case ANY -> DeviceCell.exactly("gpu", 1, "true");
            };
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true, 0", "2, true, 0", "3, false, 8", "4, false, 8"})
    void solutionsAreFoundWhereThereAreAny(long seed, boolean alike, int missed) {
        var random = new Random(seed);
        var allocator = new Allocator(Features.ALL, new CelSelectors());
        var misses = new ArrayList<String>();
        for (int i = 0; i < WORLDS; i++) {
            check("seed " + seed + ", world " + i, random, allocator, alike, misses);
        }
        assertThat(misses).hasSizeLessThanOrEqualTo(missed);
    }

    private static void check(String which, Random random, Allocator allocator, boolean alike, List<String> misses) {
        var devices = new DeviceCell(allocator);
        int divisible = 0;
        int plain = 0;
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            var sets = new ArrayList<Slice.CounterSet>();
            var parts = new ArrayList<Device>();
            for (int d = 1 + random.nextInt(3); d > 0; d--) {
                String set = "gpu-" + d;
                sets.add(DeviceCell.set(set, 80));
                parts.add(DeviceCell.part("whole-" + d, set, 80));
                if (alike || random.nextInt(3) > 0) {
                    divisible++;
                    parts.add(DeviceCell.part("half-" + d + "-0", set, 40));
                    parts.add(DeviceCell.part("half-" + d + "-1", set, 40));
                } else {
                    plain++;
                }
            }
            devices.cut("n" + n, "r", sets, parts);
        }
        var wishes = new ArrayList<Wish>();
        var pods = new ArrayList<Pod>();
        for (int p = 1 + random.nextInt(2 * divisible + plain + 1); p > 0; p--) {
            Wish wish = Wish.values()[random.nextInt(4)];
            String name = "p" + pods.size();
            devices.claim(name, wish.request());
            pods.add(devices.pod(name, 0, DeviceCell.LITTLE, List.of(name)));
            wishes.add(wish);
        }
        boolean possible = isPossible(wishes, divisible, plain);
        var gangs = new GangPlacement(1, allocator);
        GangVerdict verdict = gangs.place(devices.cell.snapshot, Group.of("g", pods));
        String what = which + ": " + wishes + " on " + divisible + " and " + plain;
        if (verdict instanceof GangVerdict.Placed placed) {
            assertThat(possible).as(what).isTrue();
            isSolution(what, devices.cell.snapshot, placed, pods, wishes);
        } else if (possible) {
            misses.add(what);
        }
    }

    /** Devices that cannot be divided are for those who want a whole one, then for those who would take one. */
    private static boolean isPossible(List<Wish> wishes, int divisible, int plain) {
        int wholes = (int) wishes.stream().filter(w -> w == Wish.WHOLE).count();
        int halves = (int) wishes.stream().filter(w -> w == Wish.HALF).count();
        int others = wishes.size() - wholes - halves;
        int wholesLeft = Math.max(0, wholes - plain);
        int othersLeft = Math.max(0, others - Math.max(0, plain - wholes));
        return wholesLeft + (halves + othersLeft + 1) / 2 <= divisible;
    }

    private static void isSolution(
            String what, Snapshot before, GangVerdict.Placed placed, List<Pod> pods, List<Wish> wishes) {
        var halves = new HashMap<String, Integer>();
        for (int p = 0; p < pods.size(); p++) {
            String name = pods.get(p).name();
            Claim claim = placed.after().devices().claim("default", name).orElseThrow();
            assertThat(claim.requests())
                    .as(what)
                    .isEqualTo(before.devices()
                            .claim("default", name)
                            .orElseThrow()
                            .requests());
            var result = claim.allocation().orElseThrow().results().getFirst();
            String device = result.device().device();
            boolean half = device.startsWith("half");
            assertThat(half)
                    .as(what + ", " + name + " has " + device)
                    .isIn(
                            switch (wishes.get(p)) {
                                case WHOLE -> List.of(false);
                                case HALF -> List.of(true);
                                case EITHER, ANY -> List.of(true, false);
                            });
            if (wishes.get(p) == Wish.EITHER) {
                assertThat(result.request()).as(what).isEqualTo(half ? "gpu/size40" : "gpu/size80");
            }
            halves.merge(result.device().pool() + "/" + device.split("-")[1], half ? 1 : 2, Integer::sum);
        }
        assertThat(halves.values()).as(what + ": " + halves).allMatch(used -> used <= 2);
        assertThat(placed.assignments().stream().map(a -> a.pod().name()))
                .as(what)
                .containsExactlyInAnyOrderElementsOf(
                        pods.stream().map(Pod::name).toList());
    }
}
