package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict;

/** One decision as the journal tells it. */
sealed interface Outcome {
    long decision();

    /** Namespace and name. */
    String pod();

    record Bound(long decision, String pod, Verdict.Placed placed) implements Outcome {}

    record Stopped(long decision, String pod, String reason, String message) implements Outcome {}

    record Refused(long decision, String pod, String reason, String message) implements Outcome {}
}
