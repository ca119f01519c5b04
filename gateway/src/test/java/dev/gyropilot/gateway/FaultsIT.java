package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What replicas and clients do wrong, and what the other side sees of it. */
class FaultsIT {
    private static final String OK = "{\"ok\":true}";

    @TempDir
    Path directory;

    @Test
    void repeatsARequestWhoseReplicaDiesBeforeTheFirstByte() throws Exception {
        repeats((request, wire) -> wire.kill());
    }

    @Test
    void repeatsARequestWhoseReplicaDiesBehindTheHead() throws Exception {
        repeats((request, wire) -> {
            wire.streamHead();
            wire.kill();
        });
    }

    @Test
    void repeatsAnAnswerThatWasCutInTheMiddleUnlessItIsAStream() throws Exception {
        repeats((request, wire) -> {
            wire.raw("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"half\":");
            wire.kill();
        });
    }

    @Test
    void repeatsARequestThatOneReplicaCannotServeNow() throws Exception {
        repeats((request, wire) -> wire.json(503, "{\"error\":\"overloaded\"}"));
        repeats((request, wire) -> wire.json(502, "{}"));
    }

    @Test
    void repeatsARequestAnsweredByGarbage() throws Exception {
        repeats((request, wire) -> {
            wire.raw("nonsense\r\n\r\n");
            wire.kill();
        });
    }

    /** One replica is bad in this way, one is well: no client may notice. */
    private void repeats(Backend.Script bad) throws Exception {
        try (Backend broken = Backend.start(bad);
                Backend well = Backend.start(Backend.json(OK));
                GatewayFixture fixture = new GatewayFixture(
                        directory.resolve(Integer.toString(well.port())),
                        GatewayConfig.defaults(),
                        GatewayFixture.service("m", broken, well))) {
            for (int i = 0; i < 20; i++) {
                HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                assertThat(response.body()).isEqualTo(OK);
            }
            assertThat(broken.requests).isNotEmpty();
            assertThat(fixture.gateway.metrics().retries()).isPositive();
        }
    }

