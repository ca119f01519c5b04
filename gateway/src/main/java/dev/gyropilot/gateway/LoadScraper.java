package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks engines for their load where there is a choice to make: only services with two replicas or more, often while they have
 * requests, seldom while they are idle. What an engine does not tell counts as no load, so that the signal is missing and not the
 * replica.
 */
final class LoadScraper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LoadScraper.class);
    private static final long BUSY_MILLIS = 250;

    /** How many of the busy rounds an idle service sits out. */
    private static final int IDLE_ROUNDS = 40;

    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final int PAGE_LIMIT_BYTES = 1 << 20;
    private static final int AT_ONCE = 32;

    private final Gateway gateway;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("gateway-load").factory());
    private final Semaphore permits = new Semaphore(AT_ONCE);
    private long round;

    private LoadScraper(Gateway gateway) {
        this.gateway = gateway;
    }

    static LoadScraper start(Gateway gateway) {
        LoadScraper scraper = new LoadScraper(gateway);
        var _ = scraper.timer.scheduleWithFixedDelay(scraper::round, BUSY_MILLIS, BUSY_MILLIS, TimeUnit.MILLISECONDS);
        return scraper;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        http.shutdownNow();
    }

    private void round() {
        round++;
        for (ServiceState service : gateway.table().services()) {
            Catalog.LoadMetrics names = service.service().load();
            ReplicaSet replicas = service.replicas();
            boolean due = service.inFlight().get() > 0 || round % IDLE_ROUNDS == 1;
            if (names == null || replicas.size() < 2 || !due) {
                continue;
            }
            for (int i = 0; i < replicas.size(); i++) {
                ReplicaState replica = replicas.get(i);
                // A replica that is slow to tell its load is asked again when it has answered.
                if (permits.tryAcquire()) {
                    if (replica.beginAsking()) {
                        Thread.ofVirtual().start(() -> ask(replica, names));
                    } else {
                        permits.release();
                    }
                }
            }
        }
    }

    private void ask(ReplicaState replica, Catalog.LoadMetrics names) {
        try {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://" + replica.authority(names.port()) + names.path()))
                    .timeout(TIMEOUT)
                    .build();
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream page = response.body()) {
                String text = new String(page.readNBytes(PAGE_LIMIT_BYTES), StandardCharsets.UTF_8);
                if (response.statusCode() == 200) {
                    replica.reported(
                            (int) LoadPage.sum(text, names.running()),
                            (int) LoadPage.sum(text, names.waiting()),
                            LoadPage.max(text, names.kvCacheUse()));
                }
            }
        } catch (IOException e) {
            log.debug("{} does not tell its load: {}", replica.authority(), e.toString());
            replica.reported(0, 0, 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            replica.endAsking();
            permits.release();
        }
    }
}
