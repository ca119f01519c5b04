package dev.gyropilot.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * One turn of the scheduler: the time, and what it got to know since the last. All that it decides follows from its rounds.
 *
 * @param cyclePause the least time between two cycles
 * @param learns whether it is learned anew what work to expect
 */
record Round(Instant at, Duration cyclePause, boolean learns, List<Input> inputs) {}
