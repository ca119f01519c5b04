package dev.gyropilot.node.process;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies the output of all running containers into their logs, moments after it is written. */
public final class LogCollector implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogCollector.class);
    /** Output is gathered this long, so that a chatty program costs one copy and not one for each write. */
    private static final long GATHER_MILLIS = 15;
    /** Everything is looked at this often, should the system have dropped a notice. */
    private static final long SWEEP_MILLIS = 1_000;

    private final LogLimits limits;
    private final InstantSource clock;
    private final WatchService watch;
    private final Map<Path, LogCopy> byLog = new ConcurrentHashMap<>();
    private final Map<WatchKey, LogCopy> byKey = new ConcurrentHashMap<>();
    private final Thread thread;

    public LogCollector(Path directory, LogLimits limits, InstantSource clock) throws IOException {
        this.limits = limits;
        this.clock = clock;
        this.watch = directory.getFileSystem().newWatchService();
        this.thread = Thread.ofPlatform().daemon().name("node-logs").start(this::pump);
    }

    /** Begins, or after a restart of the node goes on, to copy a run's output into a log file. */
    public void begin(Run run, Path logFile) throws IOException {
        var copy = new LogCopy(run, logFile, limits, clock);
        byLog.put(logFile, copy);
        byKey.put(run.directory().register(watch, StandardWatchEventKinds.ENTRY_MODIFY), copy);
    }

    /** Copies the last of a run's output and stops. */
    public void end(Path logFile) {
        LogCopy copy = byLog.remove(logFile);
        if (copy != null) {
            byKey.entrySet().removeIf(e -> {
                boolean same = e.getValue() == copy;
                if (same) {
                    e.getKey().cancel();
                }
                return same;
            });
            copy(copy, true);
        }
    }

    /** What is being copied into that file; empty when its run has ended. */
    Optional<LogCopy> copying(Path logFile) {
        return Optional.ofNullable(byLog.get(logFile));
    }

    @Override
    public void close() throws IOException {
        watch.close();
        thread.interrupt();
        byLog.values().forEach(copy -> copy(copy, false));
    }

    private void pump() {
        try {
            long swept = System.nanoTime();
            while (true) {
                WatchKey first = watch.poll(SWEEP_MILLIS, TimeUnit.MILLISECONDS);
                if (first != null) {
                    TimeUnit.MILLISECONDS.sleep(GATHER_MILLIS);
                    pending(first).forEach(copy -> copy(copy, false));
                }
                if (System.nanoTime() - swept > TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS)) {
                    byLog.values().forEach(copy -> copy(copy, false));
                    swept = System.nanoTime();
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            log.debug("log collection ends");
        }
    }

    private Set<LogCopy> pending(WatchKey first) {
        var copies = new HashSet<LogCopy>();
        for (WatchKey key = first; key != null; key = watch.poll()) {
            key.pollEvents();
            key.reset();
            LogCopy copy = byKey.get(key);
            if (copy != null) {
                copies.add(copy);
            }
        }
        return copies;
    }

    private static void copy(LogCopy copy, boolean last) {
        try {
            copy.copy(last);
        } catch (IOException e) {
            log.warn("output of {} was not copied to its log: {}", copy.run().directory(), e.toString());
        }
    }
}
