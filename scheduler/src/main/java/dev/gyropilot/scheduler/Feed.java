package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Turns one shared informer's events into changes. Whatever the event says, the object's newest state is read from the
 * informer's store, so that a late event never takes the state back.
 */
final class Feed<T extends HasMetadata> implements ResourceEventHandler<T> {
    private final SharedIndexInformer<T> informer;
    private final Inbox inbox;
    private final String kind;
    private final Reader<T> reader;
    private final Remarks remarks;

    /** The keys delivered so far; dropped once the first list has come through. */
    private volatile Set<String> delivered = ConcurrentHashMap.newKeySet();

    private volatile boolean complete;

    /** What an object's state means. */
    interface Reader<T> {
        /** @throws IllegalArgumentException when the object cannot be used; the message names the field and the remedy */
        Change present(T object);

        /** Asked also about objects that cannot be used. */
        Change gone(T object);
    }

    /** @param kind the name of the reader in {@link Readers} */
    Feed(SharedIndexInformer<T> informer, Inbox inbox, String kind, Reader<T> reader, Remarks remarks) {
        this.informer = informer;
        this.inbox = inbox;
        this.kind = kind;
        this.reader = reader;
        this.remarks = remarks;
        informer.addEventHandler(this);
    }

    @Override
    public void onAdd(T object) {
        take(object);
    }

    @Override
    public void onUpdate(T before, T after) {
        if (!Objects.equals(
                before.getMetadata().getResourceVersion(), after.getMetadata().getResourceVersion())) {
            take(after);
        }
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
        take(object);
    }

    /** Waits until all that the informer has listed was handed in. */
    void awaitFirstList(Duration limit) throws InterruptedException, TimeoutException {
        var listed = Set.copyOf(informer.getIndexer().listKeys());
        long deadline = System.nanoTime() + limit.toNanos();
        while (!delivered.containsAll(listed)) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("the informer of "
                        + informer.getApiTypeClass().getSimpleName() + " delivered " + delivered.size() + " of "
                        + listed.size() + " objects within " + limit.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
        complete = true;
        delivered = ConcurrentHashMap.newKeySet();
    }

    void stop() {
        informer.removeEventHandler(this);
    }

    /** An object that cannot be used is told so, and is from now on as good as gone. */
    private Input seen(T current) {
        try {
            return new Input.Seen(kind, current, false, reader.present(current));
        } catch (IllegalArgumentException e) {
            remarks.invalid(current, String.valueOf(e.getMessage()));
            return new Input.Seen(kind, current, true, reader.gone(current));
        }
    }

    private void take(T object) {
        String key = Key.of(object).cacheKey();
        T current = informer.getIndexer().getByKey(key);
        try {
            if (current == null
                    || !Objects.equals(
                            current.getMetadata().getUid(), object.getMetadata().getUid())) {
                inbox.put(new Input.Seen(kind, object, true, reader.gone(object)));
            }
            if (current != null) {
                inbox.put(seen(current));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!complete) {
            delivered.add(key);
        }
    }
}
