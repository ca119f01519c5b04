package dev.gyropilot.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Brings the schema to the version that this program knows. The scripts are resources, numbered without gaps, and are never
 * changed once released: the table {@code schema_version} remembers a checksum of each.
 */
final class Migrations {
    private static final List<String> SCRIPTS = List.of("001-usage.sql");
    private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*--.*$");

    private final Database database;

    Migrations(Database database) {
        this.database = database;
    }

    /** Applies what is missing, all in one transaction. */
    void apply(Connection connection, long nowMillis) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            database.lockForMigration(statement);
            statement.execute("CREATE TABLE IF NOT EXISTS schema_version ("
                    + "version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
                    + " applied_millis BIGINT NOT NULL)");
            int applied = checkApplied(statement);
            for (int version = applied + 1; version <= SCRIPTS.size(); version++) {
                run(connection, statement, version, nowMillis);
            }
            connection.commit();
        } finally {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        }
    }

    private static int checkApplied(Statement statement) throws SQLException {
        int applied = 0;
        try (ResultSet rows =
                statement.executeQuery("SELECT version, name, checksum FROM schema_version ORDER BY version")) {
            while (rows.next()) {
                applied = rows.getInt(1);
                if (applied > SCRIPTS.size()) {
                    throw new LedgerException(
                            LedgerException.Reason.SCHEMA,
                            "the ledger's schema has version " + applied + ", this program knows " + SCRIPTS.size()
                                    + ": it was written by a newer program, use that one",
                            null);
                }
                String script = SCRIPTS.get(applied - 1);
                if (!checksum(read(script)).equals(rows.getString(3))) {
                    throw new LedgerException(
                            LedgerException.Reason.SCHEMA,
                            "the ledger's schema step " + rows.getString(2) + " is not the one of this program ("
                                    + script + "): the ledger belongs to another program or build",
                            null);
                }
            }
        }
        return applied;
    }

    private static void run(Connection connection, Statement statement, int version, long nowMillis)
            throws SQLException {
        String script = SCRIPTS.get(version - 1);
        String text = read(script);
        for (String sql : statements(text)) {
            statement.execute(sql);
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO schema_version (version, name, checksum, applied_millis) VALUES (?, ?, ?, ?)")) {
            insert.setInt(1, version);
            insert.setString(2, script);
            insert.setString(3, checksum(text));
            insert.setLong(4, nowMillis);
            insert.executeUpdate();
        }
    }

    private static List<String> statements(String script) {
        List<String> statements = new ArrayList<>();
        for (String part : COMMENT.matcher(script).replaceAll("").split(";")) {
            if (!part.isBlank()) {
                statements.add(part.strip());
            }
        }
        return statements;
    }

    private static String read(String script) {
        try (InputStream in = Objects.requireNonNull(
                Migrations.class.getResourceAsStream("migrations/" + script), "missing migration " + script)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
