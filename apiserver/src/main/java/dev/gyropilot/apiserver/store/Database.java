package dev.gyropilot.apiserver.store;

import dev.gyropilot.apiserver.store.StoreException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The SQLite file: write-ahead log, fsync at each commit, one connection, used by one thread. */
final class Database implements AutoCloseable {
    /** "Gyro" in the header of the file, by which it is known as ours. */
    private static final int APPLICATION_ID = 0x4779726f;

    private static final int SCHEMA_VERSION = 1;
    private static final int PAGE_BYTES = 4096;
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    private final Path file;
    private final Connection connection;
    private Statements statements;

    /** What a commit runs; made anew after a failure, which leaves the driver's statements in no usable state. */
    private record Statements(
            PreparedStatement begin,
            PreparedStatement put,
            PreparedStatement remove,
            PreparedStatement advance,
            PreparedStatement commit) {
        static Statements on(Connection connection) throws SQLException {
            return new Statements(
                    connection.prepareStatement("BEGIN IMMEDIATE"),
                    connection.prepareStatement("""
                            INSERT INTO objects (collection, namespace, name, revision, value) VALUES (?, ?, ?, ?, ?)
                            ON CONFLICT (collection, namespace, name)
                            DO UPDATE SET revision = excluded.revision, value = excluded.value
                            """),
                    connection.prepareStatement(
                            "DELETE FROM objects WHERE collection = ? AND namespace = ? AND name = ?"),
                    connection.prepareStatement("UPDATE state SET revision = ?"),
                    connection.prepareStatement("COMMIT"));
        }

        void close() throws SQLException {
            for (PreparedStatement each : List.of(begin, put, remove, advance, commit)) {
                each.close();
            }
        }
    }

    private Database(Path file, Connection connection) throws SQLException {
        this.file = file;
        this.connection = connection;
        this.statements = Statements.on(connection);
    }

    /** Opens the file, or makes it; checks that it is ours and whole. */
    static Database open(Path file, long limitBytes) {
        requireSqlite(file);
        try {
            SQLiteConfig config = new SQLiteConfig();
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
            config.setLockingMode(SQLiteConfig.LockingMode.EXCLUSIVE);
            config.setTempStore(SQLiteConfig.TempStore.MEMORY);
            Connection connection = config.createConnection("jdbc:sqlite:" + file);
            try {
                prepare(file, connection, limitBytes);
                return new Database(file, connection);
            } catch (SQLException | StoreException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw unusable(file, e);
        }
    }

    long revision() {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT revision FROM state")) {
            return row.getLong(1);
        } catch (SQLException e) {
            throw unusable(file, e);
        }
    }

