package dev.gyropilot.scheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What happened and no round has taken in yet, in order. */
final class Inbox {
    /** How many inputs may wait; whoever brings more is held up. */
    private static final int LIMIT = 65_536;

    private final BlockingQueue<Input> inputs = new LinkedBlockingQueue<>(LIMIT);

    /** Hands in an input; waits while too many are pending. */
    void put(Input input) throws InterruptedException {
        inputs.put(input);
    }

    /** All that is there; waits up to that long for the first. */
    List<Input> take(Duration limit) throws InterruptedException {
        var taken = new ArrayList<Input>();
        Input first = limit.isZero() ? inputs.poll() : inputs.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
            taken.add(first);
            inputs.drainTo(taken);
        }
        return taken;
    }
}
