/** Replays a list of jobs on a cluster of equal nodes: our queue cycle, and the orders of the field to compare with. */
@NullMarked
package dev.gyropilot.simulator.queueing;

import org.jspecify.annotations.NullMarked;
