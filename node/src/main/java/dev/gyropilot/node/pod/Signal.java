package dev.gyropilot.node.pod;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Wakes a worker: what is raised while it works is not lost. */
final class Signal {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean raised;
    private boolean closed;
    private long dueNanos = Long.MAX_VALUE;

    void raise() {
        lock.lock();
        try {
            raised = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Makes the next wait end no later than this. */
    void raiseAfter(Duration delay) {
        lock.lock();
        try {
            dueNanos = Math.min(dueNanos, delay.toNanos());
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

    /** Waits until raised or the time is over; false when closed. */
    boolean await(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = Math.min(Math.max(0, limit.toNanos()), dueNanos);
            dueNanos = Long.MAX_VALUE;
            while (!raised && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            raised = false;
            return !closed;
        } finally {
            lock.unlock();
        }
    }
}
