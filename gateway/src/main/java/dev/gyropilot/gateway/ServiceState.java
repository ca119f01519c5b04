package dev.gyropilot.gateway;

import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.brain.routing.Ejection;
import dev.gyropilot.gateway.catalog.Catalog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One model service while the gateway runs: its replicas, its requests in flight, and those that wait for a replica. Used by
 * all event loops; the waiting ones are guarded by this object's lock, which the way of an ordinary request never takes.
 */
final class ServiceState {
    private final Key key;
    private final HoldBudget budget;
    private final ServiceMetrics metrics = new ServiceMetrics();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LinkedHashSet<Delivery> held = new LinkedHashSet<>();
    private volatile int heldCount;
    private volatile Catalog.Service service;
    private volatile ReplicaSet replicas = ReplicaSet.EMPTY;
    private volatile boolean removed;

    ServiceState(Catalog.Service service, HoldBudget budget) {
        this.key = service.key();
        this.service = service;
        this.budget = budget;
        update(service);
    }

    Key key() {
        return key;
    }

    Catalog.Service service() {
        return service;
    }

    ServiceMetrics metrics() {
        return metrics;
    }

    ReplicaSet replicas() {
        return replicas;
    }

    AtomicInteger inFlight() {
        return inFlight;
    }

    int heldCount() {
        return heldCount;
    }

    /** Whether the service still exists. */
    boolean removed() {
        return removed;
    }

    /** Whether a request that finds no replica may wait for the service to wake up. */
    boolean wakes() {
        return service.scalesToZero() && !removed;
    }

    /** Takes over a new version; if replicas came or went, those that wait are let go. */
    void update(Catalog.Service next) {
        List<Delivery> released;
        synchronized (this) {
            service = next;
            if (replicas.holdsExactly(next.replicasReady())) {
                return;
            }
            replicas = replicas.with(next.replicasReady());
            released = replicas.size() == 0 ? List.of() : takeHeld(Integer.MAX_VALUE);
        }
        released.forEach(Delivery::resume);
    }

    /** The service is gone: those that wait are told. */
    void remove() {
        List<Delivery> released;
        synchronized (this) {
            removed = true;
            replicas = ReplicaSet.EMPTY;
            released = takeHeld(Integer.MAX_VALUE);
        }
        released.forEach(Delivery::resume);
    }

    /** What became of the wish to wait. */
    enum Admission {
        HELD,
        /** Replicas came meanwhile: pick again. */
        CHANGED,
        /** Too many wait already. */
        FULL
    }

    /** Lets a request wait that found nothing in this set of replicas. */
    synchronized Admission hold(Delivery delivery, ReplicaSet seen) {
        if (replicas != seen || removed) {
            return Admission.CHANGED;
        }
        if (!budget.take(delivery.bodyBytes())) {
            return Admission.FULL;
        }
        held.add(delivery);
        heldCount = held.size();
        return Admission.HELD;
    }

    /** The request waits no longer; false if it was let go already. */
    synchronized boolean leave(Delivery delivery) {
        if (!held.remove(delivery)) {
            return false;
        }
        heldCount = held.size();
        budget.giveBack(delivery.bodyBytes());
        return true;
    }

    /**
     * To be called every now and then while requests wait: lets the first one try a replica that failed, once its time is
     * over. The others follow when that succeeds.
     */
    void probe(long nowMillis) {
        List<Delivery> released = List.of();
        synchronized (this) {
            if (held.isEmpty()) {
                return;
            }
            boolean good = false;
            boolean retriable = false;
            for (int i = 0; i < replicas.size(); i++) {
                Ejection ejection = replicas.get(i).ejection();
                good |= ejection.failures() == 0;
                retriable |= ejection.untilMillis() <= nowMillis;
            }
            if (good) {
                released = takeHeld(Integer.MAX_VALUE);
            } else if (retriable) {
                released = takeHeld(1);
            }
        }
        released.forEach(Delivery::resume);
    }

    /** A replica answered: forgives it, and lets those go that wait. */
    void succeeded(ReplicaState replica) {
        if (!replica.succeeded() || heldCount == 0) {
            return;
        }
        List<Delivery> released;
        synchronized (this) {
            released = takeHeld(Integer.MAX_VALUE);
        }
        released.forEach(Delivery::resume);
    }

    /** Lets all go that wait, whatever they find. */
    void releaseAll() {
        List<Delivery> released;
        synchronized (this) {
            released = takeHeld(Integer.MAX_VALUE);
        }
        released.forEach(Delivery::resume);
    }

    private List<Delivery> takeHeld(int limit) {
        List<Delivery> taken = held.stream().limit(limit).toList();
        for (Delivery delivery : taken) {
            held.remove(delivery);
            budget.giveBack(delivery.bodyBytes());
        }
        heldCount = held.size();
        return taken;
    }
}
