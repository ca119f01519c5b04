package dev.gyropilot.apiserver.store;

import dev.gyropilot.apiserver.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All objects of one resource in memory, with its recent changes.
 *
 * <p>Changes become visible only when they are on disk, a batch at a time. A list at an older revision is the present with
 * the newer changes of the window undone, so that pages of one list agree without keeping copies. A watcher has no queue of
 * its own: it holds a revision and reads on from there, and one that falls out of the window has to list again.
 */
public final class Collection {
    private static final char AFTER_SLASH = '/' + 1;

    private final String name;
    private final LongSupplier published;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final NavigableMap<String, Stored> objects = new TreeMap<>();
    private final Window window;
    private long lastRevision;
    private boolean closed;

    Collection(String name, StoreLimits limits, long floor, LongSupplier published) {
        this.name = name;
        this.published = published;
        this.window = new Window(limits.windowEvents(), limits.windowBytes(), floor);
    }

    public @Nullable Stored get(String namespace, String name) {
        lock.lock();
        try {
            return objects.get(namespace.isEmpty() ? name : namespace + "/" + name);
        } finally {
            lock.unlock();
        }
    }

    /** The newest state of a namespace (empty for all). */
    public Listing list(String namespace) {
        long before = published.getAsLong();
        lock.lock();
        try {
            return new Listing(
                    Math.max(before, lastRevision),
                    List.copyOf(range(objects, namespace, "").values()));
        } finally {
            lock.unlock();
        }
    }

    /**
     * The state at a revision that is not in the future.
     *
     * @param start the path from which on, empty for the beginning
     * @throws StoreException COMPACTED when the window no longer reaches back so far
     */
    public Listing listAt(String namespace, long revision, String start) {
        lock.lock();
        try {
            requireKnown(revision);
            NavigableMap<String, Stored> then = range(objects, namespace, start);
            if (window.anyAfter(revision)) {
                then = new TreeMap<>(then);
                undo(then, namespace, start, window.after(revision, Integer.MAX_VALUE));
            }
            return new Listing(revision, new ArrayList<>(then.values()));
        } finally {
            lock.unlock();
        }
    }

    /**
     * The changes after a revision, oldest first; empty when there are none yet.
     *
     * @throws StoreException COMPACTED when some of them are no longer in the window
     */
    public List<Event> changesAfter(long revision, int limit) {
        lock.lock();
        try {
            requireKnown(revision);
            return window.anyAfter(revision) ? window.after(revision, limit) : List.of();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is a change after the revision. False when the time ran out or the store is closed. */
    public boolean awaitChange(long revision, long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (lastRevision <= revision && !closed) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return lastRevision > revision;
        } finally {
            lock.unlock();
        }
    }

    public boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    public int size() {
        lock.lock();
        try {
            return objects.size();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest revision from which a watch may resume. */
    public long floor() {
        lock.lock();
        try {
            return window.floor();
        } finally {
            lock.unlock();
        }
    }

    void load(Stored stored) {
        objects.put(stored.path(), stored);
        lastRevision = Math.max(lastRevision, stored.revision());
    }

    void apply(List<Event> events) {
        lock.lock();
        try {
            for (Event event : events) {
                if (event.deleted()) {
                    objects.remove(event.object().path());
                } else {
                    objects.put(event.object().path(), event.object());
                }
                window.add(event);
                lastRevision = event.revision();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void compact(long revision) {
        lock.lock();
        try {
            window.compact(revision);
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void requireKnown(long revision) {
        if (revision < window.floor()) {
            throw new StoreException(
                    Reason.COMPACTED,
                    name + ": revision " + revision + " is older than the oldest kept one, " + window.floor());
        }
    }

    private static void undo(NavigableMap<String, Stored> state, String namespace, String start, List<Event> events) {
        for (Event event : events.reversed()) {
            ObjectKey key = event.object().key();
            if ((namespace.isEmpty() || namespace.equals(key.namespace()))
                    && key.path().compareTo(start) >= 0) {
                if (event.before() == null) {
                    state.remove(key.path());
                } else {
                    state.put(key.path(), event.before());
                }
            }
        }
    }

    private static NavigableMap<String, Stored> range(
            NavigableMap<String, Stored> all, String namespace, String start) {
        if (namespace.isEmpty()) {
            return start.isEmpty() ? all : all.tailMap(start, true);
        }
        String low = namespace + "/";
        String from = start.compareTo(low) > 0 ? start : low;
        String high = namespace + AFTER_SLASH;
        return from.compareTo(high) >= 0 ? new TreeMap<>() : all.subMap(from, true, high, false);
    }
}
