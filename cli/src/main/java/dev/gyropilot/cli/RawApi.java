package dev.gyropilot.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.api.config.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads what typed clients do not offer: kinds by any of their names, and the server's own tables. */
final class RawApi {
    private static final String JSON = "application/json";
    private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    private static final String AGGREGATED =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    private static final int TIMEOUT_SECONDS = 30;

    private final KubernetesClient client;

    RawApi(KubernetesClient client) {
        this.client = client;
    }

    /** A kind as discovery names it. */
    record Kind(String group, String version, String kind, String plural, boolean namespaced, List<String> names) {
        private String base() {
            return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
        }

        String path(String namespace, String name) {
            return base() + (namespaced && !namespace.isEmpty() ? "/namespaces/" + segment(namespace) : "") + "/"
                    + plural + (name.isEmpty() ? "" : "/" + segment(name));
        }
    }

    /** The kind with that plural, singular, short or kind name, with or without {@code .group}. */
    Kind kind(String wanted) {
        String name = wanted.toLowerCase(java.util.Locale.ROOT);
        List<String> known = new ArrayList<>();
        for (String root : List.of("/api", "/apis")) {
            for (JsonNode group : get(root, AGGREGATED).path("items")) {
                String groupName = group.path("metadata").path("name").asText("");
                JsonNode version = group.path("versions").path(0);
                for (JsonNode resource : version.path("resources")) {
                    Kind kind = kindOf(groupName, version.path("version").asText(), resource);
                    if (kind.names().contains(name) || (kind.plural() + "." + groupName).equals(name)) {
                        return kind;
                    }
                    known.add(kind.plural());
                }
            }
        }
        throw new CliError(
                "the server has no kind \"" + wanted + "\"",
                Settings.nearest(name, known)
                        .map(guess -> "Maybe you meant " + guess + ".")
                        .orElse("See `kubectl api-resources` for the kinds it has."));
    }

    private static Kind kindOf(String group, String version, JsonNode resource) {
        String plural = resource.path("resource").asText();
        String kind = resource.path("responseKind").path("kind").asText();
        List<String> names = new ArrayList<>();
        names.add(plural);
        names.add(resource.path("singularResource").asText());
        names.add(kind.toLowerCase(java.util.Locale.ROOT));
        resource.path("shortNames").forEach(n -> names.add(n.asText()));
        return new Kind(
                group,
                version,
                kind,
                plural,
                "Namespaced".equals(resource.path("scope").asText()),
                names);
    }

    JsonNode object(String path) {
        return get(path, JSON);
    }

    JsonNode table(String path) {
        return get(path, TABLE);
    }

    private JsonNode get(String path, String accept) {
        try {
            var http = client.getHttpClient();
            HttpResponse<String> response = http.sendAsync(
                            http.newHttpRequestBuilder()
                                    .uri(client.getMasterUrl().toString().replaceAll("/$", "") + path)
                                    .header("Accept", accept)
                                    .build(),
                            String.class)
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            JsonNode body = Json.json().readTree(response.body());
            if (response.code() >= 300) {
                throw new CliError(body.path("message").asText("the API answered " + response.code()), "");
            }
            return body;
        } catch (ExecutionException | TimeoutException e) {
            throw new CliError(
                    "the Kubernetes API at " + client.getMasterUrl() + " does not answer",
                    "Is it running? See `gyro status`.",
                    e);
        } catch (JsonProcessingException e) {
            throw new CliError(
                    "the Kubernetes API answered something that is not JSON: " + e.getOriginalMessage(), "", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliError("interrupted", "", e);
        }
    }

    static String segment(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
