package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** {@code gyro bench NAME… [options]}: runs benchmarks by name and prints their rows. */
public final class Bench {
    private Bench() {}

    /** One benchmark; says on stderr what it does while it runs. */
    @FunctionalInterface
    interface Suite {
        List<Row> run() throws Exception;
    }

    private static final String HELP = """
            gyro bench NAME… [-o json] [--openb DIR] [--jobs FILE] [--seeds N] [--first-seed N]
              --openb DIR    placement: the folder with the openb node and pod lists
              --jobs FILE    placement: a list of jobs (timestamp, duration, num_gpus, cluster)
              --seeds N      placement: how many orders of arrival per pod list (10)
              --first-seed N placement: the seed of the first (1)
            Benchmarks:\s""";

    /** What the command line says beyond the names. */
    record Options(Optional<Path> openb, Optional<Path> jobs, int seeds, long firstSeed) {}

    private static Map<String, Suite> suites(Options options) {
        Map<String, Suite> suites = new LinkedHashMap<>();
        suites.put("start", new StartBench()::run);
        suites.put("gateway", GatewayBench::run);
        suites.put("queues", QueueBench::run);
        suites.put("scheduler", SchedulerBench::run);
        suites.put("cluster", ClusterBench::run);
        suites.put("placement", () -> PlacementSuite.run(options));
        return suites;
    }

    public static void main(String[] arguments) throws Exception {
        List<String> names = new ArrayList<>();
        String known = String.join(
                ", ",
                suites(new Options(Optional.empty(), Optional.empty(), 1, 1)).keySet());
        boolean json = false;
        Optional<Path> openb = Optional.empty();
        Optional<Path> jobs = Optional.empty();
        long seeds = 10;
        long firstSeed = 1;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "-o", "--output" -> {
                    i++;
                    if (i == arguments.length || !arguments[i].equals("json")) {
                        fail("-o takes json");
                    }
                    json = true;
                }
                case "--openb" -> openb = Optional.of(Path.of(value(arguments, ++i)));
                case "--jobs" -> jobs = Optional.of(Path.of(value(arguments, ++i)));
                case "--seeds" -> seeds = number(arguments, ++i);
                case "--first-seed" -> firstSeed = number(arguments, ++i);
                case "-h", "--help" -> {
                    System.out.println(HELP + known);
                    return;
                }
                default -> names.add(arguments[i]);
            }
        }
        if (names.isEmpty()) {
            fail("name at least one of: " + known);
        }
        Map<String, Suite> suites = suites(new Options(openb, jobs, (int) seeds, firstSeed));
        for (String name : names) {
            if (!suites.containsKey(name)) {
                fail("there is no benchmark \"" + name + "\"; there are: " + known);
            }
        }
        List<Row> rows = new ArrayList<>();
        for (String name : names) {
            rows.addAll(Objects.requireNonNull(suites.get(name)).run());
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

    private static String value(String[] arguments, int at) {
        if (at >= arguments.length) {
            fail(arguments[at - 1] + " takes a value");
        }
        return arguments[at];
    }

    private static long number(String[] arguments, int at) {
        try {
            long number = Long.parseLong(value(arguments, at));
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The same answer as for a number that is too small.
        }
        fail(arguments[at - 1] + " is \"" + arguments[at] + "\". Maybe a whole number of 1 or more was meant");
        return 0;
    }

    private static void fail(String message) {
        System.err.println("error: " + message);
        System.exit(2);
    }
}
