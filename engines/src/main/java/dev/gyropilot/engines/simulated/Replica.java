package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.http.ApiException;
import dev.gyropilot.engines.http.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The scheduler of one simulated replica: a bounded queue, a batch of running sequences, a KV cache.
 *
 * <p>All on one event loop, without locks. Each token is a timer of the loop; times are rounded up to a
 * millisecond, so that tokens of many streams share a wake-up, and counted from the ideal time, so that rounding does
 * not add up.
 */
final class Replica {
    private static final long GRID_NANOS = 1_000_000;

    /** Tokens that may share a write when no time lies between them. */
    private static final int MAX_TOKENS_PER_WRITE = 64;

    private final SimulatedConfig config;
    private final EventLoop loop;
    private final KvCache cache;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private final SimulatedMetrics metrics;
    private volatile int waitingCount;
    private volatile int runningCount;
    private volatile double cacheUse;

    Replica(SimulatedConfig config, EventLoop loop) {
        this.config = config;
        this.loop = loop;
        cache = new KvCache(config.kvBlocks(), config.blockTokens());
        metrics = new SimulatedMetrics(config, () -> runningCount, () -> waitingCount, () -> cacheUse);
    }

    SimulatedMetrics metrics() {
        return metrics;
    }

    /** Requests that wait or run. */
    int load() {
        return waitingCount + runningCount;
    }

    /** Takes a request, or refuses it when the queue is full. */
    void submit(Sequence sequence) {
        if (!cache.canEverHold((long) sequence.promptLength() + sequence.answer.ids().length)) {
            throw ApiException.tooLong(
                    sequence.request.chat() ? "messages" : "prompt",
                    "The prompt has " + sequence.promptLength()
                            + " tokens, which with the answer do not fit into the KV" + " cache of "
                            + (long) config.kvBlocks() * config.blockTokens() + " tokens.");
        }
        if (running.size() >= config.maxSequences() && waiting.size() >= config.maxWaiting()) {
            metrics.rejections.increment();
            throw ApiException.overloaded(
                    1, "Too many requests wait already: the limit is " + config.maxWaiting() + ". Try again shortly.");
        }
        waiting.add(sequence);
        sequence.exchange.onGone(() -> abort(sequence));
        admit();
        publish();
    }

    private void admit() {
        while (running.size() < config.maxSequences() && !waiting.isEmpty()) {
            Sequence next = waiting.getFirst();
            Optional<KvCache.Lease> lease = cache.admit(next.ids(), next.length(), next.salt);
            if (lease.isEmpty()) {
                return;
            }
            waiting.removeFirst();
            running.add(next);
            start(next, lease.get());
        }
    }

    private void start(Sequence sequence, KvCache.Lease lease) {
        long now = System.nanoTime();
        sequence.lease = lease;
        sequence.state = Sequence.State.RUNNING;
        sequence.turn++;
        int computed = sequence.length() - lease.cachedTokens();
        metrics.cacheQueries.add(sequence.length());
        metrics.cacheHits.add(lease.cachedTokens());
        metrics.iteration.observe(computed);
        if (sequence.produced == 0) {
            sequence.admittedNanos = now;
            sequence.cachedTokens = lease.cachedTokens();
            metrics.promptTokens.add(sequence.promptLength());
            metrics.cachedTokens.add(lease.cachedTokens());
            metrics.queued.observe(seconds(now - sequence.arrivedNanos));
        }
        long prefill = draw(sequence, config.timeToFirstToken(), config.timeToFirstTokenStdDev())
                + computed * config.prefillPerToken().toNanos();
        sequence.nextNanos = now + underLoad(prefill);
        schedule(sequence, now);
    }

    private void schedule(Sequence sequence, long now) {
        long rounded = Math.ceilDiv(sequence.nextNanos, GRID_NANOS) * GRID_NANOS;
        int turn = sequence.turn;
        var _ = loop.schedule(
                () -> {
                    // A timer of a turn before a preemption says nothing about this one.
                    if (turn == sequence.turn) {
                        step(sequence);
                    }
                },
                Math.max(0, rounded - now),
                TimeUnit.NANOSECONDS);
    }

