package dev.gyropilot.ledger;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that takes records from the queue and brings them into the database. */
final class UsageWriter implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(UsageWriter.class);
    private static final long RECONNECT_FIRST_MILLIS = 250;
    private static final long RECONNECT_LIMIT_MILLIS = 5_000;
    private static final long DISK_RETRY_MILLIS = 500;

    private final LedgerConfig config;
    private final Database database;
    private final Spill spill;
    private final ArrayBlockingQueue<UsageRecord> queue;
    private final InstantSource clock;
    private final List<UsageRecord> batch = new ArrayList<>();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong spilled = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();
    private final AtomicLong overflowed = new AtomicLong();
    private final Object progress = new Object();
    private volatile @Nullable Connection connection;
    private volatile boolean stopping;
    private volatile boolean flushing;
    private boolean settled = true;
    private long roundsBegun;
    private long roundsEnded;
    private long reconnectNanos = System.nanoTime();
    private long reconnectMillis = RECONNECT_FIRST_MILLIS;

    UsageWriter(
            LedgerConfig config,
            Database database,
            Spill spill,
            ArrayBlockingQueue<UsageRecord> queue,
            InstantSource clock) {
        this.config = config;
        this.database = database;
        this.spill = spill;
        this.queue = queue;
        this.clock = clock;
    }

    /** Opens the connection and migrates. */
    void connect() throws SQLException {
        Connection opened = database.connect();
        try {
            new Migrations(database).apply(opened, clock.millis());
        } catch (SQLException | RuntimeException e) {
            closeQuietly(opened);
            throw e;
        }
        connection = opened;
        reconnectMillis = RECONNECT_FIRST_MILLIS;
    }

    @Override
    public void run() {
        boolean interrupted = false;
        while (!(stopping && queue.isEmpty() && batch.isEmpty())) {
            beginRound();
            try {
                collect();
            } catch (InterruptedException e) {
                interrupted = true;
            }
            boolean done = write();
            endRound(done && spill.isEmpty());
            if (!done && stopping) {
                log.error("{} usage records could not be written and are lost", batch.size() + queue.size());
                break;
            }
        }
        disconnect();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void stop() {
        stopping = true;
    }

    boolean flush(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (progress) {
            long seen = roundsBegun;
            flushing = true;
            try {
                // A round that begins after this call takes everything recorded before it, batch by batch.
                while (roundsEnded <= seen || !settled) {
                    long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (millis <= 0) {
                        return false;
                    }
                    progress.wait(millis);
                }
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } finally {
                flushing = false;
            }
        }
    }

    LedgerStats stats(long dropped) {
        return new LedgerStats(
                queue.size(),
                written.get(),
                spilled.get(),
                spill.bytes(),
                dropped + overflowed.get(),
                rejected.get(),
                connection != null);
    }

    private void beginRound() {
        synchronized (progress) {
            roundsBegun++;
        }
    }

    private void endRound(boolean allWritten) {
        synchronized (progress) {
            roundsEnded = roundsBegun;
            settled = allWritten && queue.isEmpty();
            progress.notifyAll();
        }
    }

    /** Waits for records until a batch is full, the flush interval is over or somebody waits for a flush. */
    private void collect() throws InterruptedException {
        long deadline = System.nanoTime() + config.flushInterval().toNanos();
        while (batch.size() < config.batchRecords()) {
            if (queue.drainTo(batch, config.batchRecords() - batch.size()) > 0) {
                continue;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0 || flushing || stopping) {
                return;
            }
            UsageRecord usage = queue.poll(Math.min(left, TimeUnit.MILLISECONDS.toNanos(50)), TimeUnit.NANOSECONDS);
            if (usage != null) {
                batch.add(usage);
            }
        }
    }

    /** Brings the batch into the database or the spill; false when neither took it. */
    private boolean write() {
        if (connected()) {
            try {
                drainSpill();
                insert(batch);
                batch.clear();
                return true;
            } catch (SQLException e) {
                lost(e);
            } catch (IOException e) {
                log.warn("the usage spill in {} cannot be read: {}", config.spillDirectory(), e.toString());
            }
        }
        return spillBatch();
    }

    private void drainSpill() throws SQLException, IOException {
        while (!spill.isEmpty()) {
            List<UsageRecord> waiting = spill.oldest();
            for (int from = 0; from < waiting.size(); from += config.batchRecords()) {
                insert(waiting.subList(from, Math.min(waiting.size(), from + config.batchRecords())));
            }
            spill.removeOldest();
            if (spill.isEmpty()) {
                log.info("the usage that waited on disk is in the database");
            }
        }
    }

    private void insert(List<UsageRecord> records) throws SQLException {
        Connection current = connection;
        if (records.isEmpty() || current == null) {
            return;
        }
        try {
            UsageTable.insert(current, records);
            written.addAndGet(records.size());
        } catch (SQLException e) {
            if (!database.isAboutValues(e)) {
                throw e;
            }
            insertOneByOne(current, records);
        }
    }

    private void insertOneByOne(Connection current, List<UsageRecord> records) throws SQLException {
        for (UsageRecord usage : records) {
            try {
                UsageTable.insert(current, List.of(usage));
                written.incrementAndGet();
            } catch (SQLException e) {
                if (!database.isAboutValues(e)) {
                    throw e;
                }
                rejected.incrementAndGet();
                log.warn("the database refused usage record {}: {}", usage.id(), e.getMessage());
            }
        }
    }

    private boolean spillBatch() {
        if (batch.isEmpty()) {
            return true;
        }
        try {
            if (spill.append(batch)) {
                spilled.addAndGet(batch.size());
            } else {
                overflowed.addAndGet(batch.size());
                log.warn(
                        "{} usage records are lost: the spill has reached its limit of {} bytes",
                        batch.size(),
                        config.spillBytesLimit());
            }
            batch.clear();
            return true;
        } catch (IOException e) {
            log.warn("usage cannot be written to {}: {}", config.spillDirectory(), e.toString());
            pauseForDisk();
            return false;
        }
    }

    /** The batch stays in memory meanwhile, and the queue fills behind it. */
    private void pauseForDisk() {
        if (!stopping) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DISK_RETRY_MILLIS));
        }
    }

    private boolean connected() {
        if (connection != null) {
            return true;
        }
        if (System.nanoTime() - reconnectNanos < 0) {
            return false;
        }
        try {
            connect();
            log.info("the ledger's database is there");
            return true;
        } catch (SQLException | LedgerException e) {
            log.debug("the ledger's database is away: {}", e.getMessage());
            backOff();
            return false;
        }
    }

    private void lost(SQLException failure) {
        log.warn("the ledger's database is away, usage waits on disk: {}", failure.getMessage());
        disconnect();
        backOff();
    }

    private void backOff() {
        reconnectNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(reconnectMillis);
        reconnectMillis = Math.min(RECONNECT_LIMIT_MILLIS, reconnectMillis * 2);
    }

    private void disconnect() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            closeQuietly(current);
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.debug("closing the ledger's connection: {}", e.getMessage());
        }
    }
}
