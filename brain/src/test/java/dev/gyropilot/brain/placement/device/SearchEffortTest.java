package dev.gyropilot.brain.placement.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.brain.placement.Node;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests that a plain search would take years for are decided, one way or the other, and after few picks. No two devices
 * of a world are alike: each has an index of its own.
 */
class SearchEffortTest {
    /** Of so many picks a plain computer does more than a million in a second. */
    private static final int ENOUGH = 50_000;

    private static final String DRIVER = "gpu.example.com";
    private static final Node NODE = new Node("node", Map.of(), List.of(), false, Map.of());

    private final Map<String, DynamicTest> tests = new LinkedHashMap<>();

    @TestFactory
    @DisplayName("k/k-131730: what has no solution is refused after few picks, and what has one is found")
    Stream<DynamicTest> isDecided() {
        countsThatDoNotAddUp();
        constraints();
        alternatives();
        partitions();
        shares();
        togetherNot();
        return tests.values().stream();
    }

    private void countsThatDoNotAddUp() {
        no("32 of 31", devices(31), claim("c", exactly("r", 32, "true")));
        no("16 and 16 of 31", devices(31), claim("c", exactly("x", 16, "true"), exactly("y", 16, "true")));
        no(
                "eight requests for four of 31",
                devices(31),
                claim("c", many(8, i -> exactly("r" + i, 4, "true")).toArray(Claim.Request[]::new)));
        no(
                "a request for nothing, behind others for much",
                devices(60),
                claim("c", exactly("x", 8, "true"), exactly("y", 8, "true"), exactly("z", 1, "false")));
        no(
                "two requests for the same three devices, behind others",
                devices(40),
                claim(
                        "c",
                        exactly("a", 6, "true"),
                        exactly("b", 6, "true"),
                        exactly("x", 2, index() + " < 3"),
                        exactly("y", 2, index() + " < 3")));
        yes(
                "32 of 32, the last request the choosiest",
                devices(32),
                claim(
                        "c",
                        exactly("x", 16, "true"),
                        exactly("y", 8, index() + " < 20"),
                        exactly("z", 8, index() + " < 8")));
    }

