package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "gpus",
        description = "Show a map of the nodes with devices: which are free, and who holds the others.",
        footer = {
            "%nEach device is one sign: a dot is free, a letter is who holds it (small: only a part of the device),",
            "'+' several holders, 'x' not available. The letters are explained below the map."
        })
final class GpusCommand implements Callable<Integer> {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWYZ";

    private final Terminal terminal;
    private final Home home;

    @Parameters(index = "0", arity = "0..1", paramLabel = "NODE", description = "Only this node, device by device.")
    private @Nullable String only;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    GpusCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        try (KubernetesClient client = cluster.client(home)) {
            List<DeviceMap.NodeDevices> nodes = DeviceMap.read(client);
            if (only != null) {
                nodes = nodes.stream().filter(n -> n.node().equals(only)).toList();
                if (nodes.isEmpty()) {
                    throw new CliError(
                            "node " + only + " has no devices, or does not exist",
                            "`gyro gpus` lists those that have.");
                }
            }
            if (output.machine()) {
                output.print(terminal, Map.of("nodes", nodes));
            } else if (nodes.isEmpty()) {
                terminal.say(
                        "No node has devices. `gyro up --simulate 8xH100x4` adds four simulated nodes of eight H100.");
            } else if (only != null) {
                devices(nodes.getFirst());
            } else {
                map(nodes);
            }
            return 0;
        }
    }

    private void map(List<DeviceMap.NodeDevices> nodes) {
        var letters = letters(nodes);
        int width = nodes.stream().mapToInt(n -> n.node().length()).max().orElse(0);
        int product = nodes.stream().mapToInt(n -> n.product().length()).max().orElse(0);
        int devices = nodes.stream().mapToInt(n -> n.devices().size()).max().orElse(0);
        int idle = 0;
        for (int i = 0; i < nodes.size(); i++) {
            DeviceMap.NodeDevices node = nodes.get(i);
            boolean likeLast = i > 0
                    && node.isIdle()
                    && nodes.get(i - 1).isIdle()
                    && node.product().equals(nodes.get(i - 1).product())
                    && node.devices().size() == nodes.get(i - 1).devices().size();
            if (likeLast) {
                idle++;
            } else {
                more(idle);
                idle = 0;
                terminal.out().println(line(node, letters, width, product, devices));
            }
        }
        more(idle);
        summary(nodes, letters);
    }

    private void more(int idle) {
        if (idle > 0) {
            terminal.out().println(terminal.dim("  … and " + idle + " more like it"));
        }
    }

    private String line(
            DeviceMap.NodeDevices node, Map<String, Character> letters, int width, int product, int devices) {
        var signs = new StringBuilder();
        for (DeviceMap.Device device : node.devices()) {
            signs.append(sign(device, letters)).append(' ');
        }
        signs.append("  ".repeat(devices - node.devices().size()));
        long free = node.devices().stream().filter(DeviceMap.Device::isFree).count();
        return padded(node.node(), width) + "  " + padded(node.product(), product) + "  " + signs + " "
                + terminal.dim(free + " of " + node.devices().size() + " free");
    }

    private String sign(DeviceMap.Device device, Map<String, Character> letters) {
        if (!device.available()) {
            return terminal.red("x");
        }
        if (device.isFree()) {
            return terminal.dim("·");
        }
        if (device.holders().size() > 1) {
            return terminal.bold("+");
        }
        DeviceMap.Holder holder = device.holders().getFirst();
        char letter = letters.getOrDefault(holder.owner(), '#');
        boolean whole = holder.part() >= 1;
        return colour(letter).apply(String.valueOf(whole ? letter : Character.toLowerCase(letter)));
    }

    private UnaryOperator<String> colour(char letter) {
        List<UnaryOperator<String>> colours =
                List.of(terminal::green, terminal::cyan, terminal::yellow, terminal::bold, terminal::red);
        return colours.get(Math.floorMod(LETTERS.indexOf(letter), colours.size()));
    }

    private static Map<String, Character> letters(List<DeviceMap.NodeDevices> nodes) {
        var letters = new LinkedHashMap<String, Character>();
        for (DeviceMap.NodeDevices node : nodes) {
            for (DeviceMap.Device device : node.devices()) {
                for (DeviceMap.Holder holder : device.holders()) {
                    if (letters.size() < LETTERS.length()) {
                        letters.putIfAbsent(holder.owner(), LETTERS.charAt(letters.size()));
                    }
                }
            }
        }
        return letters;
    }

    private void summary(List<DeviceMap.NodeDevices> nodes, Map<String, Character> letters) {
        var held = new TreeMap<String, Double>();
        long total = 0;
        long free = 0;
        for (DeviceMap.NodeDevices node : nodes) {
            for (DeviceMap.Device device : node.devices()) {
                total++;
                free += device.isFree() ? 1 : 0;
                device.holders().forEach(h -> held.merge(h.owner(), h.part(), Double::sum));
            }
        }
        var out = terminal.out();
        out.println();
        out.println(free + " of " + total + " devices on " + nodes.size() + (nodes.size() == 1 ? " node" : " nodes")
                + " are free");
        letters.forEach((owner, letter) -> out.println("  " + colour(letter).apply(String.valueOf(letter)) + "  "
                + owner + "  " + terminal.dim(text(held.getOrDefault(owner, 0.0)))));
        long others = held.keySet().stream()
                .filter(owner -> !letters.containsKey(owner))
                .count();
        if (others > 0) {
            out.println("  #  " + others + " others; -o json names them");
        }
    }

    private void devices(DeviceMap.NodeDevices node) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("DEVICE", "PRODUCT", "STATE", "PART", "HELD BY"));
        for (DeviceMap.Device device : node.devices()) {
            if (device.holders().isEmpty()) {
                rows.add(List.of(
                        device.name(), device.product(), device.available() ? "free" : "not available", "", ""));
            }
            for (DeviceMap.Holder holder : device.holders()) {
                rows.add(List.of(
                        device.name(),
                        device.product(),
                        "held",
                        holder.device() + " " + part(holder.part()),
                        holder.user()));
            }
        }
        Columns.print(terminal.out(), rows);
    }

    private static String text(double devices) {
        String number = part(devices);
        return number.equals("1") ? "1 device" : number + " devices";
    }

    private static String part(double value) {
        return value == Math.rint(value)
                ? Long.toString((long) value)
                : Double.toString(Math.round(value * 100) / 100.0);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
