package dev.gyropilot.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.BootstrapObjects;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.store.StoreLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstObjectsTest {
    private static final Registry REGISTRY = new Registry(BuiltinTypes.all());

    @TempDir
    Path directory;

    @Test
    void theKubernetesServiceFollowsThePortOfEachStart() {
        String uid;
        try (Store store = Store.open(directory, StoreLimits.DEFAULT)) {
            keep(store, 7443);
            uid = slice(store).path("metadata").path("uid").asText();
        }
        try (Store store = Store.open(directory, StoreLimits.DEFAULT)) {
            keep(store, 7444);
            assertThat(slice(store).at("/ports/0/port").asInt()).isEqualTo(7444);
            assertThat(slice(store).path("metadata").path("uid").asText()).isEqualTo(uid);
            long revision = store.revision();
            keep(store, 7444);
            assertThat(store.revision()).as("nothing to write").isEqualTo(revision);
        }
    }

    private static void keep(Store store, int port) {
        FirstObjects.keep(store, REGISTRY, Clock.systemUTC(), BootstrapObjects.kubernetesService("127.0.0.1", port));
    }

    private static ObjectNode slice(Store store) {
        return Objects.requireNonNull(store.get("discovery.k8s.io", "endpointslices", "default", "kubernetes"));
    }
}