    private void constraints() {
        no("no two alike of 200", devices(200), constrained(claim("c", exactly("r", 2, "true")), match("index")));
        no(
                "pairs of 100, triples asked for by three requests",
                devices(100, i -> Map.of("pair", AttributeValue.of((long) i / 2))),
                constrained(
                        claim("c", exactly("x", 1, "true"), exactly("y", 1, "true"), exactly("z", 1, "true")),
                        match("pair")));
        no(
                "eight classes, no value common to all",
                devices(
                        128,
                        i -> Map.of(
                                        "class", AttributeValue.of((long) i / 16),
                                        "numa", AttributeValue.of((long) (i % 16 == i / 16 ? 99 : i % 16)))
                                .entrySet()
                                .stream()
                                .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))),
                constrained(
                        claim(
                                "c",
                                many(
                                                16,
                                                i -> exactly(
                                                        "r" + i,
                                                        1,
                                                        "device.attributes['" + DRIVER + "'].class == " + i % 8))
                                        .toArray(Claim.Request[]::new)),
                        match("numa")));
        no(
                "nine distinct of eight values",
                devices(64, i -> Map.of("card", AttributeValue.of((long) i % 8))),
                constrained(claim("c", exactly("r", 9, "true")), distinct("card")));
        no(
                "21 distinct of twenty values over three requests",
                devices(60, i -> Map.of("card", AttributeValue.of((long) i % 20))),
                constrained(
                        claim("c", exactly("x", 7, "true"), exactly("y", 7, "true"), exactly("z", 7, "true")),
                        distinct("card")));
        yes(
                "twenty distinct of twenty values over two requests",
                devices(60, i -> Map.of("card", AttributeValue.of((long) i % 20))),
                constrained(
                        claim("c", exactly("x", 10, "true"), exactly("y", 10, index() + " < 20")), distinct("card")));
        no(
                "equal in one attribute and distinct in another",
                devices(
                        64,
                        i -> Map.of(
                                "numa", AttributeValue.of((long) i % 8),
                                "card", AttributeValue.of((long) (i / 8) % 4))),
                constrained(claim("c", exactly("r", 5, "true")), match("numa"), distinct("card")));
        no(
                "two attributes, each of which has a common value, but no device both",
                devices(
                        60,
                        i -> Map.of(
                                "a", AttributeValue.of((long) i % 6),
                                "b", AttributeValue.of((long) i / 6))),
                constrained(claim("c", exactly("x", 2, "true"), exactly("y", 2, "true")), match("a"), match("b")));
    }

    private void alternatives() {
        no(
                "eight requests with eight alternatives each for seven devices",
                devices(7),
                claim(
                        "c",
                        many(8, i -> firstAvailable("r" + i, many(8, k -> ask("s" + k, 1, "true"))))
                                .toArray(Claim.Request[]::new)));
        no(
                "eight requests whose alternatives all want two of fifteen",
                devices(15),
                claim(
                        "c",
                        many(8, i -> firstAvailable("r" + i, many(8, k -> ask("s" + k, 2 + k % 2, "true"))))
                                .toArray(Claim.Request[]::new)));
        no(
                "alternatives for disjoint groups that are all too small",
                devices(40),
                claim(
                        "c",
                        many(5, i -> firstAvailable("r" + i, many(8, k -> ask("s" + k, 6, index() + " / 5 == " + k))))
                                .toArray(Claim.Request[]::new)));
        yes(
                "the last alternative of every request",
                devices(24),
                claim(
                        "c",
                        many(
                                        8,
                                        i -> firstAvailable(
                                                "r" + i,
                                                many(
                                                        8,
                                                        k -> ask(
                                                                "s" + k,
                                                                k == 7 ? 1 : 4,
                                                                k == 7 ? "true" : index() + " < 3"))))
                                .toArray(Claim.Request[]::new)));
    }

    private void partitions() {
        no(
                "eight of 56 partitions where the counters have seven",
                partitions(1, 56, 7),
                claim("c", exactly("r", 8, "true")));
        no(
                "57 of 8 times 14 partitions where each set has seven",
                partitions(8, 14, 7),
                claim("c", exactly("x", 30, "true")),
                claim("d", exactly("x", 27, "true")));
        yes(
                "56 of 8 times 14 partitions where each set has seven",
                partitions(8, 14, 7),
                claim("c", exactly("x", 29, "true")),
                claim("d", exactly("x", 27, "true")));
        no(
                "partitions of one set with a common value for each pair only",
                partitions(2, 12, 3),
                constrained(claim("c", exactly("x", 2, "true"), exactly("y", 2, "true")), match("set")));
    }

    private void shares() {
        no(
                "eight shares of 10 in three devices of 25",
                shared(3, 25),
                claim("c", many(8, i -> share("r" + i, 10)).toArray(Claim.Request[]::new)));
        no(
                "twenty shares of six sizes that are one too many",
                shared(5, 30),
                many(20, i -> claim("c" + i, share("r", 8))).toArray(Claim[]::new));
    }

    private void togetherNot() {
        no(
                "eight claims for four of 31",
                devices(31),
                many(8, i -> claim("c" + i, exactly("r", 4, "true"))).toArray(Claim[]::new));
        no(
                "claims that want one of the same five, one too many",
                devices(30),
                Stream.concat(
                                many(3, i -> claim("a" + i, exactly("r", 5, "true"))).stream(),
                                many(6, i -> claim("b" + i, exactly("r", 1, index() + " < 5"))).stream())
                        .toArray(Claim[]::new));
        no(
                "pairs with a common value for more claims than there are pairs",
                devices(20, i -> Map.of("pair", AttributeValue.of((long) i / 4))),
                many(6, i -> constrained(claim("c" + i, exactly("r", 3, "true")), match("pair")))
                        .toArray(Claim[]::new));
    }

    private void no(String name, Devices devices, Claim... claims) {
        tests.put(name, DynamicTest.dynamicTest(name, () -> {
            var allocator = new Allocator(Features.ALL, new CelSelectors());
            Outcome outcome = allocator.allocate(devices, NODE, List.of(claims));
            assertThat(outcome).isInstanceOf(Outcome.NoFit.class);
            assertThat(allocator.tried()).isLessThan(ENOUGH);
        }));
    }

    private void yes(String name, Devices devices, Claim... claims) {
        tests.put(name, DynamicTest.dynamicTest(name, () -> {
            var allocator = new Allocator(Features.ALL, new CelSelectors());
            Outcome outcome = allocator.allocate(devices, NODE, List.of(claims));
            assertThat(outcome).isInstanceOf(Outcome.Allocated.class);
            assertThat(allocator.tried()).isLessThan(ENOUGH);
        }));
    }

    private static String index() {
        return "device.attributes['" + DRIVER + "'].index";
    }

    /** What a number becomes. */
    private interface Numbered<T> {
        T of(int i);
    }

    private static <T> List<T> many(int count, Numbered<T> each) {
        return IntStream.range(0, count).mapToObj(each::of).toList();
    }

    private static Devices devices(int count) {
        return devices(count, i -> Map.of());
    }

    private static Devices devices(int count, Numbered<Map<String, AttributeValue>> attributes) {
        return slice(
                many(count, i -> {
                    var all = new HashMap<>(attributes.of(i));
                    all.put("index", AttributeValue.of(i));
                    return Device.of("d" + i, all, Map.of());
                }),
                List.of());
    }

    /** Sets of counters, each with as many devices that draw one of what the set has. */
    private static Devices partitions(int sets, int each, long units) {
        var devices = new ArrayList<Device>();
        for (int s = 0; s < sets; s++) {
            for (int i = 0; i < each; i++) {
                devices.add(Device.of(
                                "d" + s + "-" + i,
                                Map.of("index", AttributeValue.of(devices.size()), "set", AttributeValue.of(s)),
                                Map.of())
                        .drawing(Map.of("set" + s, Map.of("units", BigDecimal.ONE))));
            }
        }
        return slice(
                devices, many(sets, s -> new Slice.CounterSet("set" + s, Map.of("units", BigDecimal.valueOf(units)))));
    }

    private static Devices shared(int count, long memory) {
        return slice(
                many(
                        count,
                        i -> Device.of(
                                        "d" + i,
                                        Map.of("index", AttributeValue.of(i)),
                                        Map.of("memory", Capacity.of(memory)))
                                .shared()),
                List.of());
    }

    private static Devices slice(List<Device> devices, List<Slice.CounterSet> counters) {
        var pool = new PoolId(DRIVER, "p");
        return Devices.EMPTY
                .with(new DeviceClass("gpu", List.of(), List.of(), Optional.empty()))
                .with(new Slice("s", pool, 1, 2, new Scope.OnNode("node"), devices, List.of()))
                .with(new Slice("t", pool, 1, 2, new Scope.OnNode("node"), List.of(), counters));
    }

    private static Claim.Ask ask(String name, long count, String selector) {
        List<String> selectors = selector.equals("true") ? List.of() : List.of(selector);
        return new Claim.Ask(name, "gpu", selectors, "ExactCount", count, Optional.empty(), List.of(), Map.of());
    }

    private static Claim.Request exactly(String name, long count, String selector) {
        return new Claim.Request(name, false, List.of(ask("", count, selector)));
    }

    private static Claim.Request share(String name, long memory) {
        return new Claim.Request(
                name,
                false,
                List.of(new Claim.Ask(
                        "",
                        "gpu",
                        List.of(),
                        "ExactCount",
                        1,
                        Optional.empty(),
                        List.of(),
                        Map.of("memory", BigDecimal.valueOf(memory)))));
    }

    private static Claim.Request firstAvailable(String name, List<Claim.Ask> asks) {
        return new Claim.Request(name, true, asks);
    }

    private static Claim claim(String name, Claim.Request... requests) {
        return new Claim(
                "default", name, name, List.of(requests), List.of(), List.of(), Optional.empty(), Set.of(), false);
    }

    private static Claim constrained(Claim claim, Claim.Constraint... constraints) {
        return new Claim(
                claim.namespace(),
                claim.name(),
                claim.uid(),
                claim.requests(),
                List.of(constraints),
                List.of(),
                Optional.empty(),
                Set.of(),
                false);
    }

    private static Claim.Constraint match(String attribute) {
        return new Claim.Constraint.Match(DRIVER + "/" + attribute, List.of());
    }

    private static Claim.Constraint distinct(String attribute) {
        return new Claim.Constraint.Distinct(DRIVER + "/" + attribute, List.of());
    }
}
