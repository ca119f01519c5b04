package dev.gyropilot.apiserver.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.apiserver.rest.Client.Lines;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WatchIT {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path directory;

    private Client client;

    @BeforeEach
    void start() throws Exception {
        client = new Client(directory);
    }

    @AfterEach
    void stop() {
        client.close();
    }

    @Test
    void sendsEveryChangeInOrderAndResumes() throws Exception {
        String start = revision();
        create("a", "{}");
        String middle = revision();
        client.patch(MAPS + "/a", "application/merge-patch+json", "{\"data\":{\"x\":\"1\"}}");
        client.delete(MAPS + "/a", "{}");
        try (Lines lines = client.watch(MAPS + "?watch=1&resourceVersion=" + start)) {
            assertThat(lines.summary()).isEqualTo("ADDED a");
            assertThat(lines.summary()).isEqualTo("MODIFIED a");
            JsonNode deleted = Objects.requireNonNull(lines.next());
            assertThat(deleted.path("type").asText()).isEqualTo("DELETED");
            assertThat(deleted.path("object")
                            .path("metadata")
                            .path("resourceVersion")
                            .asLong())
                    .isGreaterThan(Long.parseLong(middle) + 1);
            create("b", "{}");
            assertThat(lines.summary()).isEqualTo("ADDED b");
        }
        try (Lines lines = client.watch(MAPS + "?watch=1&resourceVersion=" + middle)) {
            assertThat(lines.summary()).isEqualTo("MODIFIED a");
        }
    }

    @Test
    void sendsTheStateThenTheEndBookmarkThenChanges() throws Exception {
        create("a", "{}");
        create("b", "{}");
        try (Lines lines = client.watch(MAPS
                + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
                + "&labelSelector=" + "k!%3Dv")) {
            List<String> first = new ArrayList<>();
            JsonNode event = Objects.requireNonNull(lines.next());
            while (!event.path("type").asText().equals("BOOKMARK")) {
                first.add(event.path("object").path("metadata").path("name").asText());
                event = Objects.requireNonNull(lines.next());
            }
            assertThat(first).contains("a", "b").isSorted();
            JsonNode bookmark = event.path("object");
            assertThat(bookmark.path("kind").asText()).isEqualTo("ConfigMap");
            assertThat(bookmark.path("metadata")
                            .path("annotations")
                            .path("k8s.io/initial-events-end")
                            .asText())
                    .isEqualTo("true");
            create("c", "{}");
            assertThat(lines.summary()).isEqualTo("ADDED c");
        }
    }

    @Test
    void turnsChangesOfTheSelectionIntoAddedAndDeleted() throws Exception {
        String start = revision();
        try (Lines lines = client.watch(MAPS + "?watch=1&labelSelector=on%3Dyes&resourceVersion=" + start)) {
            create("a", "{\"labels\":{\"on\":\"no\"}}");
            label("a", "yes");
            label("a", "no");
            assertThat(lines.summary()).isEqualTo("ADDED a");
            assertThat(lines.summary()).isEqualTo("DELETED a");
        }
    }

    @Test
    void endsWithABookmarkWhenTheTimeIsUp() throws Exception {
        try (Lines lines = client.watch(
                MAPS + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=" + revision())) {
            assertThat(Objects.requireNonNull(lines.next()).path("type").asText())
                    .isEqualTo("BOOKMARK");
            assertThat(lines.next()).isNull();
        }
    }

    @Test
    void saysWhenTheRevisionIsTooOld() throws Exception {
        String start = revision();
        create("a", "{}");
        client.server().store().compact();
        try (Lines lines = client.watch(MAPS + "?watch=1&resourceVersion=" + start)) {
            JsonNode error = Objects.requireNonNull(lines.next());
            assertThat(error.path("type").asText()).isEqualTo("ERROR");
            assertThat(error.path("object").path("code").asInt()).isEqualTo(410);
            assertThat(error.path("object").path("reason").asText()).isEqualTo("Expired");
            assertThat(error.path("object").path("message").asText()).startsWith("too old resource version: " + start);
        }
    }

    @Test
    void keepsPagesOfOneListConsistent() throws Exception {
        for (int i = 0; i < 7; i++) {
            create("p" + i, "{\"labels\":{\"page\":\"yes\"}}");
        }
        JsonNode first = client.get(MAPS + "?limit=3").body();
        client.delete(MAPS + "/p4", "{}");
        create("p9", "{}");
        List<String> names = new ArrayList<>(names(first));
        JsonNode page = first;
        while (page.path("metadata").has("continue")) {
            page = client.get(MAPS + "?limit=3&continue="
                            + page.path("metadata").path("continue").asText())
                    .body();
            names.addAll(names(page));
            assertThat(page.path("metadata").path("resourceVersion"))
                    .isEqualTo(first.path("metadata").path("resourceVersion"));
        }
        assertThat(names).contains("p4").doesNotContain("p9").isSorted();
        assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(names.size() - 3);
    }

    @Test
    void feedsAnInformerThroughAWebSocket() throws Exception {
        try (KubernetesClient fabric8 = client.fabric8()) {
            create("before", "{}");
            try (SharedIndexInformer<ConfigMap> informer =
                    fabric8.configMaps().inNamespace("default").inform()) {
                assertThat(informer.getIndexer().getByKey("default/before")).isNotNull();
                fabric8.resource(new ConfigMapBuilder()
                                .withNewMetadata()
                                .withName("after")
                                .withNamespace("default")
                                .endMetadata()
                                .build())
                        .create();
                Awaitility.await()
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> informer.getIndexer().getByKey("default/after") != null);
                client.delete(MAPS + "/before", "{}");
                Awaitility.await()
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> informer.getIndexer().getByKey("default/before") == null);
            }
        }
    }

    private String revision() throws Exception {
        return client.get(MAPS).body().path("metadata").path("resourceVersion").asText();
    }

    private void create(String name, String metadata) throws Exception {
        String rest = metadata.equals("{}") ? "" : "," + metadata.substring(1, metadata.length() - 1);
        assertThat(client.post(MAPS, "{\"metadata\":{\"name\":\"" + name + "\"" + rest + "}}")
                        .code())
                .isEqualTo(201);
    }

    private void label(String name, String value) throws Exception {
        client.patch(
                MAPS + "/" + name,
                "application/merge-patch+json",
                "{\"metadata\":{\"labels\":{\"on\":\"" + value + "\"}}}");
    }

    private static List<String> names(JsonNode list) {
        List<String> names = new ArrayList<>();
        list.path("items")
                .forEach(item -> names.add(item.path("metadata").path("name").asText()));
        return names;
    }
}
