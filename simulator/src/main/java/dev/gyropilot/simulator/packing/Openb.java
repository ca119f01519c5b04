package dev.gyropilot.simulator.packing;

import dev.gyropilot.brain.placement.packing.Host;
import dev.gyropilot.brain.placement.packing.Need;
import dev.gyropilot.simulator.SimulatorException;
import dev.gyropilot.simulator.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of the Alibaba GPU cluster "openb" (clusterdata, cluster-trace-gpu-v2023) in a folder, plain or gzip. */
public final class Openb {
    private static final Pattern LIST = Pattern.compile("openb_pod_list_(.+)\\.csv(\\.gz)?");
    private static final Pattern NODES = Pattern.compile("openb_node_list_gpu_node\\.csv(\\.gz)?");
    private static final Pattern PUBLISHED = Pattern.compile("published_allocation\\.csv(\\.gz)?");
    private static final long MEBIBYTE = 1L << 20;

    private Openb() {}

    /** The hosts in the order of their names. */
    public static List<Host> nodes(Path folder) {
        List<Path> files = find(folder, NODES);
        if (files.isEmpty()) {
            throw new SimulatorException("there is no openb_node_list_gpu_node.csv in " + folder
                    + ". Maybe another folder holds the openb files");
        }
        var hosts = new ArrayList<Host>();
        for (Table.Row row : Table.read(files.getFirst(), "sn", "cpu_milli", "memory_mib", "gpu", "model")
                .rows()) {
            hosts.add(new Host(
                    row.text("sn"),
                    row.text("model"),
                    row.number("cpu_milli"),
                    row.number("memory_mib") * MEBIBYTE,
                    Math.toIntExact(row.number("gpu"))));
        }
        hosts.sort(Comparator.comparing(Host::name));
        return hosts;
    }

    /** The pod lists of a folder by their names, such as "default". */
    public static Map<String, Path> lists(Path folder) {
        var result = new TreeMap<String, Path>();
        for (Path file : find(folder, LIST)) {
            Matcher name = LIST.matcher(file.getFileName().toString());
            if (name.matches()) {
                result.put(name.group(1), file);
            }
        }
        return result;
    }

    /** What the pods of a list need, in the order of their names. */
    public static List<Need> pods(Path list) {
        var byName = new TreeMap<String, Need>();
        for (Table.Row row : Table.read(list, "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
                .rows()) {
            int devices = Math.toIntExact(row.number("num_gpu"));
            String types = row.text("gpu_spec");
            byName.put(
                    row.text("name"),
                    new Need(
                            row.number("cpu_milli"),
                            row.number("memory_mib") * MEBIBYTE,
                            devices,
                            devices == 0 ? 0 : Math.toIntExact(row.number("gpu_milli")),
                            types.isEmpty() ? Set.of() : Set.copyOf(Arrays.asList(types.split("\\|")))));
        }
        return List.copyOf(byName.values());
    }

    /**
     * The allocation that the authors of FGD published, in percent.
     *
     * @param policy such as "FGD"
     * @return by list, the means over their seeds when 100 and 130 percent have arrived; empty when the folder lacks the file
     */
    public static Map<String, double[]> published(Path folder, String policy) {
        var sums = new TreeMap<String, double[]>();
        for (Path file : find(folder, PUBLISHED)) {
            var counts = new TreeMap<String, Integer>();
            for (Table.Row row :
                    Table.read(file, "workload", "sc_policy", "100", "130").rows()) {
                if (row.text("sc_policy").endsWith("-" + policy)) {
                    String list = row.text("workload").replace("openb_pod_list_", "");
                    double[] sum = sums.computeIfAbsent(list, k -> new double[2]);
                    sum[0] += row.decimal("100");
                    sum[1] += row.decimal("130");
                    counts.merge(list, 1, Integer::sum);
                }
            }
            counts.forEach((list, count) ->
                    sums.computeIfPresent(list, (k, sum) -> new double[] {sum[0] / count, sum[1] / count}));
        }
        return sums;
    }

    private static List<Path> find(Path folder, Pattern name) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> name.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SimulatorException(folder + " cannot be listed: " + e + ". Maybe it is no folder");
        }
    }
}
