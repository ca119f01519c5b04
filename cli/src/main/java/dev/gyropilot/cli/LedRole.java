package dev.gyropilot.cli;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Leadership;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A role that works while it holds its Lease. When it loses that, what works is stopped, its writes are held back for good, and
 * the role stands for election again with a client of its own. So an API that was away costs no process its life, which a
 * kubelet would give back ever later.
 */
final class LedRole implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LedRole.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final Role role;
    private final String identity;
    private final ClusterAccess access;
    private final ApiTraffic traffic;
    private final Work work;
    private final CountDownLatch acting = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable Leadership campaign;
    private volatile @Nullable CountDownLatch termEnd;
    private volatile long stoppingSinceNanos;

    /** Starts what the role does. */
    @FunctionalInterface
    interface Work {
        AutoCloseable start(Cluster cluster) throws Exception;
    }

    /**
     * @param identity names this process among the candidates, as {@link Leadership#campaign} has it
     * @param traffic counts the requests of all terms
     */
    LedRole(Role role, String identity, ClusterAccess access, ApiTraffic traffic, Work work) {
        this.role = role;
        this.identity = identity;
        this.access = access;
        this.traffic = traffic;
        this.work = work;
        this.thread = Thread.ofPlatform().daemon().name(role + " election").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Returns when the role works, or after that time: then another process holds its Lease, and this one stands by. */
    void awaitActing(Duration limit) throws InterruptedException {
        if (!acting.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            log.info("the {} stands by: another process acts", role);
        }
    }

    /** Whether this process may act at this moment. */
    boolean leads() {
        Leadership current = campaign;
        return current != null && current.leads();
    }

    /** False when what worked does not stop after its term: only a new process helps then. */
    boolean live() {
        long since = stoppingSinceNanos;
        return since == 0 || System.nanoTime() - since < STOP_LIMIT.toNanos();
    }

    /** Ends the present term, so that the next one begins with what holds then. */
    void standAnew() {
        CountDownLatch end = termEnd;
        if (end != null) {
            end.countDown();
        }
    }

    private void run() {
        try {
            while (true) {
                try {
                    term();
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    log.warn("the {} did not start, trying again", role, e);
                }
                stoppingSinceNanos = 0;
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From one election to the loss of the Lease. */
    private void term() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        ApiTraffic ofTerm = traffic.ofTerm();
        try (Cluster cluster = access.open(ofTerm);
                Leadership standing = Leadership.campaign(
                        cluster.client(),
                        cluster.systemNamespace(),
                        "gyropilot-" + role,
                        identity,
                        Leadership.Timing.DEFAULT,
                        InstantSource.system(),
                        end::countDown)) {
            campaign = standing;
            ofTerm.onlyWhile(standing::leads);
            standing.awaitElected();
            termEnd = end;
            try (AutoCloseable _ = work.start(cluster)) {
                log.info("the {} works", role);
                acting.countDown();
                end.await();
                stoppingSinceNanos = System.nanoTime();
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(CLOSE_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
