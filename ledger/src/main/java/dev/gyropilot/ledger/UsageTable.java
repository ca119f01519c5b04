package dev.gyropilot.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The SQL of the usage table. */
final class UsageTable {
    private static final String INSERT =
            "INSERT INTO usage (id, time_millis, key_id, namespace, model_service, revision,"
                    + " replica, operation, input_tokens, output_tokens, cached_tokens, status, streamed, first_token_micros,"
                    + " duration_micros, request_bytes, response_bytes)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";

    private UsageTable() {}

    /** Inserts all in one transaction; those whose id is there already are left as they are. */
    static void insert(Connection connection, List<UsageRecord> records) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (UsageRecord usage : records) {
                bind(insert, usage);
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            rollBack(connection, e);
            throw e;
        }
    }

    private static void rollBack(Connection connection, SQLException cause) {
        try {
            connection.rollback();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private static void bind(PreparedStatement insert, UsageRecord usage) throws SQLException {
        insert.setString(1, usage.id());
        insert.setLong(2, usage.time().toEpochMilli());
        insert.setString(3, usage.keyId());
        insert.setString(4, usage.namespace());
        insert.setString(5, usage.modelService());
        insert.setString(6, usage.revision());
        insert.setString(7, usage.replica());
        insert.setString(8, usage.operation());
        insert.setLong(9, usage.inputTokens());
        insert.setLong(10, usage.outputTokens());
        insert.setLong(11, usage.cachedTokens());
        insert.setInt(12, usage.status());
        insert.setInt(13, usage.streamed() ? 1 : 0);
        Long firstToken = usage.firstTokenMicros();
        if (firstToken == null) {
            insert.setNull(14, Types.BIGINT);
        } else {
            insert.setLong(14, firstToken);
        }
        insert.setLong(15, usage.durationMicros());
        insert.setLong(16, usage.requestBytes());
        insert.setLong(17, usage.responseBytes());
    }

    static List<UsageSum> sum(Connection connection, UsageQuery query) throws SQLException {
        List<String> groups = new ArrayList<>();
        boolean byService = query.by().contains(UsageQuery.By.MODEL_SERVICE);
        boolean byKey = query.by().contains(UsageQuery.By.KEY);
        boolean byOperation = query.by().contains(UsageQuery.By.OPERATION);
        String window = "0";
        if (byService) {
            groups.add("namespace");
            groups.add("model_service");
        }
        if (byKey) {
            groups.add("key_id");
        }
        if (byOperation) {
            groups.add("operation");
        }
        if (query.window() != null) {
            long millis = query.window().toMillis();
            window = "(time_millis / " + millis + ") * " + millis;
            groups.add(window);
        }
        String sql = "SELECT " + column(byService, "namespace") + ", " + column(byService, "model_service") + ", "
                + column(byKey, "key_id") + ", " + column(byOperation, "operation") + ", " + window
                + " AS window_millis"
                + ", COUNT(*), COALESCE(SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0)"
                + ", COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0)"
                + ", COALESCE(SUM(cached_tokens), 0), COALESCE(SUM(duration_micros), 0)"
                + " FROM usage WHERE time_millis >= ? AND time_millis < ?"
                + condition("namespace", query.namespace())
                + condition("model_service", query.modelService())
                + condition("key_id", query.keyId())
                + (groups.isEmpty() ? "" : " GROUP BY " + String.join(", ", groups))
                + " ORDER BY 5, 1, 2, 3, 4";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            int index = 1;
            select.setLong(index++, query.from().toEpochMilli());
            select.setLong(index++, query.to().toEpochMilli());
            for (String value : new @Nullable String[] {query.namespace(), query.modelService(), query.keyId()}) {
                if (value != null) {
                    select.setString(index++, value);
                }
            }
            return read(select, query.window() != null);
        }
    }

    private static List<UsageSum> read(PreparedStatement select, boolean windowed) throws SQLException {
        List<UsageSum> sums = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                sums.add(new UsageSum(
                        rows.getString(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getString(4),
                        windowed ? Instant.ofEpochMilli(rows.getLong(5)) : null,
                        rows.getLong(6),
                        rows.getLong(7),
                        rows.getLong(8),
                        rows.getLong(9),
                        rows.getLong(10),
                        rows.getLong(11)));
            }
        }
        return sums;
    }

    private static String column(boolean wanted, String name) {
        return wanted ? name : "CAST(NULL AS TEXT)";
    }

    private static String condition(String column, @Nullable String value) {
        return value == null ? "" : " AND " + column + " = ?";
    }
}
