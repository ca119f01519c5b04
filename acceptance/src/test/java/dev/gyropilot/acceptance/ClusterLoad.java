package dev.gyropilot.acceptance;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that ask for embeddings, one request after the other, as the OpenAI libraries do it: what failed may be tried again
 * a few times before it counts as failed.
 */
final class ClusterLoad implements AutoCloseable {
    private static final int CLIENTS = 2;
    private static final Duration PAUSE = Duration.ofMillis(25);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(500);
    private static final String BODY = "{\"model\":\"minilm\",\"input\":\"a sentence about gyroscopes\"}";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final HttpRequest request;
    private final int retries;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong retried = new AtomicLong();
    private final AtomicLong slowestMillis = new AtomicLong();
    private final List<String> failures = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();

    private ClusterLoad(String url, String key, int retries) {
        this.retries = retries;
        this.request = HttpRequest.newBuilder(URI.create(url + "/v1/embeddings"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(BODY))
                .build();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(Thread.ofVirtual().start(this::run));
        }
    }

    /** Begins; a request is tried again so often. */
    static ClusterLoad begin(String url, String key, int retries) {
        return new ClusterLoad(url, key, retries);
    }

    private void run() {
        try {
            while (!stop.get()) {
                long begin = System.nanoTime();
                ask();
                long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                slowestMillis.accumulateAndGet(millis, Math::max);
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask() throws InterruptedException {
        String failure = "";
        for (int attempt = 0; attempt <= retries; attempt++) {
            if (attempt > 0) {
                retried.incrementAndGet();
                Thread.sleep(RETRY_PAUSE);
            }
            try {
                HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                if (response.statusCode() == 200) {
                    answers.incrementAndGet();
                    return;
                }
                failure = response.statusCode() + " " + response.body();
            } catch (IOException e) {
                failure = e.toString();
            }
        }
        synchronized (failures) {
            failures.add(LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MILLIS) + " " + failure);
        }
    }

    long answers() {
        return answers.get();
    }

    long retried() {
        return retried.get();
    }

    /** What failed with its time, the first few of it. */
    List<String> failures() {
        synchronized (failures) {
            return List.copyOf(failures.subList(0, Math.min(20, failures.size())));
        }
    }

    @Override
    public String toString() {
        return answers + " answers, " + failures().size() + " failed, " + retried + " tried again, slowest "
                + slowestMillis + " ms";
    }

    @Override
    public void close() {
        stop.set(true);
        try {
            for (Thread client : clients) {
                client.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.shutdownNow();
    }
}
