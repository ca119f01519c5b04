package dev.gyropilot.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** Opens connections, and knows what the two databases' failures mean. */
final class Database {
    private static final int BUSY_MILLIS = 5_000;
    private static final int SQLITE_CORRUPT = 11;
    private static final int SQLITE_NOT_A_DATABASE = 26;

    private final LedgerConfig config;

    Database(LedgerConfig config) {
        this.config = config;
        if (config.isEmbedded()) {
            createDirectory(file());
        }
    }

    /** A connection on which each statement is a transaction until told otherwise. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        if (config.isEmbedded()) {
            properties.setProperty("busy_timeout", Integer.toString(BUSY_MILLIS));
            properties.setProperty("journal_mode", "WAL");
            // Each flush is on disk before it counts as written; at a few flushes a second this costs nothing.
            properties.setProperty("synchronous", "FULL");
            properties.setProperty("transaction_mode", "IMMEDIATE");
        } else {
            properties.setProperty("connectTimeout", "5");
            properties.setProperty("socketTimeout", "30");
            properties.setProperty("tcpKeepAlive", "true");
            properties.setProperty("reWriteBatchedInserts", "true");
            properties.setProperty("ApplicationName", "gyropilot-ledger");
            if (config.user() != null) {
                properties.setProperty("user", config.user());
            }
            if (config.password() != null) {
                properties.setProperty("password", config.password());
            }
        }
        return DriverManager.getConnection(config.url(), properties);
    }

    /** Keeps other programs from migrating at the same time, until the transaction ends. */
    void lockForMigration(Statement statement) throws SQLException {
        if (!config.isEmbedded()) {
            statement.execute("SELECT pg_advisory_xact_lock(724096317)");
        }
    }

    /** Whether the failure speaks of the connection and not of what was asked: another try later may succeed. */
    boolean isAway(SQLException failure) {
        String state = failure.getSQLState();
        if (config.isEmbedded()) {
            // Busy, locked, disk full, I/O: all of them may pass.
            return failure.getErrorCode() != SQLITE_CORRUPT && failure.getErrorCode() != SQLITE_NOT_A_DATABASE;
        }
        // 08 connection, 53 resources, 57P shutting down or starting up, 25006 read-only after a fail-over.
        return state == null
                || state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P")
                || state.equals("25006");
    }

    /** Whether the failure is about the values of a row. */
    boolean isAboutValues(SQLException failure) {
        String state = failure.getSQLState();
        return !config.isEmbedded() && state != null && (state.startsWith("22") || state.startsWith("23"));
    }

    LedgerException explain(SQLException failure) {
        if (config.isEmbedded()) {
            int code = failure.getErrorCode();
            if (code == SQLITE_CORRUPT || code == SQLITE_NOT_A_DATABASE) {
                return new LedgerException(
                        LedgerException.Reason.DAMAGED,
                        "the ledger " + file() + " is damaged or not a database (" + failure.getMessage()
                                + "): move it away to start a new one, or restore it from a backup",
                        failure);
            }
            return new LedgerException(
                    LedgerException.Reason.UNAVAILABLE,
                    "the ledger " + file() + " cannot be opened (" + failure.getMessage()
                            + "): check that the directory is writable and the disk is not full",
                    failure);
        }
        return new LedgerException(
                LedgerException.Reason.UNAVAILABLE,
                "the ledger's database " + config.url() + " refused (" + failure.getMessage()
                        + "): check its address, user and password",
                failure);
    }

    private Path file() {
        String name = config.url().substring("jdbc:sqlite:".length());
        int query = name.indexOf('?');
        return Path.of(query < 0 ? name : name.substring(0, query));
    }

    private static void createDirectory(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new LedgerException(
                    LedgerException.Reason.UNAVAILABLE,
                    "the ledger's directory " + directory + " cannot be made (" + e.getMessage()
                            + "): choose one that is writable",
                    e);
        }
    }
}
