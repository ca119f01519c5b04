package dev.gyropilot.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The metrics that every role has, as a Prometheus text. */
final class RoleMetrics {
    private final Role role;
    private final RoleProcess process;
    private final ApiTraffic traffic;
    private final AtomicLong refusals = new AtomicLong();
    private volatile boolean configurationValid = true;

    RoleMetrics(Role role, RoleProcess process, ApiTraffic traffic) {
        this.role = role;
        this.process = process;
        this.traffic = traffic;
    }

    void configurationTaken() {
        configurationValid = true;
    }

    void configurationRefused() {
        configurationValid = false;
        refusals.incrementAndGet();
    }

    String render() {
        StringBuilder out = new StringBuilder();
        head(out, "gyropilot_info", "gauge", "The role and version of this process.");
        out.append("gyropilot_info{role=\"")
                .append(role)
                .append("\",version=\"")
                .append(Version.current())
                .append("\"} 1\n");
        gauge(out, "gyropilot_acting", "1 on the replica that acts, 0 on those that wait.", process.acts() ? 1 : 0);
        gauge(
                out,
                "gyropilot_configuration_valid",
                "0 while changed settings are refused.",
                configurationValid ? 1 : 0);
        head(out, "gyropilot_configuration_refusals_total", "counter", "Changes of the settings that were refused.");
        out.append("gyropilot_configuration_refusals_total ").append(refusals).append('\n');
        head(out, "gyropilot_api_requests_total", "counter", "Requests to the Kubernetes API; each watch once.");
        traffic.requests()
                .forEach((method, count) -> out.append("gyropilot_api_requests_total{method=\"")
                        .append(method.toLowerCase(Locale.ROOT))
                        .append("\"} ")
                        .append(count.sum())
                        .append('\n'));
        if (role == Role.operator) {
            gauge(
                    out,
                    "gyropilot_reconciles_waiting",
                    "Objects to be looked at, or being.",
                    process.reconcilesWaiting());
            head(out, "gyropilot_reconciles_total", "counter", "Looks at objects since the role began to act.");
            out.append("gyropilot_reconciles_total ")
                    .append(process.reconciles())
                    .append('\n');
        }
        Runtime runtime = Runtime.getRuntime();
        gauge(out, "jvm_memory_used_bytes", "Heap in use.", (double) (runtime.totalMemory() - runtime.freeMemory()));
        gauge(out, "jvm_memory_committed_bytes", "Heap taken from the system.", (double) runtime.totalMemory());
        residentBytes()
                .ifPresent(bytes -> gauge(
                        out,
                        "process_resident_memory_bytes",
                        "Memory of the process, as the kernel counts it.",
                        bytes));
        gauge(
                out,
                "process_uptime_seconds",
                "Time since the start.",
                ManagementFactory.getRuntimeMXBean().getUptime() / 1e3);
        ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(Duration::toMillis)
                .ifPresent(millis -> {
                    head(out, "process_cpu_seconds_total", "counter", "Processor time.");
                    out.append("process_cpu_seconds_total ")
                            .append(millis / 1e3)
                            .append('\n');
                });
        return out.toString();
    }

    private static OptionalDouble residentBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024.0)
                    .findFirst();
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    private static void gauge(StringBuilder out, String name, String help, double value) {
        head(out, name, "gauge", help);
        out.append(name).append(' ').append(value).append('\n');
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