    void load(Consumer<Stored> into) {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT collection, namespace, name, revision, value FROM objects")) {
            while (row.next()) {
                ObjectKey key = new ObjectKey(row.getString(1).intern(), row.getString(2), row.getString(3));
                into.accept(new Stored(key, row.getLong(4), row.getBytes(5), null));
            }
        } catch (SQLException e) {
            throw unusable(file, e);
        }
    }

    /** Writes the changes and returns when they are on disk, or throws and has written none. */
    void commit(List<Event> events) {
        // By statements rather than the driver's own transactions: SQLite ends one by itself on a full disk, which the
        // driver
        // would not notice.
        try {
            statements.begin().execute();
            for (Event event : events) {
                write(event);
            }
            statements.advance().setLong(1, events.getLast().revision());
            statements.advance().executeUpdate();
            statements.commit().execute();
        } catch (SQLException e) {
            rollback(e);
            throw refused(e);
        }
    }

    private void write(Event event) throws SQLException {
        ObjectKey key = event.object().key();
        PreparedStatement statement = event.deleted() ? statements.remove() : statements.put();
        statement.setString(1, key.collection());
        statement.setString(2, key.namespace());
        statement.setString(3, key.name());
        if (!event.deleted()) {
            statement.setLong(4, event.revision());
            statement.setBytes(5, event.object().bytes());
        }
        statement.executeUpdate();
    }

    private void rollback(SQLException why) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back by itself after a full disk or an I/O error.
            why.addSuppressed(e);
        }
        try {
            statements.close();
            statements = Statements.on(connection);
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    private StoreException refused(SQLException e) {
        if (e instanceof SQLiteException sqlite && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL) {
            return new StoreException(
                    Reason.FULL,
                    "no room left on the disk of " + file.getParent() + " (or the database reached its size limit);"
                            + " free some space, reads go on meanwhile",
                    e);
        }
        return new StoreException(
                Reason.FAILED,
                "writing to " + file + " failed (" + e.getMessage()
                        + "); acknowledged writes are safe, check the disk and start again",
                e);
    }

    private static void prepare(Path file, Connection connection, long limitBytes) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            int application = number(statement, "PRAGMA application_id");
            int tables = number(statement, "SELECT count(*) FROM sqlite_master");
            if (application == 0 && tables == 0) {
                create(statement);
            } else if (application != APPLICATION_ID) {
                throw new StoreException(
                        Reason.FOREIGN,
                        file + " is an SQLite database of another program (application id " + application
                                + "); choose another data directory");
            }
            int version = number(statement, "PRAGMA user_version");
            if (version > SCHEMA_VERSION) {
                throw new StoreException(
                        Reason.NEWER,
                        file + " has schema version " + version + ", this program knows up to " + SCHEMA_VERSION
                                + "; use the newer program that wrote it");
            }
            check(file, statement);
            statement.execute("PRAGMA max_page_count = " + Math.max(16, limitBytes / PAGE_BYTES));
        }
    }

    private static void create(Statement statement) throws SQLException {
        statement.execute("PRAGMA application_id = " + APPLICATION_ID);
        statement.execute("PRAGMA user_version = " + SCHEMA_VERSION);
        statement.execute("""
                CREATE TABLE objects (
                  collection TEXT NOT NULL,
                  namespace TEXT NOT NULL,
                  name TEXT NOT NULL,
                  revision INTEGER NOT NULL,
                  value BLOB NOT NULL,
                  PRIMARY KEY (collection, namespace, name))
                """);
        statement.execute("CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL)");
        statement.execute("INSERT INTO state (id, revision) VALUES (1, 1)");
    }

    private static void check(Path file, Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA quick_check(3)")) {
            String first = row.next() ? row.getString(1) : "no answer";
            if (!first.equals("ok")) {
                throw damaged(file, first, null);
            }
        }
    }

    private static void requireSqlite(Path file) {
        try {
            if (!Files.exists(file) || Files.size(file) == 0) {
                return;
            }
            byte[] head;
            try (var in = Files.newInputStream(file)) {
                head = in.readNBytes(MAGIC.length);
            }
            if (!Arrays.equals(head, MAGIC)) {
                throw damaged(file, "it does not begin as an SQLite file does", null);
            }
        } catch (IOException e) {
            throw new StoreException(Reason.FOREIGN, "cannot read " + file + ": " + e, e);
        }
    }

    private static int number(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            return row.getInt(1);
        }
    }

    private static StoreException unusable(Path file, SQLException e) {
        if (e instanceof SQLiteException sqlite) {
            return switch (sqlite.getResultCode()) {
                case SQLITE_CORRUPT,
                        SQLITE_NOTADB,
                        SQLITE_CORRUPT_INDEX,
                        SQLITE_CORRUPT_SEQUENCE,
                        SQLITE_CORRUPT_VTAB -> damaged(file, String.valueOf(e.getMessage()), e);
                case SQLITE_BUSY, SQLITE_LOCKED ->
                    new StoreException(Reason.LOCKED, file + " is open in another program: " + e.getMessage(), e);
                default -> new StoreException(Reason.FOREIGN, "cannot open " + file + ": " + e.getMessage(), e);
            };
        }
        return new StoreException(Reason.FOREIGN, "cannot open " + file + ": " + e.getMessage(), e);
    }

    private static StoreException damaged(Path file, String what, @Nullable Throwable cause) {
        String message = file + " is damaged: " + what
                + "; nothing was changed. Restore it from a backup, or move it away" + " to start empty";
        return cause == null
                ? new StoreException(Reason.DAMAGED, message)
                : new StoreException(Reason.DAMAGED, message, cause);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StoreException(Reason.FAILED, "closing " + file + " failed: " + e.getMessage(), e);
        }
    }
}