    /** Gives out the tokens that are due. */
    private void step(Sequence sequence) {
        if (sequence.state != Sequence.State.RUNNING || sequence.paused) {
            return;
        }
        boolean streams = sequence.request.stream();
        Exchange.EventStream stream = streams ? sequence.stream(() -> resume(sequence)) : null;
        if (stream != null && !stream.isWritable()) {
            sequence.paused = true;
            return;
        }
        ByteBuf events = streams ? PooledByteBufAllocator.DEFAULT.ioBuffer(512) : null;
        long now = System.nanoTime();
        int given = 0;
        boolean fits = true;
        while (!sequence.isComplete() && sequence.nextNanos - now <= GRID_NANOS && given < MAX_TOKENS_PER_WRITE) {
            fits = cache.append(java.util.Objects.requireNonNull(sequence.lease), sequence.ids());
            if (!fits) {
                break;
            }
            give(sequence, events, now);
            given++;
        }
        metrics.generatedTokens.add(given);
        if (given > 0) {
            metrics.iteration.observe(given);
        }
        if (sequence.isComplete()) {
            complete(sequence, events, now);
            return;
        }
        if (stream != null && events != null) {
            if (events.isReadable()) {
                stream.send(events);
            } else {
                events.release();
            }
        }
        if (fits) {
            schedule(sequence, now);
        } else {
            preempt(sequence);
        }
        publish();
    }

    private void give(Sequence sequence, @org.jspecify.annotations.Nullable ByteBuf events, long now) {
        if (sequence.produced == 0) {
            sequence.firstTokenNanos = now;
            metrics.firstToken.observe(seconds(now - sequence.arrivedNanos));
            metrics.prefill.observe(seconds(now - sequence.admittedNanos));
            if (events != null) {
                sequence.writer.begin(events);
            }
        } else {
            metrics.nextToken.observe(seconds(now - sequence.lastTokenNanos));
        }
        if (events != null) {
            sequence.writer.text(events, sequence.answer.escaped().get(sequence.produced));
        }
        sequence.produced++;
        sequence.lastTokenNanos = now;
        sequence.nextNanos += underLoad(draw(sequence, config.interTokenLatency(), config.interTokenLatencyStdDev()));
    }

    private void complete(Sequence sequence, @org.jspecify.annotations.Nullable ByteBuf events, long now) {
        leave(sequence);
        if (sequence.produced == 0) {
            sequence.firstTokenNanos = now;
            if (events != null) {
                sequence.writer.begin(events);
            }
        }
        (sequence.answer.finishReason().equals("stop") ? metrics.stopped : metrics.cutByLength).increment();
        metrics.wholeRequest.observe(seconds(now - sequence.arrivedNanos));
        metrics.inference.observe(seconds(now - sequence.admittedNanos));
        metrics.decode.observe(seconds(now - sequence.firstTokenNanos));
        metrics.promptLength.observe(sequence.promptLength());
        metrics.answerLength.observe(sequence.produced);
        if (sequence.produced > 1) {
            metrics.perToken.observe(seconds(now - sequence.firstTokenNanos) / (sequence.produced - 1));
        }
        admit();
        // Who has an answer finds its room given back in the metrics.
        publish();
        sequence.finish(events);
    }

    /** The youngest gives way, as with vLLM: it starts again later, its prefix perhaps still cached. */
    private void preempt(Sequence needy) {
        Sequence youngest = running.getLast();
        metrics.preemptions.increment();
        leave(youngest);
        youngest.state = Sequence.State.WAITING;
        waiting.addFirst(youngest);
        if (youngest != needy) {
            needy.nextNanos = System.nanoTime();
            schedule(needy, needy.nextNanos);
        } else if (running.isEmpty()) {
            admit();
        }
    }

    private void resume(Sequence sequence) {
        if (sequence.paused) {
            sequence.paused = false;
            sequence.nextNanos = System.nanoTime();
            step(sequence);
        }
    }

    private void abort(Sequence sequence) {
        switch (sequence.state) {
            case WAITING -> waiting.remove(sequence);
            case RUNNING -> leave(sequence);
            case OVER -> {
                return;
            }
        }
        sequence.state = Sequence.State.OVER;
        metrics.aborted.increment();
        admit();
        publish();
    }

    private void leave(Sequence sequence) {
        running.remove(sequence);
        KvCache.Lease lease = sequence.lease;
        if (lease != null) {
            cache.release(lease);
            sequence.lease = null;
        }
    }

    private void publish() {
        waitingCount = waiting.size();
        runningCount = running.size();
        cacheUse = cache.use();
    }

    private long draw(Sequence sequence, Duration mean, Duration deviation) {
        long nanos = mean.toNanos();
        if (deviation.isZero()) {
            return nanos;
        }
        return Math.max(0, nanos + (long) (sequence.random.nextGaussian() * deviation.toNanos()));
    }

    private long underLoad(long nanos) {
        if (config.timeFactorUnderLoad() == 1 || config.maxSequences() == 1) {
            return nanos;
        }
        double load = (double) Math.max(0, running.size() - 1) / (config.maxSequences() - 1);
        return (long) (nanos * (1 + (config.timeFactorUnderLoad() - 1) * load));
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
