package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** {@code gyro bench NAME… [-o json]}: runs benchmarks by name and prints their rows. */
public final class Bench {
    private Bench() {}

    /** One benchmark; says on stderr what it does while it runs. */
    @FunctionalInterface
    interface Suite {
        List<Row> run() throws Exception;
    }

    private static Map<String, Suite> suites() {
        Map<String, Suite> suites = new LinkedHashMap<>();
        suites.put("start", new StartBench()::run);
        suites.put("gateway", GatewayBench::run);
        suites.put("queues", QueueBench::run);
        return suites;
    }

    public static void main(String[] arguments) throws Exception {
        List<String> names = new ArrayList<>();
        boolean json = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "-o", "--output" -> {
                    i++;
                    if (i == arguments.length || !arguments[i].equals("json")) {
                        fail("-o takes json");
                    }
                    json = true;
                }
                case "-h", "--help" -> {
                    System.out.println(
                            "gyro bench NAME… [-o json]\nBenchmarks: " + String.join(", ", suites().keySet()));
                    return;
                }
                default -> names.add(arguments[i]);
            }
        }
        if (names.isEmpty()) {
            fail("name at least one of: " + String.join(", ", suites().keySet()));
        }
        for (String name : names) {
            if (!suites().containsKey(name)) {
                fail("there is no benchmark \"" + name + "\"; there are: " + String.join(", ", suites().keySet()));
            }
        }
        List<Row> rows = new ArrayList<>();
        for (String name : names) {
            rows.addAll(Objects.requireNonNull(suites().get(name)).run());
        }
        if (json) {
            System.out.println(JsonMapper.builder()
                    .build()
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsString(rows));
        } else {
            rows.forEach(Bench::print);
        }
    }

    private static void print(Row row) {
        String line = String.format(Locale.ROOT, "%-48s %12.2f %-8s", row.name(), row.value(), row.unit());
        if (row.peer() != null && row.peerValue() != null) {
            line += String.format(
                    Locale.ROOT, "  %s %.2f (ratio %.2f)", row.peer(), row.peerValue(), row.value() / row.peerValue());
        }
        System.out.println(line);
    }

    private static void fail(String message) {
        System.err.println("error: " + message);
        System.exit(2);
    }
}
