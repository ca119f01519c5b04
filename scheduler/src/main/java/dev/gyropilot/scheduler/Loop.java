package dev.gyropilot.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread on which the {@link Decider} works: gathers what happens into rounds, and says when each takes place. */
final class Loop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Loop.class);

    /** How long a round waits at most when there is nothing to do. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(1);

    /** How often it is learned what work to expect, and at most which part of the time that takes, as one in this many. */
    private static final Duration LEARN_PAUSE = Duration.ofSeconds(30);

    private static final int LEARNING_SHARE = 100;

    /** The least time between two cycles, so that a burst of changes is one. */
    private static final Duration CYCLE_PAUSE = Duration.ofMillis(20);

    private final InstantSource clock;
    private final Supplier<Decider> deciders;
    private final Recorder recorder;
    private final Optional<Journal> journal;
    private final Inbox inbox;
    private final Thread thread;
    private Decider decider;
    private Instant learnAgain = Instant.MIN;
    private Duration cyclePause = CYCLE_PAUSE;
    private volatile boolean closed;

    Loop(InstantSource clock, Inbox inbox, SchedulerConfig config, Actions actions, Optional<Journal> journal) {
        this.clock = clock;
        this.inbox = inbox;
        this.journal = journal;
        this.recorder = new Recorder(actions);
        this.deciders = () -> new Decider(config, recorder);
        this.decider = deciders.get();
        this.thread = Thread.ofPlatform().name("scheduler").daemon().unstarted(this::run);
    }

    /** Begins to take in inputs. */
    void start() {
        journal.ifPresent(j -> j.start(clock.instant(), decider.memory()));
        thread.start();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        while (!closed) {
            try {
                List<Input> inputs = inbox.take(decider.isReady() ? Duration.ZERO : idle());
                run(inputs);
                Instant now = clock.instant();
                if (journal.isPresent() && journal.get().isFull(now) && decider.isQuiet()) {
                    startAnew(journal.get(), now);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                log.error("a scheduling round failed; the next one goes on", e);
            }
        }
    }

    private void run(List<Input> inputs) {
        Instant now = clock.instant();
        var round = new Round(now, cyclePause, !now.isBefore(learnAgain), inputs);
        try {
            pace(now, decider.run(round));
        } finally {
            List<Outcome> outcomes = recorder.take();
            journal.ifPresent(j -> j.add(round, outcomes));
        }
    }

    /** As if the scheduler had just started, so that a part of the journal stands for itself. */
    private void startAnew(Journal recorded, Instant now) {
        Decider.Memory memory = decider.memory();
        decider = deciders.get();
        decider.restore(memory);
        run(recorded.next(now, memory));
    }

    /** Learning takes a small part of the thread's time at most, and cycles half of it. */
    private void pace(Instant now, Decider.Spent spent) {
        if (!spent.learning().isZero()) {
            learnAgain = now.plus(longer(spent.learning().multipliedBy(LEARNING_SHARE), LEARN_PAUSE));
        }
        if (!spent.cycle().isZero()) {
            cyclePause = longer(spent.cycle().multipliedBy(2), CYCLE_PAUSE);
        }
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private Duration idle() {
        Instant due = decider.due(cyclePause);
        if (due.equals(Instant.MAX)) {
            return IDLE_LIMIT;
        }
        if (due.equals(Instant.MIN)) {
            return Duration.ZERO;
        }
        Duration until = Duration.between(clock.instant(), due);
        return until.isNegative() ? Duration.ZERO : until.compareTo(IDLE_LIMIT) < 0 ? until.plusMillis(1) : IDLE_LIMIT;
    }
}
