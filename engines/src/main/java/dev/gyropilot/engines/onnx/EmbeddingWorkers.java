package dev.gyropilot.engines.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that work through requests of many texts. Requests take turns, one text each, so that a short one does not
 * wait behind a long one. The queue is bounded in texts.
 */
final class EmbeddingWorkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddingWorkers.class);

    private final Deque<Job> waiting = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final int maxWaitingTexts;
    private int waitingTexts;
    private int runningJobs;
    private boolean closed;

    /** The texts of one request. */
    static final class Job {
        private final int size;
        private final IntFunction<float[]> embed;
        private final Done done;
        private final float[][] vectors;
        private final AtomicInteger left;
        private final long submittedNanos = System.nanoTime();
        private int next;
        private volatile boolean cancelled;

        /** Runs once, on a worker, with all vectors or with what went wrong. */
        interface Done {
            void finished(float[][] vectors, @org.jspecify.annotations.Nullable RuntimeException failure);
        }

        Job(int size, IntFunction<float[]> embed, Done done) {
            this.size = size;
            this.embed = embed;
            this.done = done;
            this.vectors = new float[size][];
            this.left = new AtomicInteger(size);
        }

        /** Nobody waits any more: texts that have not begun are skipped. */
        void cancel() {
            cancelled = true;
        }

        /** When it was handed in. */
        long submittedNanos() {
            return submittedNanos;
        }
    }

    EmbeddingWorkers(int count, int maxWaitingTexts) {
        this.maxWaitingTexts = maxWaitingTexts;
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().daemon().name("embed-" + i).start(this::work));
        }
    }

    /** Takes a job, or refuses it when too many texts wait. A job larger than the whole queue is taken when it is empty. */
    synchronized boolean submit(Job job) {
        if (closed || (waitingTexts > 0 && waitingTexts + job.size > maxWaitingTexts)) {
            return false;
        }
        waitingTexts += job.size;
        waiting.add(job);
        notifyAll();
        return true;
    }

    /** Texts that wait for a thread. */
    synchronized int waitingTexts() {
        return waitingTexts;
    }

    /** Requests of which nothing has begun. */
    synchronized int waitingJobs() {
        return (int) waiting.stream().filter(job -> job.next == 0).count();
    }

    /** Texts being worked on. */
    synchronized int runningTexts() {
        return runningJobs;
    }

    private void work() {
        try {
            while (true) {
                Job job;
                int index;
                synchronized (this) {
                    while (waiting.isEmpty() && !closed) {
                        wait();
                    }
                    if (closed) {
                        return;
                    }
                    job = waiting.remove();
                    index = job.next++;
                    waitingTexts--;
                    runningJobs++;
                    if (job.next < job.size) {
                        waiting.add(job);
                    }
                }
                try {
                    run(job, index);
                } finally {
                    synchronized (this) {
                        runningJobs--;
                    }
                }
            }
        } catch (InterruptedException e) {
            // Closing.
        }
    }

    private static void run(Job job, int index) {
        try {
            if (!job.cancelled) {
                job.vectors[index] = job.embed.apply(index);
            }
            if (job.left.decrementAndGet() == 0 && !job.cancelled) {
                job.done.finished(job.vectors, null);
            }
        } catch (RuntimeException e) {
            LOG.error("embedding failed", e);
            job.cancelled = true;
            job.done.finished(job.vectors, e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            for (Thread thread : threads) {
                thread.join(2_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
