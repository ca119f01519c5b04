package dev.gyropilot.apiserver.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
    private static final String PODS = "pods";

    @TempDir
    Path directory;

    @Test
    void keepsObjectsAndRevisionsOverARestart() {
        long last;
        try (Store store = open()) {
            Stored a = store.create(key("a"), object("1"));
            Stored b = store.create(key("b"), object("1"));
            store.replace(a, object("2"));
            last = store.delete(b).revision();
        }
        try (Store store = open()) {
            assertThat(names(store.collection(PODS).list("ns"))).containsExactly("a");
            assertThat(Objects.requireNonNull(store.get("", PODS, "ns", "a"))
                            .path("v")
                            .asText())
                    .isEqualTo("2");
            assertThat(store.revision()).isEqualTo(last);
            assertThat(store.create(key("c"), object("1")).revision()).isGreaterThan(last);
        }
    }

    @Test
    void refusesWhatIsNotTheNewest() {
        try (Store store = open()) {
            Stored first = store.create(key("a"), object("1"));
            assertThatThrownBy(() -> store.create(key("a"), object("1"))).satisfies(reason(Reason.EXISTS));
            store.replace(first, object("2"));
            assertThatThrownBy(() -> store.replace(first, object("3"))).satisfies(reason(Reason.STALE));
            assertThatThrownBy(() -> store.delete(first)).satisfies(reason(Reason.STALE));
        }
    }

    @Test
    void writesTheRevisionIntoTheObject() {
        try (Store store = open()) {
            Stored stored = store.create(key("a"), object("1"));
            assertThat(stored.object().path("metadata").path("resourceVersion").asText())
                    .isEqualTo(Long.toString(stored.revision()));
            Stored gone = store.delete(stored);
            assertThat(gone.revision()).isGreaterThan(stored.revision());
            assertThat(gone.object().path("metadata").path("resourceVersion").asText())
                    .isEqualTo(Long.toString(gone.revision()));
        }
    }

    @Test
    void listsAnOlderStateByUndoingNewerChanges() {
        try (Store store = open()) {
            Stored a = store.create(key("a"), object("1"));
            Stored b = store.create(key("b"), object("1"));
            long then = store.revision();
            store.replace(a, object("2"));
            store.delete(b);
            store.create(key("c"), object("1"));

            Listing old = store.collection(PODS).listAt("ns", then, "");
            assertThat(names(old)).containsExactly("a", "b");
            assertThat(old.objects().getFirst().object().path("v").asText()).isEqualTo("1");
            assertThat(names(store.collection(PODS).listAt("ns", then, "ns/a\0")))
                    .containsExactly("b");
            assertThat(names(store.collection(PODS).list("ns"))).containsExactly("a", "c");
        }
    }

    @Test
    void listsOneNamespaceOnly() {
        try (Store store = open()) {
            store.create(new ObjectKey(PODS, "ns", "a"), object("1"));
            store.create(new ObjectKey(PODS, "ns-2", "b"), object("1"));
            store.create(new ObjectKey(PODS, "ns0", "c"), object("1"));
            assertThat(names(store.collection(PODS).list("ns"))).containsExactly("a");
            assertThat(names(store.collection(PODS).list(""))).containsExactly("b", "a", "c");
        }
    }

    @Test
    void givesChangesInOrderAndForgetsThemBeyondTheWindow() throws InterruptedException {
        StoreLimits small = new StoreLimits(1 << 30, 3, 1 << 20, 16, 16);
        try (Store store = Store.open(directory, small)) {
            long start = store.revision();
            Stored a = store.create(key("a"), object("1"));
            store.replace(a, object("2"));
            Collection pods = store.collection(PODS);
            assertThat(pods.awaitChange(start, TimeUnit.SECONDS.toNanos(1))).isTrue();
            assertThat(pods.changesAfter(start, Integer.MAX_VALUE))
                    .extracting(Event::revision)
                    .containsExactly(start + 1, start + 2);
            store.create(key("b"), object("1"));
            store.create(key("c"), object("1"));
            assertThatThrownBy(() -> pods.changesAfter(start, 10)).satisfies(reason(Reason.COMPACTED));
            assertThat(pods.changesAfter(start + 1, 10)).hasSize(3);
            assertThat(pods.awaitChange(store.revision(), 1)).isFalse();
        }
    }

    @Test
    void compactsOnDemand() {
        try (Store store = open()) {
            long start = store.revision();
            store.create(key("a"), object("1"));
            store.compact();
            assertThatThrownBy(() -> store.collection(PODS).listAt("ns", start, ""))
                    .satisfies(reason(Reason.COMPACTED));
            assertThat(store.collection(PODS).changesAfter(store.revision(), 10))
                    .isEmpty();
        }
    }

    @Test
    void refusesASecondProgramOnTheDirectory() {
        try (Store first = open()) {
            assertThat(first.revision()).isPositive();
            assertThatThrownBy(this::open)
                    .satisfies(reason(Reason.LOCKED))
                    .hasMessageContaining(Long.toString(ProcessHandle.current().pid()))
                    .hasMessageContaining(directory.toString());
        }
    }

    @Test
    void refusesADamagedOrForeignFile() throws IOException {
        Path file = directory.resolve("objects.db");
        Files.writeString(file, "this is no database");
        assertThatThrownBy(this::open).satisfies(reason(Reason.DAMAGED)).hasMessageContaining(file.toString());
        Files.delete(file);
        try (Store store = open()) {
            for (int i = 0; i < 200; i++) {
                store.create(key("a" + i), object("x".repeat(500)));
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 4096; i < bytes.length; i += 97) {
            bytes[i] ^= 0x55;
        }
        Files.write(file, bytes);
        assertThatThrownBy(this::open).satisfies(reason(Reason.DAMAGED));
    }

    @Test
    void refusesWritesWithoutRoomAndReadsOn() {
        StoreLimits small = new StoreLimits(200 << 10, 100, 1 << 20, 16, 16);
        try (Store store = Store.open(directory, small)) {
            store.create(key("first"), object("1"));
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            store.create(key("a" + i), object("x".repeat(5000)));
                        }
                    })
                    .satisfies(reason(Reason.FULL));
            Stored first = Objects.requireNonNull(store.collection(PODS).get("ns", "first"));
            List<Stored> left = store.collection(PODS).list("ns").objects();
            // Freed pages make room again.
            left.stream().filter(stored -> !stored.equals(first)).forEach(store::delete);
            long before = store.revision();
            assertThat(store.replace(first, object("2")).revision()).isGreaterThan(before);
        }
    }

    private Store open() {
        return Store.open(directory, StoreLimits.DEFAULT);
    }

    private static ThrowingConsumer<Throwable> reason(Reason reason) {
        return e -> assertThat(((StoreException) e).reason()).isEqualTo(reason);
    }

    private static ObjectKey key(String name) {
        return new ObjectKey(PODS, "ns", name);
    }

    private static List<String> names(Listing listing) {
        return listing.objects().stream().map(stored -> stored.key().name()).toList();
    }

    static ObjectNode object(String value) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata");
        return object.put("v", value);
    }
}
