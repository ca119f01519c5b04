package dev.gyropilot.install.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTest {
    private static final Image.Start START = new Image.Start(List.of("/a"), Map.of("A", "1"), "65532:65532");
    private static final String LONG = "a/very/long/path/".repeat(9) + "file";

    @TempDir
    Path folder;

    private static Image image(String name) {
        Layer shared = new Layer().text("etc/one", "1").link("lib", "usr/lib").folder("tmp", 0_1777);
        return Image.of(name, List.of(shared, new Layer().text(LONG, name)), START, Map.of());
    }

    @Test
    void sameFilesGiveTheSameBytes() throws IOException {
        Image.write(List.of(image("127.0.0.1:1/a:1")), folder.resolve("one.tar"));
        Image.write(List.of(image("127.0.0.1:1/a:1")), folder.resolve("two.tar"));
        assertThat(folder.resolve("one.tar")).hasSameBinaryContentAs(folder.resolve("two.tar"));
    }

    @Test
    void layersAreArchivesThatTarReads() throws Exception {
        Path tar = Files.write(
                folder.resolve("layer.tar"),
                new Layer()
                        .text(LONG, "text")
                        .link("lib", "usr/lib")
                        .folder("tmp", 0_1777)
                        .tar());
        Process process = new ProcessBuilder("tar", "-tvf", tar.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains(LONG).contains("lib -> usr/lib").contains("drwxrwxrwt 0/0");
    }

    @Test
    void imagesOfOneArchiveShareTheirLayers() {
        Image one = image("127.0.0.1:1/a:1");
        Image two = image("127.0.0.1:1/b:1");
        assertThat(one.blobs().keySet().stream().filter(two.blobs().keySet()::contains))
                .hasSize(1);
    }

    @Test
    void pushesWithCredentialsAndTheManifestLast() throws Exception {
        try (FakeRegistry registry = new FakeRegistry("user", "secret")) {
            Image image = image("127.0.0.1:" + registry.port() + "/team/a:7");
            assertThatThrownBy(() -> new Registry(null).push(image)).hasMessageContaining("GYROPILOT_REGISTRY_USER");
            assertThatThrownBy(() -> new Registry(new Registry.Credentials("user", "wrong")).push(image))
                    .hasMessageContaining("401");
            new Registry(new Registry.Credentials("user", "secret")).push(image);
            JsonNode manifest = JsonMapper.builder().build().readTree(registry.stored.get("team/a/manifests/7"));
            assertThat(registry.stored)
                    .containsKey("team/a/blobs/" + manifest.at("/config/digest").asText());
            for (JsonNode layer : manifest.path("layers")) {
                assertThat(registry.stored.get(
                                "team/a/blobs/" + layer.path("digest").asText()))
                        .hasSize(layer.path("size").asInt());
            }
        }
    }

    /** What a push needs of the distribution specification; refuses a manifest whose blobs it lacks, as registries do. */
    private static final class FakeRegistry implements AutoCloseable {
        final Map<String, byte[]> stored = new ConcurrentHashMap<>();
        private final String authorization;
        private final HttpServer server;

        FakeRegistry(String user, String password) throws IOException {
            authorization = "Basic "
                    + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v2/", this::handle);
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        private void handle(HttpExchange exchange) throws IOException {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath().substring("/v2/".length());
            if (!authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"test\"");
                exchange.sendResponseHeaders(401, -1);
            } else if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(stored.containsKey(path) ? 200 : 404, -1);
            } else if (exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Location", "/v2/" + path + "session?state=1");
                exchange.sendResponseHeaders(202, -1);
            } else if (path.contains("/uploads/")) {
                String query = exchange.getRequestURI().getQuery();
                String digest = query.substring(query.indexOf("digest=") + "digest=".length());
                boolean right = Image.digest(body).equals(digest);
                stored.put(path.substring(0, path.indexOf("uploads/")) + digest, body);
                exchange.sendResponseHeaders(right ? 201 : 400, -1);
            } else {
                stored.put(path, body);
                exchange.sendResponseHeaders(201, -1);
            }
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
