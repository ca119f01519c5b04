package dev.gyropilot.engines.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream on which nothing comes any more: the client's own timeout ends with the headers. */
final class Silence implements AutoCloseable {
    private final InputStream stream;
    private final Thread watch;
    private volatile long lastNanos = System.nanoTime();

    Silence(InputStream stream, Duration limit) {
        this.stream = stream;
        watch = Thread.ofVirtual().start(() -> watch(limit));
    }

    /** Something came. */
    void broken() {
        lastNanos = System.nanoTime();
    }

    private void watch(Duration limit) {
        try {
            while (true) {
                long left = lastNanos + limit.toNanos() - System.nanoTime();
                if (left <= 0) {
                    stream.close();
                    return;
                }
                Thread.sleep(Duration.ofNanos(left));
            }
        } catch (InterruptedException | IOException e) {
            // Over, or closed already.
        }
    }

    @Override
    public void close() {
        watch.interrupt();
    }
}
