package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.gateway.catalog.Catalog;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests for a service at zero wait, in order and within bounds, and wake it up. */
class HoldIT {
    private static final Key KEY = new Key("default", "m");

    @TempDir
    Path directory;

    @Test
    void holdsAndReleasesInOrder() throws Exception {
        try (Backend backend = Backend.start(Backend.json("{}"));
                GatewayFixture fixture =
                        new GatewayFixture(directory, GatewayConfig.defaults().withEventLoops(1), asleep());
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> held = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                held.add(clients.submit(
                        () -> fixture.post("/v1/embeddings", "{\"model\":\"m\",\"input\":\"" + number + "\"}")));
                Awaiting.until(() -> fixture.gateway.holdBudget().requests() == number + 1);
            }
            assertThat(fixture.used).contains("default/m waits");
            fixture.gateway.publish(GatewayFixture.catalog(awake(backend)));
            for (Future<HttpResponse<String>> each : held) {
                assertThat(each.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
            assertThat(fixture.gateway.holdBudget().requests()).isZero();
            assertThat(fixture.gateway.holdBudget().bytes()).isZero();
            assertThat(backend.requests).hasSize(20);
        }
    }

    @Test
    void sendsInOrderOnOneConnectionEach() throws Exception {
        // The replica takes connections one after the other, so the order of arrival is the order of release.
        try (Backend backend = Backend.start(Backend.json("{}"));
                GatewayFixture fixture =
                        new GatewayFixture(directory, GatewayConfig.defaults().withEventLoops(1), asleep());
                Socket client = fixture.connect()) {
            for (int i = 0; i < 5; i++) {
                FaultsIT.send(client, "/v1/embeddings", "{\"model\":\"m\",\"input\":\"" + i + "\"}");
            }
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 1);
            fixture.gateway.publish(GatewayFixture.catalog(awake(backend)));
            Awaiting.until(() -> backend.requests.size() == 5);
            for (int i = 0; i < 5; i++) {
                assertThat(backend.requests.get(i).body()).contains("\"" + i + "\"");
            }
        }
    }

    @Test
    void forgetsAClientThatGoes() throws Exception {
        try (GatewayFixture fixture = new GatewayFixture(directory, GatewayConfig.defaults(), asleep())) {
            try (Socket client = fixture.connect()) {
                FaultsIT.send(client, "/v1/embeddings", GatewayFixture.embed("m"));
                Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 1);
            }
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 0);
            Awaiting.until(() -> fixture.gateway.requestsInFlight() == 0);
            assertThat(fixture.gateway.bufferedBytes()).isZero();
        }
    }

    @Test
    void isBoundedInCountBytesAndTime() throws Exception {
        GatewayConfig config = GatewayConfig.defaults().withHold(new GatewayConfig.Hold(1, 1_000, 600, 600));
        try (GatewayFixture fixture = new GatewayFixture(directory, config, asleep());
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(fixture.post("/v1/embeddings", GatewayFixture.embed("m").replace("hello", "x".repeat(2_000)))
                            .body())
                    .contains("Too many requests wait");
            Future<HttpResponse<String>> first =
                    clients.submit(() -> fixture.post("/v1/embeddings", GatewayFixture.embed("m")));
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 1);
            HttpResponse<String> second = fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            assertThat(second.statusCode()).isEqualTo(503);
            assertThat(second.headers().firstValue("retry-after")).isPresent();
            HttpResponse<String> timedOut = first.get(10, TimeUnit.SECONDS);
            assertThat(timedOut.statusCode()).isEqualTo(503);
            assertThat(timedOut.body()).contains("no replica that can answer");
        }
    }

    @Test
    void tellsThoseWhoWaitThatTheServiceIsGoneOrTheGatewayStops() throws Exception {
        try (GatewayFixture fixture = new GatewayFixture(directory, GatewayConfig.defaults(), asleep());
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HttpResponse<String>> first =
                    clients.submit(() -> fixture.post("/v1/embeddings", GatewayFixture.embed("m")));
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 1);
            fixture.gateway.publish(GatewayFixture.catalog());
            assertThat(first.get(10, TimeUnit.SECONDS).body()).contains("was removed");

            fixture.gateway.publish(GatewayFixture.catalog(asleep()));
            Future<HttpResponse<String>> second =
                    clients.submit(() -> fixture.post("/v1/embeddings", GatewayFixture.embed("m")));
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 1);
            assertThat(fixture.gateway.drain(Duration.ofSeconds(5))).isTrue();
            assertThat(second.get(10, TimeUnit.SECONDS).body()).contains("shutting down");
        }
    }

    private static Catalog.Service asleep() {
        return GatewayFixture.service(KEY, 1, true);
    }

    private static Catalog.Service awake(Backend backend) {
        return GatewayFixture.service(KEY, 1, true, backend);
    }
}
