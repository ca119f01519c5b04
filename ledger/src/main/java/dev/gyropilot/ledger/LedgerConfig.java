package dev.gyropilot.ledger;

import dev.gyropilot.api.config.Setting;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the ledger is and how it writes.
 *
 * @param url JDBC URL: {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST:PORT/DATABASE}
 * @param user database user; null for the embedded file, or when the URL names it
 * @param password its password
 * @param spillDirectory where records wait on disk while the database is away
 * @param flushInterval the longest that a record stays in memory only: what a {@code kill -9} can lose
 * @param queueRecords records in memory before they are dropped (the queue drains to disk, so only a failing disk fills it)
 * @param batchRecords records in one transaction
 * @param spillBytesLimit bytes of the spill before records are dropped
 */
public record LedgerConfig(
        @Setting("JDBC URL: `jdbc:sqlite:FILE` or `jdbc:postgresql://HOST:PORT/DATABASE`.")
        String url,

        @Setting("Database user; null for the embedded file, or when the URL names it.") @Nullable
        String user,

        @Setting("Its password.") @Nullable String password,
        Path spillDirectory,

        @Setting("The longest that a record stays in memory only: what a `kill -9` can lose.")
        Duration flushInterval,

        @Setting(
                "Records in memory before they are dropped (the queue drains to disk, so only a failing disk fills it).")
        int queueRecords,

        @Setting("Records in one transaction.") int batchRecords,

        @Setting("Bytes of the spill before records are dropped.")
        long spillBytesLimit) {
    public LedgerConfig {
        if (!url.startsWith("jdbc:sqlite:") && !url.startsWith("jdbc:postgresql:")) {
            throw new LedgerException(
                    LedgerException.Reason.INVALID,
                    "url is \"" + url + "\": it must begin with jdbc:sqlite: or jdbc:postgresql:",
                    null);
        }
        positive("flushInterval (milliseconds)", flushInterval.toMillis());
        positive("queueRecords", queueRecords);
        positive("batchRecords", batchRecords);
        positive("spillBytesLimit", spillBytesLimit);
    }

    /** One SQL file {@code ledger.db} in this directory. */
    public static LedgerConfig embedded(Path directory) {
        return withDefaults("jdbc:sqlite:" + directory.resolve("ledger.db"), null, null, directory);
    }

    /** A PostgreSQL database; the directory holds the spill. */
    public static LedgerConfig postgres(String url, @Nullable String user, @Nullable String password, Path directory) {
        return withDefaults(url, user, password, directory);
    }

    /** The same with another flush interval. */
    public LedgerConfig withFlushInterval(Duration interval) {
        return new LedgerConfig(
                url, user, password, spillDirectory, interval, queueRecords, batchRecords, spillBytesLimit);
    }

    boolean isEmbedded() {
        return url.startsWith("jdbc:sqlite:");
    }

    private static LedgerConfig withDefaults(
            String url, @Nullable String user, @Nullable String password, Path directory) {
        return new LedgerConfig(
                url,
                user,
                password,
                directory.resolve("ledger-spill"),
                Duration.ofMillis(500),
                65_536,
                2_000,
                1L << 30);
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new LedgerException(
                    LedgerException.Reason.INVALID, name + " is " + value + ": it must be above 0", null);
        }
    }
}
