package dev.gyropilot.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same behaviour on the embedded file and on a real PostgreSQL. */
class LedgerIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final UsageQuery ALL = UsageQuery.between(Instant.EPOCH, Instant.parse("2100-01-01T00:00:00Z"));

    enum Kind {
        EMBEDDED,
        POSTGRES
    }

    @SuppressWarnings("NullAway.Init")
    private static EmbeddedPostgres postgres;

    @TempDir
    Path directory;

    @BeforeAll
    static void startPostgres() throws IOException {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("listen_addresses", "127.0.0.1")
                .start();
    }

    @AfterAll
    static void stopPostgres() throws IOException {
        postgres.close();
    }

    @ParameterizedTest
    @EnumSource
    void sumsByServiceKeyAndWindow(Kind kind) throws Exception {
        try (Ledger ledger = open(kind)) {
            ledger.record(Records.record("1", Records.NOON, "alice", "chat", 10, 1, 200));
            ledger.record(Records.record("2", Records.NOON.plusSeconds(30), "bob", "chat", 20, 2, 200));
            ledger.record(Records.record("3", Records.NOON.plusSeconds(70), "alice", "embed", 40, 0, 503));
            assertThat(ledger.flush(LIMIT)).isTrue();

            assertThat(ledger.sum(ALL)).containsExactly(sum(null, null, null, null, 3, 1, 70, 3));
            assertThat(ledger.sum(UsageQuery.between(ALL.from(), ALL.to(), UsageQuery.By.MODEL_SERVICE)))
                    .containsExactly(
                            sum("default", "chat", null, null, 2, 0, 30, 3),
                            sum("default", "embed", null, null, 1, 1, 40, 0));
            assertThat(ledger.sum(UsageQuery.between(ALL.from(), ALL.to(), UsageQuery.By.KEY)
                            .ofService("default", "chat")))
                    .containsExactly(
                            sum(null, null, "alice", null, 1, 0, 10, 1), sum(null, null, "bob", null, 1, 0, 20, 2));
            assertThat(ledger.sum(ALL.ofKey("alice").every(Duration.ofMinutes(1))))
                    .containsExactly(
                            sum(null, null, null, Records.NOON, 1, 0, 10, 1),
                            sum(null, null, null, Records.NOON.plusSeconds(60), 1, 1, 40, 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void countsARecordOnceHoweverOftenItIsWritten(Kind kind) throws Exception {
        try (Ledger ledger = open(kind)) {
            ledger.record(Records.record("same"));
            assertThat(ledger.flush(LIMIT)).isTrue();
            ledger.record(Records.record("same"));
            ledger.record(Records.record("other"));
            assertThat(ledger.flush(LIMIT)).isTrue();
            assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void keepsEverythingOverARestart(Kind kind) throws Exception {
        LedgerConfig config = config(kind, "restart");
        for (int round = 0; round < 3; round++) {
            try (Ledger ledger = Ledger.open(config, InstantSource.system())) {
                for (int i = 0; i < 1000; i++) {
                    ledger.record(Records.record(round + "-" + i));
                }
            }
        }
        try (Ledger ledger = Ledger.open(config, InstantSource.system())) {
            assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(3000);
            assertThat(ledger.stats().dropped()).isZero();
        }
    }

    @Test
    void waitsOnDiskWhilePostgresIsAway() throws Exception {
        EmbeddedPostgres server = EmbeddedPostgres.builder().start();
        int port = server.getPort();
        Path data = directory.resolve("pgdata");
        server.close();
        LedgerConfig config = LedgerConfig.postgres(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "postgres", directory);
        try (Ledger ledger = Ledger.open(config, InstantSource.system())) {
            record(ledger, "before", 5_000);
            assertThat(ledger.flush(Duration.ofMillis(300))).isFalse();
            assertThat(ledger.stats().connected()).isFalse();
            try (EmbeddedPostgres _ = start(port, data)) {
                assertThat(ledger.flush(LIMIT)).isTrue();
                assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(5_000);
            }
            record(ledger, "between", 5_000);
            try (EmbeddedPostgres _ = start(port, data)) {
                assertThat(ledger.flush(LIMIT)).isTrue();
                assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(10_000);
                assertThat(ledger.stats().dropped()).isZero();
                assertThat(ledger.stats().spillBytes()).isZero();
            }
        }
    }

    @Test
    void keepsTheSpillOverARestart() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        LedgerConfig config = LedgerConfig.postgres(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "postgres", directory);
        for (int round = 0; round < 2; round++) {
            try (Ledger ledger = Ledger.open(config, InstantSource.system())) {
                record(ledger, "round" + round, 100);
            }
        }
        try (EmbeddedPostgres _ = start(port, directory.resolve("pgdata"));
                Ledger ledger = Ledger.open(config, InstantSource.system())) {
            assertThat(ledger.flush(LIMIT)).isTrue();
            assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(200);
        }
    }

    @Test
    void leavesOutOnlyTheRecordThatPostgresRefuses() throws Exception {
        try (Ledger ledger = open(Kind.POSTGRES)) {
            ledger.record(Records.record("good-1"));
            ledger.record(Records.record("bad", Records.NOON, "zero\u0000byte", "chat", 1, 1, 200));
            ledger.record(Records.record("good-2"));
            assertThat(ledger.flush(LIMIT)).isTrue();
            assertThat(ledger.sum(ALL).getFirst().requests()).isEqualTo(2);
            assertThat(ledger.stats().rejected()).isEqualTo(1);
        }
    }

    @Test
    void tellsADamagedFileAndAWrongUrl() throws Exception {
        Files.writeString(directory.resolve("ledger.db"), "this is no database, ".repeat(100));
        assertThatThrownBy(() -> Ledger.open(LedgerConfig.embedded(directory), InstantSource.system()))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("move it away");
        assertThatThrownBy(() -> LedgerConfig.postgres("http://x", null, null, directory))
                .hasMessageContaining("jdbc:postgresql:");
    }

    @Test
    void refusesASchemaOfANewerProgram() throws Exception {
        try (Ledger ledger = open(Kind.EMBEDDED)) {
            ledger.record(Records.record("1"));
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("ledger.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO schema_version VALUES (99, '099-future.sql', 'x', 0)");
        }
        assertThatThrownBy(() -> open(Kind.EMBEDDED)).hasMessageContaining("newer program");
    }

    @Test
    void endsTheSpillAtARecordThatWasCut() throws Exception {
        Spill spill = new Spill(directory, 1 << 20);
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            records.add(Records.record("r" + i));
        }
        assertThat(spill.append(records)).isTrue();
        try (Stream<Path> files = Files.list(directory)) {
            Path file = files.findFirst().orElseThrow();
            byte[] content = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(content, content.length - 5));
        }
        Spill reopened = new Spill(directory, 1 << 20);
        assertThat(reopened.oldest()).isEqualTo(records.subList(0, 9));
        reopened.removeOldest();
        assertThat(reopened.isEmpty()).isTrue();
        assertThat(new Spill(directory, 100).append(records)).as("the limit").isFalse();
    }

    private static void record(Ledger ledger, String prefix, int count) {
        for (int i = 0; i < count; i++) {
            ledger.record(Records.record(prefix + "-" + i));
        }
    }

    private static EmbeddedPostgres start(int port, Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setPort(port)
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
    }

    private Ledger open(Kind kind) throws Exception {
        return Ledger.open(
                config(kind, "d" + directory.getFileName().toString().replaceAll("[^0-9]", "")),
                InstantSource.system());
    }

    private LedgerConfig config(Kind kind, String database) throws Exception {
        if (kind == Kind.EMBEDDED) {
            return LedgerConfig.embedded(directory);
        }
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return LedgerConfig.postgres(postgres.getJdbcUrl("postgres", database), "postgres", "postgres", directory);
    }

    private static UsageSum sum(
            @Nullable String namespace,
            @Nullable String service,
            @Nullable String key,
            @Nullable Instant window,
            long requests,
            long errors,
            long input,
            long output) {
        return new UsageSum(
                namespace,
                service,
                key,
                null,
                window,
                requests,
                errors,
                input,
                output,
                2 * requests,
                20_000 * requests);
    }
}
