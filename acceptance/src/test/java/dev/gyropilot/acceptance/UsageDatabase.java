package dev.gyropilot.acceptance;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL for the usage of a cluster, on loopback, with a relay for the pods; it can be away and come back. */
final class UsageDatabase implements AutoCloseable {
    private final Path data;
    private final Relay relay;
    private final int port;
    private @Nullable EmbeddedPostgres server;

    UsageDatabase(String address) {
        try {
            data = Files.createTempDirectory("gyropilot-usage").resolve("data");
            EmbeddedPostgres first = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .start();
            server = first;
            port = first.getPort();
            relay = Relay.start(address, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As pods reach it. */
    String url(String address) {
        return "jdbc:postgresql://" + address + ":" + relay.port() + "/postgres?user=postgres";
    }

    /** Successful requests that are in it. */
    long answered() {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM usage WHERE status = 200")) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void stop() {
        EmbeddedPostgres running = server;
        server = null;
        if (running != null) {
            try {
                running.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    void startAgain() {
        try {
            server = EmbeddedPostgres.builder()
                    .setPort(port)
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        relay.close();
        stop();
    }
}
