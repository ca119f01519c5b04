package dev.gyropilot.ledger;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The usage history. {@link #record} only puts a record into a bounded queue; one thread writes batches to the database at
 * least every {@link LedgerConfig#flushInterval}, or to a spill on disk while the database is away, and catches up when it
 * is back. A {@code kill -9} loses at most the records of one flush interval.
 */
public final class Ledger implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Ledger.class);
    private static final long DROP_LOG_EVERY = 10_000;

    private final Database database;
    private final ArrayBlockingQueue<UsageRecord> queue;
    private final LongAdder dropped = new LongAdder();
    private final UsageWriter writer;
    private final Thread thread;

    private Ledger(LedgerConfig config, Database database, UsageWriter writer, ArrayBlockingQueue<UsageRecord> queue) {
        this.database = database;
        this.queue = queue;
        this.writer = writer;
        this.thread = Thread.ofPlatform().name("ledger").daemon().start(writer);
        log.debug("ledger at {}", config.url());
    }

    /**
     * Opens the ledger and brings its schema up to date. An embedded file must open; a PostgreSQL that is away does not keep
     * the ledger from opening, records wait on disk until it is there.
     *
     * @throws LedgerException if the database cannot be used and waiting would not help
     */
    public static Ledger open(LedgerConfig config, InstantSource clock) {
        Database database = new Database(config);
        ArrayBlockingQueue<UsageRecord> queue = new ArrayBlockingQueue<>(config.queueRecords());
        Spill spill;
        try {
            spill = new Spill(config.spillDirectory(), config.spillBytesLimit());
        } catch (IOException e) {
            throw new LedgerException(
                    LedgerException.Reason.UNAVAILABLE,
                    "the ledger's spill directory " + config.spillDirectory() + " cannot be used (" + e.getMessage()
                            + "): choose one that is writable",
                    e);
        }
        UsageWriter writer = new UsageWriter(config, database, spill, queue, clock);
        try {
            writer.connect();
        } catch (SQLException e) {
            if (config.isEmbedded() || !database.isAway(e)) {
                throw database.explain(e);
            }
            log.warn("{}; usage waits on disk until then", database.explain(e).getMessage());
        }
        return new Ledger(config, database, writer, queue);
    }

    /** Takes a record to be written soon; never blocks and never fails the caller. */
    public void record(UsageRecord usage) {
        if (!queue.offer(usage)) {
            dropped.increment();
            if (dropped.sum() % DROP_LOG_EVERY == 1) {
                log.warn("usage is lost: neither the database nor the spill directory takes records");
            }
        }
    }

    /** Sums the usage that is in the database; what waits in the queue or on disk is not yet in it. */
    public List<UsageSum> sum(UsageQuery query) {
        try (Connection connection = database.connect()) {
            return UsageTable.sum(connection, query);
        } catch (SQLException e) {
            throw database.explain(e);
        }
    }

    /** Waits until what was recorded before is in the database; false if that took longer than the limit. */
    public boolean flush(Duration limit) {
        return writer.flush(limit);
    }

    /** The ledger's own counters. */
    public LedgerStats stats() {
        return writer.stats(dropped.sum());
    }

    /** Writes what is left, to the spill if the database is away, and closes. */
    @Override
    public void close() {
        writer.stop();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
