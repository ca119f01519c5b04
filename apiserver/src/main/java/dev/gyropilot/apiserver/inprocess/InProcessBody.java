package dev.gyropilot.apiserver.inprocess;

import dev.gyropilot.apiserver.http.ClientGoneException;
import dev.gyropilot.apiserver.http.ResponseStream;
import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An answer's content between the server, which writes it, and the client, which asks for it piece by piece. */
final class InProcessBody implements AsyncBody, ResponseStream {
    private final AsyncBody.Consumer<List<ByteBuffer>> consumer;
    private final Duration readLimit;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Semaphore asked = new Semaphore(0);
    private volatile @Nullable Thread streaming;

    /** @param readLimit how long the client may take until it asks for the next piece */
    InProcessBody(AsyncBody.Consumer<List<ByteBuffer>> consumer, Duration readLimit) {
        this.consumer = consumer;
        this.readLimit = readLimit;
    }

    void interruptWhenCancelled(Thread thread) {
        streaming = thread;
        if (done.isDone()) {
            thread.interrupt();
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        try {
            if (!asked.tryAcquire(readLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ClientGoneException("the caller did not read for " + readLimit.toSeconds() + " s");
            }
            if (done.isDone()) {
                throw new ClientGoneException("the caller has enough");
            }
            consumer.consume(List.of(ByteBuffer.wrap(bytes)), this);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientGoneException("the caller has enough");
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            fail(e);
            throw new ClientGoneException("the caller failed: " + e);
        }
    }

    /** Ends the answer before its end. */
    void fail(Throwable cause) {
        if (done.completeExceptionally(cause)) {
            wakeWriter();
        }
    }

    /** Ends the answer. */
    @Override
    public void close() {
        streaming = null;
        done.complete(null);
    }

    @Override
    public void consume() {
        asked.release();
    }

    @Override
    public CompletableFuture<Void> done() {
        return done;
    }

    @Override
    public void cancel() {
        if (done.cancel(false)) {
            wakeWriter();
        }
    }

    private void wakeWriter() {
        asked.release();
        Thread thread = streaming;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
