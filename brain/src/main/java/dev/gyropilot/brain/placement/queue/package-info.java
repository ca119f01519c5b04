/**
 * Whose turn it is, and what may start: a tree of queues with guarantees, limits and weights, over whole devices, partitions
 * and shares in one unit. Pure: a snapshot, the queues and the work in, decisions out.
 */
@NullMarked
package dev.gyropilot.brain.placement.queue;

import org.jspecify.annotations.NullMarked;
