package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;

/**
 * The writes of one reconcile. Closing waits until the shared caches have seen them, so that the next run of the same key
 * never acts on a state older than its own writes and, say, creates a pod twice.
 */
public final class Changes implements AutoCloseable {
    private static final long CATCH_UP_LIMIT_MILLIS = 10_000;
    private static final int PARALLEL_WRITES = 16;

    private final Workspace workspace;
    private final List<Pending<?>> pending = new ArrayList<>();

    private record Pending<T extends HasMetadata>(Class<T> type, Key key, Predicate<Optional<T>> seen) {}

    public Changes(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Creates an object. */
    public <T extends HasMetadata> T create(T object) {
        T created = workspace.client().resource(object).create();
        awaitWritten(created);
        return created;
    }

    /** Replaces an object; fails with 409 when it has changed since it was read. */
    public <T extends HasMetadata> T update(T object) {
        T updated = workspace.client().resource(object).update();
        awaitWritten(updated);
        return updated;
    }

    /** Replaces an object's status; fails with 409 when it has changed since it was read. */
    public <T extends HasMetadata> T updateStatus(T object) {
        T updated = workspace.client().resource(object).updateStatus();
        awaitWritten(updated);
        return updated;
    }

    /** Patches an object by a JSON merge patch. */
    public <T extends HasMetadata> T merge(T object, String patch) {
        T patched = workspace.client().resource(object).patch(PatchContext.of(PatchType.JSON_MERGE), patch);
        awaitWritten(patched);
        return patched;
    }

    /** Deletes this very object; false when it was gone already. */
    @SuppressWarnings("unchecked")
    public <T extends HasMetadata> boolean delete(T object) {
        String uid = object.getMetadata().getUid();
        try {
            workspace
                    .client()
                    .resource(object)
                    .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                    .delete();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
            return false;
        }
        add(new Pending<T>(
                (Class<T>) object.getClass(),
                Key.of(object),
                cached -> cached.map(HasMetadata::getMetadata)
                        .filter(m -> Objects.equals(m.getUid(), uid) && m.getDeletionTimestamp() == null)
                        .isEmpty()));
        return true;
    }

    /** Runs independent writes side by side; throws the first failure after all have ended. */
    public static void sideBySide(List<? extends Callable<?>> writes) throws Exception {
        if (writes.size() == 1) {
            writes.getFirst().call();
            return;
        }
        var permits = new Semaphore(PARALLEL_WRITES);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = writes.stream()
                    .map(write -> threads.submit(() -> {
                        permits.acquire();
                        try {
                            return write.call();
                        } finally {
                            permits.release();
                        }
                    }))
                    .toList();
            for (var result : results) {
                try {
                    result.get();
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            }
        }
    }

    @Override
    public void close() {
        List<Pending<?>> all;
        synchronized (pending) {
            all = List.copyOf(pending);
        }
        try {
            for (Pending<?> one : all) {
                await(one);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while the caches catch up");
        }
    }

    private <T extends HasMetadata> void await(Pending<T> one) throws InterruptedException {
        if (!workspace.await(one.type(), one.key(), one.seen(), CATCH_UP_LIMIT_MILLIS)) {
            throw new IllegalStateException("the cache of " + one.type().getSimpleName() + " did not see the write of "
                    + one.key() + " within " + CATCH_UP_LIMIT_MILLIS / 1000 + " s");
        }
    }

    @SuppressWarnings("unchecked")
    private <T extends HasMetadata> void awaitWritten(T written) {
        // An object that is gone from the cache after its write was deleted by another: no reason to wait.
        var missing = new boolean[1];
        Key key = Key.of(written);
        boolean known = workspace.get((Class<T>) written.getClass(), key).isPresent();
        add(new Pending<T>((Class<T>) written.getClass(), key, cached -> {
            missing[0] |= known && cached.isEmpty();
            return missing[0] || Workspace.isCurrent(cached, written);
        }));
    }

    private void add(Pending<?> one) {
        synchronized (pending) {
            pending.add(one);
        }
    }
}
