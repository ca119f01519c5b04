package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A server of a test's own, with bare HTTP access as its administrator. */
final class Client implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    record Answer(int code, JsonNode body, HttpResponse<?> response) {
        String message() {
            return body.path("message").asText();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    /** Names the kubeconfig of a real API server, to see that the expectations hold there too. */
    private static final String ORACLE = "GYROPILOT_BARE_KUBECONFIG";

    private final @Nullable ApiServer embedded;
    private final Config config;
    private final HttpClient http;

    Client(Path directory) throws Exception {
        String oracle = System.getenv(ORACLE);
        if (oracle == null) {
            ApiServer server = ApiServer.start(ApiServerConfig.of(directory, 0));
            this.embedded = server;
            this.config = Config.fromKubeconfig(server.adminKubeconfig());
        } else {
            this.embedded = null;
            this.config = Config.fromKubeconfig(Files.readString(Path.of(oracle)));
        }
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(SSLUtils.keyManagers(config), SSLUtils.trustManagers(config), new SecureRandom());
        this.http = HttpClient.newBuilder().sslContext(tls).build();
    }

    ApiServer server() {
        return Objects.requireNonNull(embedded, "this test needs the embedded server");
    }

    KubernetesClient fabric8() {
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    Answer get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).GET());
    }

    Answer delete(String path, String body) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .method("DELETE", HttpRequest.BodyPublishers.ofString(body)));
    }

    Answer post(String path, String body) throws Exception {
        return write("POST", path, "application/json", body);
    }

    Answer put(String path, String body) throws Exception {
        return write("PUT", path, "application/json", body);
    }

    Answer patch(String path, String type, String body) throws Exception {
        return write("PATCH", path, type, body);
    }

    Answer write(String method, String path, String type, String body) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(authorized(request).build(), HttpResponse.BodyHandlers.ofString());
        String body = response.body();
        return new Answer(
                response.statusCode(),
                body.startsWith("{")
                        ? MAPPER.readTree(body)
                        : MAPPER.getNodeFactory().textNode(body),
                response);
    }

    private HttpRequest.Builder authorized(HttpRequest.Builder request) {
        String token = config.getAutoOAuthToken();
        return token == null || token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    URI uri(String path) {
        return URI.create(config.getMasterUrl().replaceFirst("/$", "") + path);
    }

    /** A watch whose lines are read one by one. */
    Lines watch(String path) throws Exception {
        HttpResponse<InputStream> response = http.send(
                authorized(HttpRequest.newBuilder(uri(path))).build(), HttpResponse.BodyHandlers.ofInputStream());
        return new Lines(new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8)));
    }

    record Lines(BufferedReader reader) implements AutoCloseable {
        /** The next event, or null at the end of the stream. */
        @Nullable
        JsonNode next() throws IOException {
            String line = reader.readLine();
            return line == null ? null : MAPPER.readTree(line);
        }

        /** The type and object of the next event, as {@code ADDED a}. */
        String summary() throws IOException {
            JsonNode event = next();
            return event == null
                    ? "END"
                    : event.path("type").asText() + " "
                            + event.path("object").path("metadata").path("name").asText();
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        if (embedded != null) {
            embedded.close();
        }
    }
}
