/**
 * Where a pod goes and which devices its claims get: a pure function of a {@link dev.gyropilot.brain.placement.Snapshot}, a
 * pod and a seed. Nothing here reads a clock, a file, a network or a thread's state.
 */
@NullMarked
package dev.gyropilot.brain.placement;

import org.jspecify.annotations.NullMarked;
