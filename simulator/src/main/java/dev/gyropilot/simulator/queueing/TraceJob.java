package dev.gyropilot.simulator.queueing;

import dev.gyropilot.simulator.SimulatorException;
import dev.gyropilot.simulator.Table;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A job of a trace.
 *
 * @param owner who submitted it, as far as the trace tells
 */
public record TraceJob(int id, String owner, long submitMillis, long runMillis, int devices) {
    /**
     * Reads a list in the form of the Philly trace (timestamp "2017-09-29 07:58:32", duration in seconds, num_gpus, cluster).
     * Jobs without a device are left out.
     *
     * @return in the order of submission
     */
    public static List<TraceJob> read(Path file) {
        var result = new ArrayList<TraceJob>();
        for (Table.Row row :
                Table.read(file, "timestamp", "duration", "num_gpus", "cluster").rows()) {
            int devices = Math.toIntExact(row.number("num_gpus"));
            if (devices > 0) {
                result.add(new TraceJob(
                        0,
                        row.text("cluster"),
                        time(file, row.text("timestamp")),
                        Math.max(1, Math.round(1000 * row.decimal("duration"))),
                        devices));
            }
        }
        result.sort(Comparator.comparingLong(TraceJob::submitMillis).thenComparing(TraceJob::owner));
        for (int i = 0; i < result.size(); i++) {
            TraceJob job = result.get(i);
            result.set(i, new TraceJob(i, job.owner, job.submitMillis, job.runMillis, job.devices));
        }
        return List.copyOf(result);
    }

    private static long time(Path file, String text) {
        try {
            return LocalDateTime.parse(text.replace(' ', 'T'))
                    .toInstant(ZoneOffset.UTC)
                    .toEpochMilli();
        } catch (DateTimeParseException e) {
            throw new SimulatorException(file + ": timestamp is \"" + text + "\". Maybe 2017-09-29 07:58:32 was meant");
        }
    }
}
