package dev.gyropilot.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Leadership;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A role within a process that does more: it works while it holds its Lease. When it loses that, what works is stopped, its
 * writes are held back, and it stands for election again with a client of its own.
 */
final class LedRole implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LedRole.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final Role role;
    private final Home home;
    private final Work work;
    private final String identity;
    private final CountDownLatch acting = new CountDownLatch(1);
    private final Thread thread;

    /** Starts what the role does. */
    @FunctionalInterface
    interface Work {
        AutoCloseable start(Cluster cluster) throws Exception;
    }

    LedRole(Role role, Home home, Work work) {
        this.role = role;
        this.home = home;
        this.work = work;
        // The data directory is locked by one process at a time, so that of the same name none else lives.
        String directory = home.directory().toString();
        this.identity = LocalImages.hostName() + "_" + UUID.nameUUIDFromBytes(directory.getBytes(UTF_8));
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

    private void run() {
        try {
            while (true) {
                try {
                    term();
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    log.warn("the {} did not start, trying again: {}", role, e.toString());
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From one election to the loss of the Lease. */
    private void term() throws Exception {
        CountDownLatch lost = new CountDownLatch(1);
        ApiTraffic traffic = new ApiTraffic();
        try (Cluster cluster =
                        new Cluster(Clients.ofRole(home.kubeconfig(), traffic), InstantSource.system(), "gyropilot");
                Leadership campaign = Leadership.campaign(
                        cluster.client(),
                        cluster.systemNamespace(),
                        "gyropilot-" + role,
                        identity,
                        Leadership.Timing.DEFAULT,
                        InstantSource.system(),
                        lost::countDown)) {
            traffic.onlyWhile(campaign::leads);
            campaign.awaitElected();
            try (AutoCloseable _ = work.start(cluster)) {
                log.info("the {} works", role);
                acting.countDown();
                lost.await();
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
