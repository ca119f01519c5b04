package dev.gyropilot.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What the API server of {@code clusters.sh} noted of the requests of Gyropilot's accounts. */
final class AuditLog {
    private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete", "deletecollection");

    private final Path file;

    AuditLog(RealCluster cluster) {
        this.file = cluster.folder().resolve("audit.log");
    }

    /**
     * One request.
     *
     * @param user such as {@code gyropilot-operator}
     * @param resource with its subresource, such as {@code pods/status}
     * @param from the address of the pod that asked
     * @param code of the answer
     */
    record Request(
            Instant time,
            String user,
            String verb,
            String group,
            String resource,
            String namespace,
            String name,
            String from,
            int code) {
        boolean writes() {
            return WRITES.contains(verb);
        }

        private static Request of(JsonNode event) {
            JsonNode object = event.path("objectRef");
            String sub = object.path("subresource").asText();
            return new Request(
                    Instant.parse(event.path("requestReceivedTimestamp").asText()),
                    event.at("/user/username").asText().replaceFirst(".*:", ""),
                    event.path("verb").asText(),
                    object.path("apiGroup").asText(),
                    object.path("resource").asText() + (sub.isEmpty() ? "" : "/" + sub),
                    object.path("namespace").asText(),
                    object.path("name").asText(),
                    event.at("/sourceIPs/0").asText(),
                    event.at("/responseStatus/code").asInt());
        }
    }

    private static boolean isWhole(String line) {
        return line.startsWith("{") && line.endsWith("}}");
    }

    /** All of them; a line that is only half written is left for the next look. */
    List<Request> requests() {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(AuditLog::isWhole)
                    .map(Gyropilot::json)
                    .map(Request::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
