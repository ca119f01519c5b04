package dev.gyropilot.api.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A keyed work queue in front of a {@link Reconciler}: each key runs on a virtual thread, one run at a time per key, events
 * that arrive during a run are folded into one further run, failures come back with exponential back-off.
 */
public final class Controller implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Controller.class);
    private static final long BACKOFF_FIRST_MILLIS = 50;
    private static final long BACKOFF_LIMIT_MILLIS = 60_000;

    private final String name;
    private final Reconciler reconciler;
    private final Semaphore permits;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    private final Map<Key, Entry> entries = new HashMap<>();
    private long reconciles;
    private boolean started;
    private boolean closed;

    /** @param parallelism how many keys may run at once */
    public Controller(String name, int parallelism, Reconciler reconciler) {
        this.name = name;
        this.reconciler = reconciler;
        this.permits = new Semaphore(parallelism);
    }

    /** Lets work begin; what was enqueued before is kept until then. */
    public synchronized void start() {
        started = true;
        for (Key key : List.copyOf(entries.keySet())) {
            enqueue(key);
        }
    }

    /** Asks for a run for this key as soon as possible. */
    public synchronized void enqueue(Key key) {
        if (closed) {
            return;
        }
        Entry entry = entries.computeIfAbsent(key, k -> new Entry());
        cancelTimer(entry);
        if (!started || entry.running) {
            entry.again = true;
            return;
        }
        entry.running = true;
        entry.again = false;
        Thread.ofVirtual().name(name + " " + key).start(() -> run(key, entry));
    }

    /** Asks for a run for this key after a delay; an earlier one takes its place. */
    public synchronized void enqueueAfter(Key key, Duration delay) {
        if (closed) {
            return;
        }
        Entry entry = entries.computeIfAbsent(key, k -> new Entry());
        if (entry.timer != null && entry.timer.getDelay(TimeUnit.MILLISECONDS) <= delay.toMillis()) {
            return;
        }
        cancelTimer(entry);
        entry.timer = timer.schedule(() -> enqueue(key), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** An informer's handler that enqueues the keys which {@code keys} derives from a changed object, old and new. */
    public <T extends HasMetadata> ResourceEventHandler<T> handler(Function<T, ? extends Collection<Key>> keys) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(T object) {
                keys.apply(object).forEach(Controller.this::enqueue);
            }

            @Override
            public void onUpdate(T before, T after) {
                keys.apply(before).forEach(Controller.this::enqueue);
                keys.apply(after).forEach(Controller.this::enqueue);
            }

            @Override
            public void onDelete(T object, boolean finalStateUnknown) {
                keys.apply(object).forEach(Controller.this::enqueue);
            }
        };
    }

    /** Keys that run or are to run as soon as possible. */
    public synchronized int waiting() {
        return (int) entries.values().stream()
                .filter(entry -> entry.running || entry.again)
                .count();
    }

    /** Runs that have ended. */
    public synchronized long reconciles() {
        return reconciles;
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.shutdownNow();
        entries.clear();
    }

    private void run(Key key, Entry entry) {
        Reconciler.@Nullable Result result = null;
        try {
            permits.acquire();
            try {
                result = reconciler.reconcile(key);
            } finally {
                permits.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            logFailure(key, entry, e);
        }
        finish(key, entry, result);
    }

    private synchronized void finish(Key key, Entry entry, Reconciler.@Nullable Result result) {
        entry.running = false;
        reconciles++;
        if (closed) {
            return;
        }
        if (result == null) {
            long delay = Math.min(BACKOFF_LIMIT_MILLIS, BACKOFF_FIRST_MILLIS << Math.min(entry.failures, 20));
            entry.failures++;
            entry.again = false;
            enqueueAfter(key, Duration.ofMillis(delay));
            return;
        }
        entry.failures = 0;
        if (entry.again) {
            enqueue(key);
            return;
        }
        switch (result) {
            case Reconciler.Result.Done ignored -> {
                if (entry.timer == null) {
                    entries.remove(key);
                }
            }
            case Reconciler.Result.After after -> enqueueAfter(key, after.delay());
        }
    }

    private synchronized void logFailure(Key key, Entry entry, Exception failure) {
        if (closed) {
            return;
        }
        boolean conflict = failure instanceof KubernetesClientException k && k.getCode() == 409;
        if (conflict) {
            log.debug("{} {}: conflict, trying again: {}", name, key, failure.getMessage());
        } else if (entry.failures < 3) {
            log.info("{} {}: {}, trying again", name, key, failure.toString());
        } else {
            log.warn("{} {}: failed {} times", name, key, entry.failures + 1, failure);
        }
    }

    private static void cancelTimer(Entry entry) {
        if (entry.timer != null) {
            entry.timer.cancel(false);
            entry.timer = null;
        }
    }

    private static final class Entry {
        boolean running;
        boolean again;
        int failures;

        @Nullable
        ScheduledFuture<?> timer;
    }
}
