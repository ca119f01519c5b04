package dev.gyropilot.gateway;

import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.ledger.UsageQuery;
import dev.gyropilot.ledger.UsageSum;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A running gateway with a real ledger, one API key, and ways to talk to it. */
final class GatewayFixture implements AutoCloseable {
    static final String KEY = "sk-test";
    static final String LIMITED_KEY = "sk-limited";

    final Ledger ledger;
    final Gateway gateway;
    final List<String> used = new CopyOnWriteArrayList<>();
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    GatewayFixture(Path directory, GatewayConfig config, Catalog.Service... services) {
        ledger = Ledger.open(LedgerConfig.embedded(directory), InstantSource.system());
        gateway = Gateway.start(
                config.withPort(0),
                catalog(services),
                (service, idle, waiting) -> used.add(service + (waiting ? " waits" : "")),
                ledger,
                InstantSource.system());
    }

    static Catalog catalog(Catalog.Service... services) {
        return new Catalog(
                List.of(services),
                List.of(
                        new Catalog.ApiKey("tester", sha256(KEY), null),
                        new Catalog.ApiKey("limited", sha256(LIMITED_KEY), Set.of("other"))));
    }

    static Catalog.Service service(String name, Backend... backends) {
        return service(new Key("default", name), 1, false, backends);
    }

    static Catalog.Service service(Key key, int replicas, boolean scalesToZero, Backend... backends) {
        return new Catalog.Service(
                key,
                List.of(key.name() + "-alias"),
                List.of(),
                1_700_000_000,
                replicas,
                scalesToZero,
                60,
                null,
                Stream.of(backends).map(Backend::replica).toList());
    }

    HttpResponse<String> post(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .header("authorization", "Bearer " + KEY)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return send(request.build());
    }

    HttpResponse<String> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return send(request.build());
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer from the gateway: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.port() + path);
    }

    Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** Sends bytes as they are and reads until the gateway closes. */
    String raw(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static String chat(String model, boolean stream, String more) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":" + stream
                + more + "}";
    }

    static String embed(String model) {
        return "{\"model\":\"" + model + "\",\"input\":\"hello\"}";
    }

    UsageSum usage() {
        if (!ledger.flush(Duration.ofSeconds(10))) {
            throw new AssertionError("the ledger did not write");
        }
        return ledger.sum(UsageQuery.between(Instant.EPOCH, Instant.now().plusSeconds(3600)))
                .getFirst();
    }

    static List<String> events(String body) {
        List<String> events = new ArrayList<>();
        for (String line : body.split("\n")) {
            if (line.startsWith("data: ")) {
                events.add(line.substring(6));
            }
        }
        return events;
    }

    static String sha256(String key) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        gateway.close();
        ledger.close();
    }
}
