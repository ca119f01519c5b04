/** Where a group of pods goes together, or not at all: a pure function of a snapshot and the group. */
@NullMarked
package dev.gyropilot.brain.placement.gang;

import org.jspecify.annotations.NullMarked;
