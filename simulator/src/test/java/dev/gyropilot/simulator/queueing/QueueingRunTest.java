package dev.gyropilot.simulator.queueing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.simulator.SimulatorException;
import dev.gyropilot.simulator.queueing.QueueingRun.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueingRunTest {
    private static final long MINUTE = 60_000;

    @TempDir
    private Path folder;

    /** Two owners with short jobs, one with long ones, and now and then a large gang; more than the cluster can take at once. */
    private static List<TraceJob> jobs(long seed) {
        var random = new Random(seed);
        var result = new ArrayList<TraceJob>();
        long now = 0;
        for (int i = 0; i < 400; i++) {
            now += random.nextInt(6) * MINUTE;
            int owner = random.nextInt(3);
            long run = (owner == 2 ? 300 + random.nextInt(600) : 5 + random.nextInt(20)) * MINUTE;
            int devices = i % 50 == 49 ? 32 : 1 << random.nextInt(4);
            result.add(new TraceJob(i, "owner" + owner, now, run, devices));
        }
        return result;
    }

    @Test
    void headOfTheLineBlocksInFifoOnly() {
        var long1 = new TraceJob(0, "a", 0, 100 * MINUTE, 8);
        var whole = new TraceJob(1, "a", 1, 10 * MINUTE, 16);
        var small = new TraceJob(2, "a", 2, 5 * MINUTE, 1);
        List<TraceJob> jobs = List.of(long1, whole, small);
        assertThat(QueueingRun.run(jobs, 2, 8, Order.FIFO).meanMillis()).isGreaterThan(60.0 * MINUTE);
        assertThat(QueueingRun.run(jobs, 2, 8, Order.GYROPILOT).meanMillis()).isLessThan(40.0 * MINUTE);
    }

    @Test
    void historyAloneComesNearTheOracle() {
        double fifo = QueueingRun.run(jobs(1), 6, 8, Order.FIFO).meanMillis();
        double oracle =
                QueueingRun.run(jobs(1), 6, 8, Order.SHORTEST_FIRST_ORACLE).meanMillis();
        double ours = QueueingRun.run(jobs(1), 6, 8, Order.GYROPILOT).meanMillis();
        assertThat(oracle).isLessThan(fifo / 2);
        assertThat(ours).isLessThan(fifo / 2);
    }

    @Test
    void replayDecidesTheSame() {
        for (Order order : Order.values()) {
            assertThat(QueueingRun.run(jobs(2), 6, 8, order)).isEqualTo(QueueingRun.run(jobs(2), 6, 8, order));
        }
    }

    @Test
    void jobLargerThanTheClusterIsNamed() {
        assertThatThrownBy(() -> QueueingRun.run(List.of(new TraceJob(7, "a", 0, 1, 64)), 2, 8, Order.FIFO))
                .hasMessageContaining("job 7 asks for 64 devices of 16");
    }

    @Test
    void readsAListAndNamesWhatIsWrong() throws IOException {
        Path file = folder.resolve("jobs.csv");
        Files.writeString(
                file,
                "timestamp,duration,num_gpus,gpu_time,cluster\n2017-01-02 00:00:00,60.0,4,240,b\n"
                        + "2017-01-01 00:00:10,30.5,1,30.5,a\n2017-01-01 00:00:00,30,0,0,a\n");
        List<TraceJob> jobs = TraceJob.read(file);
        assertThat(jobs).extracting(TraceJob::owner).containsExactly("a", "b");
        assertThat(jobs.getFirst().runMillis()).isEqualTo(30_500);
        assertThat(jobs.getLast().submitMillis() - jobs.getFirst().submitMillis())
                .isEqualTo(86_390_000);
        Files.writeString(file, "timestamp,duration,num_gpus,cluster\nyesterday,60,1,a\n");
        assertThatThrownBy(() -> TraceJob.read(file))
                .isInstanceOf(SimulatorException.class)
                .hasMessageContaining("\"yesterday\"")
                .hasMessageContaining("Maybe");
    }
}
