package dev.gyropilot.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All objects of the server: durable in one file, in memory for reads and watches. A write returns when it is on disk.
 * Revisions rise strictly over all collections, also over restarts.
 */
public final class Store implements ObjectReader, AutoCloseable {
    private final DirectoryLock lock;
    private final Database database;
    private final StoreLimits limits;
    private final Writer writer;
    private final Map<String, Collection> collections = new ConcurrentHashMap<>();
    private final Latencies latencies = new Latencies();
    private final long openedAt;
    private volatile long published;

    private Store(DirectoryLock lock, Database database, StoreLimits limits) {
        this.lock = lock;
        this.database = database;
        this.limits = limits;
        this.openedAt = database.revision();
        this.published = openedAt;
        database.load(stored -> collection(stored.key().collection()).load(stored));
        this.writer = new Writer(database, limits, this::current, this::publish, latencies);
    }

    /**
     * Opens the store of a directory, or makes it.
     *
     * @throws StoreException LOCKED, FOREIGN, DAMAGED or NEWER with a message for the person who started the program
     */
    public static Store open(Path directory, StoreLimits limits) {
        DirectoryLock lock = DirectoryLock.take(directory);
        try {
            return new Store(lock, Database.open(directory.resolve("objects.db"), limits.databaseBytes()), limits);
        } catch (StoreException e) {
            lock.close();
            throw e;
        }
    }

    /** The newest revision that is visible. */
    public long revision() {
        return published;
    }

    public Collection collection(String name) {
        return collections.computeIfAbsent(name, n -> new Collection(n, limits, openedAt, this::revision));
    }

    /** Writes a new object and returns it; {@link StoreException} EXISTS when there is one of that key. */
    public Stored create(ObjectKey key, ObjectNode object) {
        return write(new Change(key, 0, object));
    }

    /** Writes those of the new objects whose keys are free, sharing as few fsyncs as possible; returns how many. */
    public int createAbsent(Map<ObjectKey, ObjectNode> objects) {
        List<CompletableFuture<Stored>> writes = new ArrayList<>();
        objects.forEach((key, object) -> {
            if (current(key) == null) {
                writes.add(writer.submit(new Change(key, 0, object)));
            }
        });
        writes.forEach(Store::join);
        return writes.size();
    }

    /** Replaces the version that was read; {@link StoreException} STALE when it is no longer the newest. */
    public Stored replace(Stored before, ObjectNode object) {
        return write(new Change(before.key(), before.revision(), object));
    }

    /** Removes the version that was read and returns it under the revision of its deletion. */
    public Stored delete(Stored before) {
        return write(new Change(before.key(), before.revision(), null));
    }

    @Override
    public @Nullable ObjectNode get(String group, String plural, String namespace, String name) {
        Stored stored = collection(ObjectKey.collection(group, plural)).get(namespace, name);
        return stored == null ? null : stored.object();
    }

    @Override
    public List<ObjectNode> list(String group, String plural, String namespace) {
        return collection(ObjectKey.collection(group, plural)).list(namespace).objects().stream()
                .map(Stored::object)
                .toList();
    }

    /** How many objects there are per collection that has any. */
    public Map<String, Integer> counts() {
        Map<String, Integer> counts = new TreeMap<>();
        collections.forEach((name, collection) -> counts.put(name, collection.size()));
        counts.values().removeIf(count -> count == 0);
        return counts;
    }

    public Latencies latencies() {
        return latencies;
    }

    /** Forgets all changes so far: watches and pages of older revisions have to begin anew. */
    public void compact() {
        long revision = published;
        collections.values().forEach(collection -> collection.compact(revision));
    }

    private Stored write(Change change) {
        return join(writer.submit(change));
    }

    private static Stored join(CompletableFuture<Stored> write) {
        try {
            return write.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof StoreException cause) {
                throw new StoreException(cause.reason(), String.valueOf(cause.getMessage()), cause);
            }
            throw e;
        }
    }

    private @Nullable Stored current(ObjectKey key) {
        return collection(key.collection()).get(key.namespace(), key.name());
    }

    private void publish(List<Event> events) {
        Map<String, List<Event>> byCollection = new LinkedHashMap<>();
        for (Event event : events) {
            byCollection
                    .computeIfAbsent(event.object().key().collection(), c -> new ArrayList<>())
                    .add(event);
        }
        byCollection.forEach((name, changes) -> collection(name).apply(changes));
        published = events.getLast().revision();
    }

    /** Finishes the writes at hand, ends the watches and releases the directory. */
    @Override
    public void close() {
        writer.close();
        collections.values().forEach(Collection::close);
        database.close();
        lock.close();
    }
}
