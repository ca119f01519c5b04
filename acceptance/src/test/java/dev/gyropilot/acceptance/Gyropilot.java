package dev.gyropilot.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Gyropilot in a data directory of its own on free ports, driven only through its command line and its ports. */
final class Gyropilot implements AutoCloseable {
    static final Path ROOT =
            Path.of(System.getProperty("gyropilot.root", "..")).toAbsolutePath().normalize();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path home;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private @Nullable RealControlPlane plane;

    private Gyropilot(Path home) {
        this.home = home;
    }

    /** A fresh data directory; nothing runs yet. */
    static Gyropilot fresh() {
        try {
            return new Gyropilot(
                    Files.createTempDirectory("gyropilot-acceptance").resolve("home"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A fresh data directory in that folder. */
    static Gyropilot freshIn(Path folder) {
        return new Gyropilot(folder.resolve("gyropilot").resolve("home"));
    }

    /** Writes settings into the data directory, before the first start. */
    Gyropilot configured(String yaml) {
        try {
            Files.createDirectories(home);
            Files.writeString(home.resolve("config.yaml"), yaml);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it in the background and returns when it is ready. */
    Command.Result up(String... arguments) {
        List<String> all = new ArrayList<>(List.of("up", "--detach", "--api-port", "0", "--gateway-port", "0"));
        if (RealControlPlane.isWorld()) {
            RealControlPlane real = plane;
            if (real == null) {
                real = RealControlPlane.start(home.resolveSibling("control-plane"), Map.of());
                plane = real;
            }
            all.addAll(List.of("--kubeconfig", real.kubeconfig().toString()));
        }
        all.addAll(Arrays.asList(arguments));
        return gyro(all.toArray(String[]::new));
    }

    Command.Result gyro(String... arguments) {
        return Command.run(environment(), command(ROOT.resolve("gyro").toString(), arguments));
    }

    Command.Result kubectl(String... arguments) {
        return Command.run(environment(), command("kubectl", arguments));
    }

    Command.Result kubectlWithInput(String input, String... arguments) {
        return Command.run(environment(), command("kubectl", arguments), input, Duration.ofSeconds(60));
    }

    /** Runs any program with the variables of {@code gyro env}. */
    Command.Result run(String... command) {
        return Command.run(environment(), List.of(command));
    }

    private static List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("GYROPILOT_HOME", home.toString());
        environment.put("KUBECONFIG", home.resolve("kubeconfig").toString());
        environment.put("PATH", System.getenv("PATH"));
        environment.put("NO_COLOR", "1");
        if (Files.exists(home.resolve("run.json"))) {
            environment.put("OPENAI_BASE_URL", gatewayUrl() + "/v1");
            environment.put("OPENAI_API_KEY", apiKey());
        }
        return environment;
    }

    Path home() {
        return home;
    }

    JsonNode status() {
        return json(Command.run(
                        Map.of("GYROPILOT_HOME", home.toString()),
                        List.of(ROOT.resolve("gyro").toString(), "status", "-o", "json"))
                .out());
    }

    long pid() {
        return runFile().path("pid").asLong();
    }

    String gatewayUrl() {
        return runFile().path("gateway").asText();
    }

    private JsonNode runFile() {
        try {
            return JSON.readTree(Files.readString(home.resolve("run.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String apiKey() {
        try {
            return Files.readString(home.resolve("api-key")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request to the gateway with the installation's key. */
    HttpResponse<String> post(String path, String body) {
        return post(path, body, apiKey());
    }

    HttpResponse<String> post(String path, String body, String key) {
        return send(HttpRequest.newBuilder(URI.create(gatewayUrl() + path))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(URI.create(gatewayUrl() + path))
                .header("Authorization", "Bearer " + apiKey())
                .build());
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    @Override
    public void close() {
        gyro("down");
        if (plane != null) {
            plane.close();
        }
        try (Stream<Path> paths = Files.walk(home.getParent())) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
