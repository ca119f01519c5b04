package dev.gyropilot.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes. While it waits for the disk further writes queue up, and all of them share the next fsync.
 * A failed batch uses up its revisions: none is ever given twice.
 */
final class Writer implements AutoCloseable {
    private record Pending(Change change, CompletableFuture<Stored> done) {}

    private static final Pending STOP =
            new Pending(new Change(new ObjectKey("", "", ""), 0, null), new CompletableFuture<>());

    private final Database database;
    private final BlockingQueue<Pending> queue;
    private final int batchWrites;
    private final Function<ObjectKey, @Nullable Stored> current;
    private final Consumer<List<Event>> publish;
    private final Latencies latencies;
    private final Thread thread;
    private long revision;
    private volatile @Nullable StoreException broken;

    Writer(
            Database database,
            StoreLimits limits,
            Function<ObjectKey, @Nullable Stored> current,
            Consumer<List<Event>> publish,
            Latencies latencies) {
        this.database = database;
        this.queue = new ArrayBlockingQueue<>(limits.queuedWrites());
        this.batchWrites = limits.batchWrites();
        this.current = current;
        this.publish = publish;
        this.latencies = latencies;
        this.revision = database.revision();
        this.thread = Thread.ofPlatform().name("store-writer").daemon(true).start(this::run);
    }

    /** Completes when the change is on disk and visible; fails with EXISTS, STALE, FULL, FAILED or CLOSED. */
    CompletableFuture<Stored> submit(Change change) {
        CompletableFuture<Stored> done = new CompletableFuture<>();
        StoreException refusal = broken;
        if (refusal != null) {
            done.completeExceptionally(refusal);
            return done;
        }
        try {
            queue.put(new Pending(change, done));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            done.completeExceptionally(closed());
        }
        return done;
    }

    private void run() {
        List<Pending> batch = new ArrayList<>(batchWrites);
        boolean stopping = false;
        while (!stopping) {
            batch.clear();
            try {
                batch.add(queue.take());
            } catch (InterruptedException e) {
                break;
            }
            queue.drainTo(batch, batchWrites - 1);
            stopping = batch.remove(STOP);
            if (!batch.isEmpty()) {
                write(batch);
            }
        }
        broken = closed();
        queue.drainTo(batch);
        batch.forEach(pending -> pending.done().completeExceptionally(closed()));
    }

    private void write(List<Pending> batch) {
        Map<ObjectKey, Optional<Stored>> uncommitted = new HashMap<>();
        List<Event> events = new ArrayList<>(batch.size());
        List<Pending> accepted = new ArrayList<>(batch.size());
        for (Pending pending : batch) {
            try {
                events.add(admit(pending.change(), uncommitted));
                accepted.add(pending);
            } catch (StoreException e) {
                pending.done().completeExceptionally(e);
            }
        }
        if (events.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        try {
            StoreException refusal = broken;
            if (refusal != null) {
                throw refusal;
            }
            database.commit(events);
        } catch (StoreException e) {
            if (e.reason() == Reason.FAILED) {
                broken = e;
            }
            accepted.forEach(pending -> pending.done().completeExceptionally(e));
            return;
        }
        latencies.record(System.nanoTime() - start, events.size());
        publish.accept(events);
        for (int i = 0; i < accepted.size(); i++) {
            accepted.get(i).done().complete(events.get(i).object());
        }
    }

    private Event admit(Change change, Map<ObjectKey, Optional<Stored>> uncommitted) {
        Optional<Stored> overlay = uncommitted.get(change.key());
        Stored before = overlay != null ? overlay.orElse(null) : current.apply(change.key());
        long actual = before == null ? 0 : before.revision();
        if (actual != change.expected()) {
            throw change.expected() == 0
                    ? new StoreException(Reason.EXISTS, change.key() + " exists")
                    : new StoreException(
                            Reason.STALE, change.key() + " is at revision " + actual + ", not at " + change.expected());
        }
        ObjectNode object = change.object();
        boolean deleted = object == null;
        ObjectNode tree = object == null ? lastVersion(before, change) : object;
        long next = ++revision;
        tree.withObjectProperty("metadata").put("resourceVersion", Long.toString(next));
        Stored after = new Stored(change.key(), next, Json.bytes(tree), tree);
        uncommitted.put(change.key(), deleted ? Optional.empty() : Optional.of(after));
        return new Event(after, before, deleted);
    }

    private static ObjectNode lastVersion(@Nullable Stored before, Change change) {
        if (before == null) {
            throw new StoreException(Reason.STALE, change.key() + " does not exist");
        }
        ObjectNode copy = before.object().objectNode().setAll(before.object());
        copy.set("metadata", before.object().path("metadata").deepCopy());
        return copy;
    }

    private static StoreException closed() {
        return new StoreException(Reason.CLOSED, "the server is shutting down");
    }

    /** Finishes what was submitted before, then stops. */
    @Override
    public void close() {
        try {
            queue.put(STOP);
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
