/** Which running work has to stop so that a group of pods finds room: as little as possible, found in bounded steps. */
@NullMarked
package dev.gyropilot.brain.placement.preemption;

import org.jspecify.annotations.NullMarked;