    @Test
    void passesTheLastRefusalOfAnOverloadedReplica() throws Exception {
        try (Backend busy = Backend.start((request, wire) -> wire.json(503, "{\"busy\":1}"));
                GatewayFixture fixture = fixture(busy)) {
            HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).isEqualTo("{\"busy\":1}");
        }
    }

    @Test
    void doesNotBreakEveryReplicaWithARequestThatKillsThem() throws Exception {
        Backend.Script dies = (request, wire) -> wire.kill();
        List<Backend> backends = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            backends.add(Backend.start(dies));
        }
        try (GatewayFixture fixture = fixture(backends.toArray(Backend[]::new))) {
            HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            assertThat(response.statusCode()).isEqualTo(502);
            assertThat(response.body()).contains("upstream_failed");
            assertThat(backends.stream()
                            .mapToInt(backend -> backend.requests.size())
                            .sum())
                    .isEqualTo(3);
        } finally {
            for (Backend backend : backends) {
                backend.close();
            }
        }
    }

    @Test
    void noClientSeesTheKillOfAReplicaUnderLoad() throws Exception {
        Backend.Script slow = (request, wire) -> {
            TimeUnit.MILLISECONDS.sleep(2);
            wire.json(200, OK);
        };
        Backend victim = Backend.start(slow);
        try (Backend well = Backend.start(slow);
                GatewayFixture fixture = fixture(victim, well);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicInteger done = new AtomicInteger();
            List<Future<Integer>> results = new ArrayList<>();
            for (int client = 0; client < 16; client++) {
                Callable<Integer> requests = () -> {
                    int failures = 0;
                    for (int i = 0; i < 50; i++) {
                        failures += fixture.post("/v1/embeddings", GatewayFixture.embed("m"))
                                                .statusCode()
                                        == 200
                                ? 0
                                : 1;
                        done.incrementAndGet();
                    }
                    return failures;
                };
                results.add(clients.submit(requests));
            }
            Awaiting.until(() -> done.get() > 200);
            victim.close();
            int failures = 0;
            for (Future<Integer> result : results) {
                failures += result.get(30, TimeUnit.SECONDS);
            }
            assertThat(failures).isZero();
            assertThat(victim.requests).isNotEmpty();
        }
    }

    @Test
    void waitsForTheOnlyReplicaToComeBack() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Backend first = Backend.start(port, Backend.json(OK));
        try (GatewayFixture fixture = fixture(first);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(fixture.post("/v1/embeddings", GatewayFixture.embed("m")).statusCode())
                    .isEqualTo(200);
            first.close();
            List<Future<HttpResponse<String>>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(clients.submit(() -> fixture.post("/v1/embeddings", GatewayFixture.embed("m"))));
            }
            Awaiting.until(() -> fixture.gateway.holdBudget().requests() == 5);
            try (Backend _ = Backend.start(port, Backend.json(OK))) {
                for (Future<HttpResponse<String>> each : waiting) {
                    assertThat(each.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
                }
            }
        }
    }

    @Test
    void tellsTheClientOfAStreamThatBreaksOff() throws Exception {
        Backend.Script cut = (request, wire) -> {
            wire.streamHead();
            wire.event("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
            wire.chunk("data: {\"choices\":[{\"del");
            wire.kill();
        };
        try (Backend backend = Backend.start(cut);
                GatewayFixture fixture = fixture(backend)) {
            HttpResponse<String> response = fixture.post("/v1/chat/completions", GatewayFixture.chat("m", true, ""));
            List<String> events = GatewayFixture.events(response.body());
            assertThat(events).hasSize(2).doesNotContain("[DONE]");
            assertThat(events.get(1)).startsWith("{\"error\":{").contains("\"code\":\"upstream_failed\"");
        }
    }

    @Test
    void aStreamThatEndsOnlyWithItsConnectionIsNotTakenForWhole() throws Exception {
        Backend.Script cut = (request, wire) -> {
            wire.raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"choices\":[]}\n\n");
            wire.kill();
        };
        try (Backend backend = Backend.start(cut);
                GatewayFixture fixture = fixture(backend)) {
            assertThat(fixture.post("/v1/chat/completions", GatewayFixture.chat("m", true, ""))
                            .body())
                    .contains("upstream_failed");
        }
    }

    @Test
    void cutsALargeAnswerHardWhenItsReplicaDies() throws Exception {
        Backend.Script cut = (request, wire) -> {
            wire.raw("HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + "x".repeat(1_000_000));
            wire.close();
        };
        try (Backend backend = Backend.start(cut);
                GatewayFixture fixture = fixture(backend)) {
            HttpRequest request = HttpRequest.newBuilder(fixture.uri("/v1/embeddings"))
                    .header("authorization", "Bearer " + GatewayFixture.KEY)
                    .POST(HttpRequest.BodyPublishers.ofString(GatewayFixture.embed("m")))
                    .build();
            assertThatThrownBy(() -> fixture.http.send(request, HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void stopsTheReplicaWhenTheClientGoes() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Backend.Script endless = (request, wire) -> {
            wire.streamHead();
            wire.event("{}");
            if (wire.clientGone()) {
                gone.countDown();
            }
        };
        try (Backend backend = Backend.start(endless);
                GatewayFixture fixture = fixture(backend)) {
            try (Socket client = fixture.connect()) {
                send(client, "/v1/chat/completions", GatewayFixture.chat("m", true, ""));
                readUntil(client.getInputStream(), "data: {}");
            }
            assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
            Awaiting.until(() -> fixture.gateway.requestsInFlight() == 0);
            assertThat(fixture.usage().errors()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatReadsNothingHoldsUpItsReplicaAndIsCutOff() throws Exception {
        AtomicInteger pieces = new AtomicInteger();
        CountDownLatch stopped = new CountDownLatch(1);
        Backend.Script flood = (request, wire) -> {
            wire.streamHead();
            String event = "{\"x\":\"" + "y".repeat(10_000) + "\"}";
            try {
                while (pieces.incrementAndGet() < 100_000) {
                    wire.event(event);
                }
            } finally {
                stopped.countDown();
            }
        };
        GatewayConfig.Timeouts t = GatewayConfig.Timeouts.defaults();
        GatewayConfig config = GatewayConfig.defaults()
                .withTimeouts(new GatewayConfig.Timeouts(
                        t.headerMillis(),
                        t.bodyMillis(),
                        t.connectMillis(),
                        t.responseMillis(),
                        t.streamIdleMillis(),
                        700,
                        t.clientIdleMillis(),
                        t.upstreamIdleMillis(),
                        t.keepAliveMillis(),
                        t.lingerMillis()));
        try (Backend backend = Backend.start(flood);
                GatewayFixture fixture = new GatewayFixture(directory, config, GatewayFixture.service("m", backend));
                Socket client = fixture.connect()) {
            client.setReceiveBufferSize(4096);
            send(client, "/v1/chat/completions", GatewayFixture.chat("m", true, ""));
            assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
            // 10 kB each: what fits into the kernel's buffers, not a gigabyte in the gateway's.
            assertThat(pieces.get()).isLessThan(5_000);
            Awaiting.until(() -> fixture.gateway.requestsInFlight() == 0);
        }
    }

    @Test
    void givesUpOnAReplicaThatDoesNotAnswer() throws Exception {
        GatewayConfig.Timeouts t = GatewayConfig.Timeouts.defaults();
        GatewayConfig config = GatewayConfig.defaults()
                .withTimeouts(new GatewayConfig.Timeouts(
                        t.headerMillis(),
                        t.bodyMillis(),
                        t.connectMillis(),
                        300,
                        300,
                        t.clientWriteMillis(),
                        t.clientIdleMillis(),
                        t.upstreamIdleMillis(),
                        t.keepAliveMillis(),
                        t.lingerMillis()));
        Backend.Script silent = (request, wire) -> {
            if (request.body().contains("\"stream\":true")) {
                wire.streamHead();
                wire.event("{}");
            }
            wire.clientGone();
        };
        try (Backend backend = Backend.start(silent);
                GatewayFixture fixture = new GatewayFixture(directory, config, GatewayFixture.service("m", backend))) {
            HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            assertThat(response.statusCode()).isEqualTo(504);
            assertThat(response.body()).contains("upstream_timeout");
            assertThat(fixture.post("/v1/chat/completions", GatewayFixture.chat("m", true, ""))
                            .body())
                    .contains("upstream_failed");
        }
    }

    @Test
    void sendsACommentThroughASilence() throws Exception {
        GatewayConfig.Timeouts t = GatewayConfig.Timeouts.defaults();
        GatewayConfig config = GatewayConfig.defaults()
                .withTimeouts(new GatewayConfig.Timeouts(
                        t.headerMillis(),
                        t.bodyMillis(),
                        t.connectMillis(),
                        t.responseMillis(),
                        t.streamIdleMillis(),
                        t.clientWriteMillis(),
                        t.clientIdleMillis(),
                        t.upstreamIdleMillis(),
                        200,
                        t.lingerMillis()));
        CountDownLatch seen = new CountDownLatch(1);
        Backend.Script script = (request, wire) -> {
            wire.streamHead();
            wire.event("{\"n\":1}");
            seen.await(10, TimeUnit.SECONDS);
            wire.event("[DONE]");
            wire.end();
        };
        try (Backend backend = Backend.start(script);
                GatewayFixture fixture = new GatewayFixture(directory, config, GatewayFixture.service("m", backend));
                Socket client = fixture.connect()) {
            send(client, "/v1/chat/completions", GatewayFixture.chat("m", true, ""));
            assertThat(readUntil(client.getInputStream(), ": keep-alive\n\n")).contains("{\"n\":1}");
            seen.countDown();
            readUntil(client.getInputStream(), "[DONE]");
        }
    }

    @Test
    void drainsWhatIsUnderWay() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Backend.Script script = (request, wire) -> {
            release.await(10, TimeUnit.SECONDS);
            wire.json(200, OK);
        };
        try (Backend backend = Backend.start(script);
                GatewayFixture fixture = fixture(backend);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HttpResponse<String>> underWay =
                    clients.submit(() -> fixture.post("/v1/embeddings", GatewayFixture.embed("m")));
            Awaiting.until(() -> backend.requests.size() == 1);
            Future<Boolean> drained = clients.submit(() -> fixture.gateway.drain(Duration.ofSeconds(10)));
            Awaiting.until(() -> !fixture.gateway.ready());
            release.countDown();
            HttpResponse<String> response = underWay.get(10, TimeUnit.SECONDS);
            assertThat(response.body()).isEqualTo(OK);
            assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void clientsMoveOverWhileItStillAnswers() throws Exception {
        GatewayConfig config = GatewayConfig.defaults().withLameDuck(TimeUnit.SECONDS.toMillis(30));
        try (Backend backend = Backend.start((request, wire) -> wire.json(200, OK));
                GatewayFixture fixture = new GatewayFixture(directory, config, GatewayFixture.service("m", backend));
                Socket client = fixture.connect()) {
            String body = GatewayFixture.embed("m");
            send(client, "/v1/embeddings", body);
            assertThat(readUntil(client.getInputStream(), OK)).doesNotContain("connection: close");
            Thread draining = Thread.ofVirtual().start(() -> fixture.gateway.drain(Duration.ofMinutes(1)));
            Awaiting.until(() -> !fixture.gateway.ready());
            send(client, "/v1/embeddings", body);
            String last = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(last)
                    .startsWith("HTTP/1.1 200")
                    .contains("connection: close")
                    .endsWith(OK);
            draining.interrupt();
            draining.join();
        }
    }

    private GatewayFixture fixture(Backend... backends) {
        return new GatewayFixture(directory, GatewayConfig.defaults(), GatewayFixture.service("m", backends));
    }

    static void send(Socket client, String path, String body) throws IOException {
        client.getOutputStream()
                .write(("POST " + path + " HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + GatewayFixture.KEY
                                + "\r\ncontent-length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.UTF_8));
    }

    static String readUntil(InputStream in, String text) throws IOException {
        StringBuilder read = new StringBuilder();
        while (read.indexOf(text) < 0) {
            int b = in.read();
            if (b < 0) {
                throw new AssertionError("the connection ended after: " + read);
            }
            read.append((char) b);
        }
        return read.toString();
    }
}
